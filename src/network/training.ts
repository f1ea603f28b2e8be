// What train() returns: iterated, it trains epoch by epoch; awaited, to the end. A promise may look like a call that
// has done its work, so awaiting has to do it, too.

import type { EpochReport } from "./trainer.js";

/**
 * A training that has not begun. Iterating it trains an epoch for each step, `for await (const report of training)`;
 * awaiting it trains to the end, and gives the reports of all epochs, as fit() does. Either of them, not both.
 */
export interface Training extends AsyncGenerator<EpochReport, void, void>, PromiseLike<readonly EpochReport[]> {}

/** Makes the epochs of a generator a Training. */
export function trainingOf(epochs: AsyncGenerator<EpochReport, void, void>): Training {
  return new EpochsOrReports(epochs);
}

class EpochsOrReports implements Training {
  readonly [Symbol.toStringTag] = "Training";
  readonly #epochs: AsyncGenerator<EpochReport, void, void>;
  #iterated = false;
  /** Those of all epochs, once somebody awaits them. */
  #reports: Promise<readonly EpochReport[]> | undefined;

  constructor(epochs: AsyncGenerator<EpochReport, void, void>) {
    this.#epochs = epochs;
  }

  next(): Promise<IteratorResult<EpochReport, void>> {
    return this.#refusal() ?? this.#epochs.next();
  }

  return(value?: void | PromiseLike<void>): Promise<IteratorResult<EpochReport, void>> {
    return this.#refusal() ?? this.#epochs.return(value);
  }

  throw(error: unknown): Promise<IteratorResult<EpochReport, void>> {
    return this.#refusal() ?? this.#epochs.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends it, for `await using`, however it was used. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#epochs.return();
  }

  /** Awaiting it is what it is for. */
  then<A = readonly EpochReport[], B = never>(
    onFulfilled?: ((reports: readonly EpochReport[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    // An iteration under way continues.
    const reports = this.#iterated ? Promise.reject(bothWays("awaited", "iterated")) : this.#all();
    return reports.then(onFulfilled, onRejected);
  }

  #all(): Promise<readonly EpochReport[]> {
    this.#reports ??= reportsOf(this.#epochs);
    return this.#reports;
  }

  /** Notes that it is iterated. If it was awaited, the answer to that: as with a generator, a rejection. */
  #refusal(): Promise<never> | undefined {
    if (this.#reports !== undefined) return Promise.reject(bothWays("iterated", "awaited"));
    this.#iterated = true;
    return undefined;
  }
}

async function reportsOf(epochs: AsyncIterable<EpochReport>): Promise<readonly EpochReport[]> {
  const reports: EpochReport[] = [];
  for await (const report of epochs) reports.push(report);
  return reports;
}

function bothWays(now: string, before: string): TypeError {
  return new TypeError(
    `training: expected one that is either iterated or awaited, got one that was ${before} and is now ${now}: ` +
      "call train() again to train on",
  );
}
