// `npm run fuzz`: the property tests of everything that reads files, on many more mutations than in `npm test`.

import { defineConfig } from "vitest/config";
import base from "../vitest.config.js";

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: undefined,
    include: [
      "data/csv",
      "data/idx",
      "data/wide-labels",
      "node/folder-mutations",
      "formats/png",
      "formats/decode-mutations",
      "formats/safetensors-mutations",
      "formats/kind-mutations",
      "formats/import-mutations",
      "recipe/metadata-mutations",
      "cli/state-mutations",
    ].map((reader) => `tests/${reader}.test.ts`),
    env: { FUZZ_RUNS: process.env.FUZZ_RUNS ?? "100000" },
    testTimeout: 3_600_000,
  },
});
