// A process of `npm run bench -- --node 20,26` in one of the Nodes: does what nodes.ts asks, one thing after the other.

import { enableWideVectors, loadMnist } from "ductus/node";
import { type BenchOptions, type TrainingTask, trainingImages, trainingTask, verifyAll } from "./training.js";

/** What a process starts with, as JSON. */
export interface Start extends BenchOptions {
  /** Whether to compute with vectors of 256 bits. */
  readonly wide: boolean;
}

/** The first message: the Node's version, and whether it computes with vectors of 256 bits. */
export interface Ready {
  readonly version: string;
  readonly wide: boolean;
}

/** What it is asked: verify is answered with Verified[], prepare with the samples of a run. */
export type Question =
  | { readonly what: "verify" | "warm" | "run" }
  | {
      readonly what: "prepare";
      readonly name: "module" | "threads";
      readonly layers: readonly number[];
      readonly batchSize: number;
    };

export interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

const start: Start = JSON.parse(process.argv[2]);
const wide = start.wide && enableWideVectors();
const mnist = loadMnist();
const images = trainingImages(mnist, start);
let task: TrainingTask | undefined;

process.on("disconnect", () => process.exit());
process.on("message", async (question: Question) => {
  const answer: Answer = await answerTo(question).then(
    (value) => ({ value }),
    (error) => ({ error: String(error) }),
  );
  process.send?.(answer);
});
process.send?.({ version: process.versions.node, wide } satisfies Ready);

async function answerTo(question: Question): Promise<unknown> {
  if (question.what === "verify") return verifyAll(mnist, start);
  if (question.what === "prepare") {
    task?.close();
    task = await trainingTask(question.name, question.layers, question.batchSize, images, start.threads);
    return task.samples;
  }
  return task?.[question.what]?.();
}
