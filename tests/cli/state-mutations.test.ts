// The files in which commands keep their state, changed by others: the journal of a search and the locks. They are
// refused in one sentence, or hold what they should; nothing of them reaches an error raw.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BOOT } from "../../apps/cli/host.js";
import { Lock, Locked, ownerOf } from "../../apps/cli/lock.js";
import { areOutcomes, differenceOf, parseJournal, type SearchSettings } from "../../apps/cli/tune/journal.js";
import { FormatError } from "../../src/errors.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);

const entry = { epoch: 1, cost: 0.5, accuracy: 0.5, validationCost: 0.5, validationAccuracy: 0.5, seconds: 1 };
const settings: SearchSettings = {
  version: "1.0.0",
  options: { "learning-rate": "0.1..10", hidden: "10|30" },
  trials: 4,
  epochs: 4,
  reduction: 2,
  seed: 1,
  hashes: ["a", "b"],
};
const journal = {
  format: "ductus search 1",
  settings,
  finished: false,
  outcomes: [
    { trial: 1, rung: 1, correct: 50, count: 100, cost: 0.5, history: [entry] },
    { trial: 2, rung: 1, correct: 0, count: 0, cost: 0, history: [], error: "diverged" },
  ],
};
const own = { lock: "ductus", pid: process.pid, start: "1", boot: BOOT, hostname: "here", token: "0011" };

const edit = fc.tuple(
  fc.nat(),
  fc.nat(3),
  fc.oneof(fc.constantFrom('"', "{", "}", ",", "\0", "\u001b", "9", "-"), fc.string({ maxLength: 2 })),
);
const edits = fc.array(edit, { maxLength: 3 });
const edited = (text: string, changes: readonly (readonly [number, number, string])[]) =>
  changes.reduce((changed, [at, removed, added]) => {
    const i = at % (changed.length + 1);
    return changed.slice(0, i) + added + changed.slice(i + removed);
  }, text);

const value = fc.oneof(
  fc.constantFrom<unknown>(null, true, "x", [], {}, { toString: 1 }, [[null]], -1, 0, 2, 1.5, 1e300),
  fc.jsonValue({ maxDepth: 2 }),
);
/** A copy of JSON in which a member, on the way of these numbers, is another value, or gone. */
function changed(json: unknown, [step, ...path]: readonly number[], other: unknown): unknown {
  if (typeof json !== "object" || json === null || step === undefined || Object.keys(json).length === 0) return other;
  const copy = structuredClone(json) as Record<string, unknown>;
  const key = Object.keys(copy)[step % Object.keys(copy).length];
  if (path.length === 0 && step % 5 === 0 && !Array.isArray(copy)) delete copy[key];
  else copy[key] = changed(copy[key], path, other);
  return copy;
}
const path = fc.array(fc.nat(20), { minLength: 1, maxLength: 5 });

/** Reads a journal as Journal.open() does. Returns whether it was one. */
function isJournal(text: string): boolean {
  let saved: ReturnType<typeof parseJournal>;
  try {
    saved = parseJournal(text, "search.json");
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(/^search\.json: expected the search of ductus tune, got something else: /);
    return false;
  }
  const difference = differenceOf(saved.settings, settings);
  if (difference !== undefined) return expect(difference).toMatch(/ instead of /s) === undefined && false;
  const right = areOutcomes(saved.outcomes, settings, 100);
  for (const { trial, rung, correct, count } of right ? saved.outcomes : []) {
    expect([trial >= 1 && trial <= 4, rung >= 1 && rung <= 3, correct >= 0 && correct <= count]).not.toContain(false);
  }
  return right;
}

test("a journal edited, and with members exchanged or gone", () => {
  expect(isJournal(JSON.stringify(journal))).toBe(true);
  const text = fc.oneof(
    fc.tuple(path, value).map(([path, other]) => JSON.stringify(changed(journal, path, other))),
    edits.map((changes) => edited(JSON.stringify(journal), changes)),
    fc.json(),
  );
  let [read, refused] = [0, 0];
  fc.assert(
    fc.property(text, (text) => {
      if (isJournal(text)) read++;
      else refused++;
    }),
    { seed: 1, numRuns: RUNS },
  );
  expect(read).toBeGreaterThan(RUNS / 100);
  expect(refused).toBeGreaterThan(RUNS / 4);
});

const lock = fc.oneof(
  fc
    .tuple(path, value)
    .map(([path, other]) => `${JSON.stringify({ lock: "ductus", ...(changed(own, path, other) as object) })}\n`),
  edits.map((changes) => edited(`${JSON.stringify(own)}\n`, changes)),
  fc.string(),
);

test("a lock names a process, or nobody", () => {
  let owners = 0;
  fc.assert(
    fc.property(lock, (text) => {
      const owner = ownerOf(text);
      if (owner === undefined) return;
      owners++;
      expect(Number.isSafeInteger(owner.pid) && owner.pid > 0).toBe(true);
      expect([typeof owner.boot, typeof owner.hostname]).toEqual(["string", "string"]);
    }),
    { seed: 1, numRuns: RUNS },
  );
  expect(owners).toBeGreaterThan(RUNS / 10);
  expect(owners).toBeLessThan(RUNS);
});

test("a lock that others changed is taken over, or refused in a sentence, and then left as it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ductus-locks-"));
  let number = 0;
  let refused = 0;
  const temporaryOf = (target: string) => `${target}.${number}.tmp`;
  const property = fc.asyncProperty(lock, async (text) => {
    const target = join(folder, `model-${++number}`);
    writeFileSync(`${target}.lock`, text);
    try {
      const taken = await Lock.acquire("model", target, temporaryOf);
      expect(readFileSync(`${target}.lock`, "utf8")).toBe(taken.text);
      await taken.handle.close();
    } catch (error) {
      expect(error).toBeInstanceOf(Locked);
      expect((error as Error).message).toMatch(
        /: (another program|process \d+).* is writing it: |: expected a lock of ductus, got /s,
      );
      expect(readFileSync(`${target}.lock`, "utf8")).toBe(Buffer.from(text).toString());
      refused++;
    }
  });
  // Each one that is taken is held until the program ends, so that these are few, however many runs there are.
  const runs = Math.min(100, RUNS);
  process.setMaxListeners(runs + 20);
  await fc.assert(property, { seed: 1, numRuns: runs });
  rmSync(folder, { recursive: true });
  expect(refused).toBeGreaterThan(runs / 4);
});
