import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // The sources import the module's bytes as they lie in build/.
  resolve: {
    alias: [
      { find: /^\..*\/embedded\.js$/, replacement: fileURLToPath(new URL("build/embedded.js", import.meta.url)) },
    ],
  },
  // Whole trainings on MNIST take seconds, on a loaded machine many.
  test: { include: ["tests/**/*.test.ts"], testTimeout: 300_000 },
});
