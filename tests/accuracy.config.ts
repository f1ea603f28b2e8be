// `npm run accuracy`: repeats the long training runs whose results docs/accuracy.md states.

import { defineConfig } from "vitest/config";
import base from "../vitest.config.js";

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: undefined,
    include: ["tests/network/best.accuracy.ts"],
    testTimeout: 7_200_000,
    disableConsoleIntercept: true,
  },
});
