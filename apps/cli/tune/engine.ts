// Who trains the jobs of a search: threads of this process, or machines that take them from a queue. A job is a pure
// function of its settings, seed and epochs, so that neither who does it nor in what order changes a result.

import type { Outcome } from "./halving.js";
import type { Job } from "./job.js";

export interface Listener {
  /** A trial has trained up to this epoch; at first, up to the one that it begins after. */
  readonly onEpoch: (trial: number, epoch: number) => void;
  /** A result, in any order, each job's once; `machine` is who has it, where that is another one. */
  readonly onOutcome: (outcome: Outcome, machine?: string) => Promise<void>;
}

export interface Engine {
  /**
   * Does all jobs.
   * @throws {Error} what `signal` is aborted with, or why a job cannot be done
   */
  run(jobs: readonly Job[], signal: AbortSignal, listener: Listener): Promise<void>;
}
