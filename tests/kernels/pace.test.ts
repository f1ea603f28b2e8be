// How a team keeps pace with one thread, on simulated machines: never slower for long, and as fast as it can be.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Pace } from "../../src/kernels/threads/pace.js";

/** Milliseconds of 1e8 multiply-adds at a time, in milliseconds since the start: of one thread, and of the team. */
interface Machine {
  alone(time: number): number;
  team(time: number): number;
}

/** Runs a training of so much work; returns what it took, and what its slices were: T of the team, a alone. */
function run(machine: Machine, total: number): { readonly ms: number; readonly slices: string } {
  const pace = new Pace();
  let [ms, slices] = [0, ""];
  for (let done = 0; done < total; ) {
    const { isForOneThread, work } = pace;
    const took = ((isForOneThread ? machine.alone(ms) : machine.team(ms)) * work) / 1e8;
    slices += isForOneThread ? "a" : "T";
    ms += took;
    done += work;
    if (isForOneThread) pace.ranOnOneThread(took, work);
    else pace.ranOnTeam({ ms: took, parks: 0 }, work);
  }
  return { ms, slices };
}

const ALONE_MS = 5;
const WORK = 2e11;
const steady = (factor: number): Machine => ({ alone: () => ALONE_MS, team: () => ALONE_MS * factor });
const aloneFor = (work: number) => (ALONE_MS * work) / 1e8;

describe("on a simulated machine", () => {
  test.each([1.01, 1.2, 1.5, 2, 3, 5])("a team %d times as slow costs at most a tenth of a second more", (factor) => {
    for (const work of [1e8, 1e9, 1e10, WORK]) {
      const { ms } = run(steady(factor), work);
      expect(ms - aloneFor(work + 1e9)).toBeLessThan(100 + 0.01 * factor * aloneFor(work));
    }
  });

  test.each([0.5, 0.7, 0.9, 0.99])("a team that takes %d of the time is checked ever more rarely", (factor) => {
    const { slices, ms } = run(steady(factor), WORK);
    expect(slices).toMatch(/^TTaT{4}aT{8}aT{16}aT{32}a(T{64}a)+T*$/);
    expect(ms).toBeLessThan(1.01 * factor * aloneFor(WORK));
  });

  test("a first slice alone that came out slow is found out", () => {
    const machine = { alone: () => ALONE_MS, team: () => 2 * ALONE_MS };
    const pace = new Pace();
    pace.ranOnOneThread(100, 1e8);
    let lost = 0;
    for (let i = 0; i < 50; i++) {
      const { isForOneThread, work } = pace;
      if (!isForOneThread) lost += ((machine.team() - ALONE_MS) * work) / 1e8;
      if (isForOneThread) pace.ranOnOneThread((machine.alone() * work) / 1e8, work);
      else pace.ranOnTeam({ ms: (machine.team() * work) / 1e8, parks: 0 }, work);
    }
    expect(lost).toBeLessThan(100);
  });

  test.each([
    ["becomes busy", (time: number) => time > 3000],
    ["becomes quiet", (time: number) => time < 3000],
    ["is busy each other second", (time: number) => time % 2000 < 1000],
  ])("one that %s: the team is followed", (_, busy) => {
    const machine = {
      alone: (time: number) => ALONE_MS * (busy(time) ? 1.3 : 1),
      team: (time: number) => ALONE_MS * (busy(time) ? 3 : 0.6),
    };
    const best = run({ alone: machine.alone, team: (time) => (busy(time) ? machine.alone : machine.team)(time) }, WORK);
    const { ms, slices } = run(machine, WORK);
    expect(ms).toBeLessThan(1.35 * best.ms);
    expect(slices).toMatch(/T/);
    expect(slices).toMatch(/aa/);
  });

  test("slices of the team are short at first, and long while it is fast", () => {
    const pace = new Pace();
    const works = [];
    for (let i = 0; i < 9; i++) {
      works.push(pace.isForOneThread ? -pace.work : pace.work);
      if (pace.isForOneThread) pace.ranOnOneThread(10, 1e8);
      else pace.ranOnTeam({ ms: 5, parks: 0 }, 1e8);
    }
    expect(works).toEqual([1e8, 1e8, -1e8, 1e8, 2e8, 4e8, 8e8, -1e8, 1e9]);
  });

  test("whatever the machine does, a team is not slower than one thread for long", () => {
    const factor = fc.double({ min: 0.4, max: 6, noNaN: true });
    fc.assert(
      fc.property(fc.array(factor, { minLength: 1, maxLength: 30 }), (factors) => {
        // Each of them holds for half a second.
        const at = (time: number) => factors[Math.floor(time / 500) % factors.length];
        const { ms } = run({ alone: () => ALONE_MS, team: (time) => ALONE_MS * at(time) }, 4e10);
        const changes = Math.ceil(ms / 500);
        expect(ms).toBeLessThan(aloneFor(4e10 + 1e9) + 100 + changes * ALONE_MS * 10 * 6);
      }),
    );
  });
});

test("while nothing is known of one thread, parks tell: so of slices too short to be timed", () => {
  const pace = new Pace();
  let slices = "";
  for (let i = 0; i < 30; i++) {
    slices += pace.isForOneThread ? "a" : "T";
    if (pace.isForOneThread) pace.ranOnOneThread(0, 1e6);
    else pace.ranOnTeam({ ms: 0, parks: 2 }, 1e6);
  }
  expect(slices).toBe("TTaaTaaaaTaaaaaaaaTaaaaaaaaaaa");
});

test("where one thread is known to be slower, parks do not matter", () => {
  const pace = new Pace();
  pace.ranOnOneThread(10, 1e8);
  let together = 0;
  for (let i = 0; i < 50; i++) {
    if (pace.isForOneThread) pace.ranOnOneThread(10, 1e8);
    else pace.ranOnTeam({ ms: 7, parks: 1e6 }, 1e8);
    together += pace.isForOneThread ? 0 : 1;
  }
  expect(together).toBeGreaterThan(44);
});
