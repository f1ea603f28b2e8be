// The script of a worker of `ductus tune`: does one job after the other on data that it shares with all others.

import { parentPort, workerData } from "node:worker_threads";
import { Dataset, type DatasetOptions } from "ductus";
import { type Job, Trainer } from "./job.js";
import type { Reply } from "./pool.js";

const { training, validation } = workerData as Record<"training" | "validation", DatasetOptions>;
const trainer = new Trainer({ training: new Dataset(training), validation: new Dataset(validation) });

parentPort?.on("message", async (job: Job) => {
  const reply = (message: Reply) => parentPort?.postMessage(message);
  try {
    const outcome = await trainer.run(job, (epoch) => reply({ trial: job.trial, epoch }));
    reply({ outcome });
  } catch (error) {
    reply({ error: (error as Error).message });
  }
});
