import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      // The sources import the module's bytes as they lie in build/.
      { find: /^\..*\/embedded\.js$/, replacement: path("build/embedded/embedded.js") },
      // Applications and tests see one and the same library.
      { find: /^ductus$/, replacement: path("src/index.ts") },
      { find: /^ductus\/(formats|recipe|node|pretrained)$/, replacement: `${path("src")}/$1/index.ts` },
    ],
  },
  // Whole training runs on MNIST take seconds, on a loaded machine many.
  test: { include: ["tests/**/*.test.ts"], testTimeout: 300_000 },
});
