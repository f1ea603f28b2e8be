import { defineConfig } from "vitest/config";

export default defineConfig({
  // Whole trainings on MNIST take seconds, on a loaded machine many.
  test: { include: ["tests/**/*.test.ts"], testTimeout: 300_000 },
});
