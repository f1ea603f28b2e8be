// Timing on a machine that others use too: tasks take turns, so that a slow moment hits all of them, and medians are
// quoted.

import { Bench } from "tinybench";

export interface Task {
  readonly name: string;
  /** What one run processes: rates are per second of these. */
  readonly samples: number;
  readonly run: () => void | Promise<void>;
  /**
   * Done before each run and not timed: what a run that follows others of its kind finds done, such as threads being
   * awake.
   */
  readonly warm?: () => void | Promise<void>;
}

export interface Rate {
  /** Samples per second: of the median run, and of the fastest. */
  readonly median: number;
  readonly best: number;
}

/** Runs each task once to warm up, then all of them in turn for a number of rounds. */
export async function inTurns<Name extends string>(
  tasks: readonly (Task & { readonly name: Name })[],
  rounds: number,
): Promise<Record<Name, Rate>> {
  const seconds = new Map<Name, number[]>(tasks.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    const bench = new Bench({ time: 0, iterations: 1, warmup: false, throws: true });
    for (const { name, run, warm } of tasks) bench.add(name, run, { async: true, beforeEach: warm });
    await bench.run();
    if (round < 0) continue;
    for (const { name } of tasks) {
      const result = bench.getTask(name)?.result;
      if (result === undefined || !("latency" in result)) throw new Error(`${name}: no result`);
      seconds.get(name)?.push(result.latency.mean / 1000);
    }
  }
  const rates = tasks.map(({ name, samples }): [Name, Rate] => {
    const sorted = (seconds.get(name) as number[]).sort((a, b) => a - b);
    return [name, { median: samples / sorted[sorted.length >> 1], best: samples / sorted[0] }];
  });
  return Object.fromEntries(rates) as Record<Name, Rate>;
}
