// What is not training: evaluation, loading, and the command line from start to exit.

import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createKernels, type Dataset, Network } from "ductus";
import type { DataSplit } from "ductus/node";
import { inTurns } from "./timing.js";

export interface OtherRow {
  readonly work: string;
  readonly threads: number;
  /** Medians. */
  readonly milliseconds: number;
}

interface Options {
  readonly rounds: number;
  readonly threads: number;
}

/** Evaluating a data set on one thread and on several. */
export async function timeEvaluation(
  layers: readonly number[],
  data: Dataset,
  { rounds, threads }: Options,
): Promise<OtherRow[]> {
  const networks = await Promise.all([1, threads].map((threads) => Network.create({ layers, threads })));
  const tasks = networks.map((network, i) => {
    const run = async () => void (await network.evaluate(data));
    return { name: String(i), samples: 1, warm: run, run };
  });
  const rates = await inTurns(tasks, rounds);
  for (const network of networks) network.dispose();
  return [1, threads].map((threads, i) => ({
    work: `evaluation of ${data.length.toLocaleString("en-US")} images at [${layers.join(", ")}]`,
    threads,
    milliseconds: 1000 / rates[String(i)].median,
  }));
}

/** Bringing training and test set into the module. */
export async function timeLoading({ training, test }: DataSplit, { rounds }: Options): Promise<OtherRow[]> {
  const rates = await inTurns(
    [
      {
        name: "loading",
        samples: 1,
        run: async () => {
          const kernels = await createKernels(1);
          kernels.createDataset(training);
          kernels.createDataset(test);
        },
      },
    ],
    rounds,
  );
  return [
    { work: "loading MNIST into the module, training and test", threads: 1, milliseconds: 1000 / rates.loading.median },
  ];
}

/** `ductus train`, 30 epochs, from start to exit. */
export async function timeCommand(args: readonly string[], { rounds, threads }: Options): Promise<OtherRow[]> {
  const program = new URL("../cli/main.js", import.meta.url).pathname;
  const tasks = [1, threads].map((threads, i) => ({
    name: String(i),
    samples: 1,
    run: async () => {
      const out = join(tmpdir(), `ductus-bench-${process.pid}.safetensors`);
      await promisify(execFile)(process.execPath, [
        program,
        "train",
        ...args,
        "--threads",
        String(threads),
        "--out",
        out,
      ]);
    },
  }));
  const rates = await inTurns(tasks, rounds);
  return [1, threads].map((threads, i) => ({
    work: `\`ductus train ${args.join(" ")}\`, start to exit`,
    threads,
    milliseconds: 1000 / rates[String(i)].median,
  }));
}
