// How many threads train or evaluate, and how much they do at a time. Results do not depend on it, only speed does.

import { RANGES } from "../../ranges.js";
import { countWeights } from "../kernels.js";

/** Multiply-adds of a mini-batch, those with zeros included, for which another thread saves more than it costs. */
const TRAINING_WORK = 100_000;
/** The same for an evaluation, whose threads wait for nothing but to be called. */
const EVALUATION_WORK = 10_000_000;
/** Multiply-adds of about 10 ms of training on one thread, those with zeros included. */
const SLICE_WORK = 2e8;
/** A team gets more to do at a time: calling it takes a message, and so 0.1 ms or more, but leaves this thread free. */
const TEAM_SLICE_WORK = 1e9;
/** Multiply-adds of the 0.05 ms, at least, that it takes to wake a thread. */
const WAKE_WORK = 1e6;
/** The most slices that one thread does alone before all try again. */
const MAX_ALONE = 64;

/**
 * The number of threads that trains a network fastest: one for every 100,000 multiply-adds of a mini-batch, those with
 * zeros included. It is at least 1, and at most `cores` and 64. Results do not depend on it.
 * @param layers neurons per layer: pixels, hidden layers, classes
 * @param batchSize samples in a mini-batch
 * @param cores how many threads can run at once on this machine
 */
export function chooseThreads(layers: readonly number[], batchSize: number, cores: number): number {
  return limit((batchSize * countWeights(layers)) / TRAINING_WORK, cores);
}

/** The same for evaluating a number of images: one thread for every 10 million multiply-adds. */
export function chooseEvaluationThreads(layers: readonly number[], images: number, cores: number): number {
  return limit((images * countWeights(layers)) / EVALUATION_WORK, cores);
}

function limit(threads: number, cores: number): number {
  return Math.max(1, Math.min(Math.floor(threads), cores, RANGES.threads.max));
}

/** Samples to train on before the event loop gets a turn, on this thread or by a team of others. */
export function chooseSlice(layers: readonly number[], team: boolean): number {
  return Math.max(1, Math.round((team ? TEAM_SLICE_WORK : SLICE_WORK) / countWeights(layers)));
}

/**
 * Decides, slice by slice, whether the team trains together or one of its threads alone. Where other programs keep the
 * cores busy, threads that wait for each other after each layer are slower than one. So after a slow slice of the team,
 * one in which parked threads lost more time than one thread takes for all of it, the next slices are done alone: 0, 2,
 * 4, 8, ... of them, up to 64. After the first slow slice it is none, since threads that were just woken may not have
 * found their cores yet.
 */
export class Backoff {
  /** Slices still to do alone. */
  #alone = 0;
  /** Slow slices of the team in a row. */
  #slow = 0;

  constructor(readonly layers: readonly number[]) {}

  /** Whether the next slice is for one thread alone. */
  get alone(): boolean {
    return this.#alone > 0;
  }

  /** One thread did a slice alone. */
  ranAlone(): void {
    this.#alone--;
  }

  /** The team did a slice of so many samples, and its threads parked so often, all of them together. */
  ranTogether(parks: number, samples: number): void {
    const slow = parks * WAKE_WORK > samples * countWeights(this.layers);
    this.#alone = slow && this.#slow > 0 ? Math.min(2 ** this.#slow, MAX_ALONE) : 0;
    this.#slow = slow ? this.#slow + 1 : 0;
  }
}
