import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** In these rooms, all files but those that measure time or start many threads. */
const ONE_THREAD = [
  ...["data", "formats", "hand", "network", "options", "pretrained", "reading", "recipe"].map(
    (room) => `tests/${room}/*.test.ts`,
  ),
  "tests/kernels/!(pace|*threads).test.ts",
];

/** So that none of two workers has the longest file left when the other is done. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) =>
      /(formats.picture|network.mnist|reading.kinds)\.test/.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

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
  test: {
    // Whole training runs on MNIST take seconds, on a loaded machine many. So does a browser, to start.
    testTimeout: 300_000,
    hookTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Most files of these rooms compute in one thread: two at a time take half as long where there are two cores.
      {
        extends: true,
        test: { name: "computes", include: ONE_THREAD, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      // The others start threads, processes and browsers, which use more than one core.
      {
        extends: true,
        test: {
          name: "starts",
          include: ["tests/**/*.test.ts"],
          exclude: ONE_THREAD,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
