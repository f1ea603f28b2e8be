// Whatever the metadata of a model hold, they are refused with a FormatError that can be printed, or agree with
// themselves: recipe, history, preparation and calibration.

import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { parsePreparation } from "../../src/data/preparation.js";
import { FormatError } from "../../src/errors.js";
import { calibrationOf } from "../../src/formats/index.js";
import { historyOf } from "../../src/recipe/history.js";
import { checkMetadata, recipeMetadata, recipeOf } from "../../src/recipe/metadata.js";
import { commandOptions, recipeFrom } from "../../src/recipe/parse.js";
import { Values } from "../../src/recipe/values.js";

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);
let read = 0;
let refused = 0;
beforeEach(() => {
  read = 0;
  refused = 0;
});

/** What a reader returns; undefined if it refuses, as it should. */
function outcome<T>(reader: () => T): T | undefined {
  try {
    const value = reader();
    read++;
    return value;
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    const { message } = error as Error;
    expect(message).toMatch(/^m: .*(expected|unknown option) /s);
    expect(message).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
    expect(message.length).toBeLessThan(1000);
    refused++;
    return undefined;
  }
}

const given = { optimizer: "adam", momentum: "0.5", shift: "1", "weight-decay": "0.001", schedule: "cosine" };
const { recipe } = recipeFrom(new Values(given, [], commandOptions()));
const entry = { epoch: 1, cost: 0.5, accuracy: 0.25, validationCost: 0.5, validationAccuracy: 0.5, seconds: 1.5 };
const history = [entry, { ...entry, epoch: 2, warning: "none" }];
const right = {
  ...recipeMetadata(recipe, history),
  test_correct: "97 / 100",
  data_sha256: "0".repeat(64),
  preparation: JSON.stringify({ form: "whole", rows: 2, columns: 2, levels: [0, 1], inputs: [0, 1], ground: "dark" }),
  calibration: JSON.stringify({ temperature: 1.5, noDigit: 3, prior: 0.5, reject: 0.5, sure: 0.9 }),
};

const word = fc.constantFrom(
  "0x10",
  "1e1",
  "1e-7",
  " 1",
  "-1",
  "NaN",
  "Infinity",
  "",
  "null",
  "true",
  "[]",
  "{}",
  "07",
);
const character = fc.constantFrom("\u001b", "\u202e", "\n", '"', "\\", "9", "-", ".", ",", "{", "}", "e", "\0");
const edit = fc.tuple(fc.nat(), fc.nat(2), fc.oneof(character, word, fc.string({ maxLength: 3 })));

/** A text with some of its characters taken out, and others put in. */
function edited(text: string, edits: readonly (readonly [number, number, string])[]): string {
  return edits.reduce((changed, [at, removed, added]) => {
    const i = at % (changed.length + 1);
    return changed.slice(0, i) + added + changed.slice(i + removed);
  }, text);
}

const values = fc.oneof(fc.constantFrom<unknown>(null, true, "x", [], {}, -1, 0.5, 1e300, 2 ** 53, 1), fc.jsonValue());
const names = fc.oneof(
  fc.constantFrom(
    "epoch",
    "cost",
    "momentum",
    "shift",
    "sure",
    "noDigit",
    "rows",
    "__proto__",
    "constructor",
    "length",
  ),
  fc.string({ maxLength: 5 }),
);

/** JSON with a member, somewhere within it, set to something else. */
function withMember(json: string, path: number, name: string, value: unknown): string {
  const root = JSON.parse(json);
  let part: Record<string, unknown> | unknown[] = root;
  if (Array.isArray(part)) part = part[path % part.length] as Record<string, unknown>;
  const keys = Object.keys(part);
  const key = path % 3 > 0 && keys.length > 0 ? keys[path % keys.length] : name;
  Object.defineProperty(part, key, { value, enumerable: true, configurable: true, writable: true });
  return JSON.stringify(root);
}

function check(metadata: Record<string, string>): void {
  const map = new Map(Object.entries(metadata));
  outcome(() => checkMetadata({ ...recipe, metadata: map, epochs: 2 }, "m"));
  const again = outcome(() => recipeOf(map, recipe, "m"));
  // What was read is written as it was read.
  if (again !== undefined) {
    const written = recipeMetadata(again, []);
    expect(recipeOf(new Map(Object.entries(written)), recipe, "m")).toEqual(again);
  }
  const epochs = outcome(() => historyOf(map, "m", 2)) ?? [];
  for (const [i, { epoch, accuracy, seconds }] of epochs.entries()) {
    expect([epoch > (epochs[i - 1]?.epoch ?? 0), accuracy >= 0 && accuracy <= 1, seconds >= 0]).not.toContain(false);
  }
  const preparation = outcome(() => parsePreparation(map.get("preparation") ?? "", 4, "m"));
  if (preparation !== undefined) expect(preparation.rows * preparation.columns).toBe(4);
  const calibration = outcome(() => calibrationOf(map, "m", 4));
  if (calibration !== undefined) expect(calibration.temperature).toBeGreaterThan(0);
}

test("texts of metadata edited, and keys misspelt", () => {
  const key = fc.constantFrom(...Object.keys(right));
  const change = fc.tuple(key, fc.array(edit, { minLength: 1, maxLength: 2 }), fc.nat(5));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
      const metadata: Record<string, string> = { ...right };
      for (const [key, edits, kind] of changes) {
        // Now and then the key is changed instead of what it holds.
        if (kind === 0) {
          delete metadata[key];
          metadata[edited(key, edits)] = right[key as keyof typeof right];
        } else metadata[key] = edited(right[key as keyof typeof right], edits);
      }
      check(metadata);
    }),
    { seed: 1, numRuns: RUNS },
  );
  expect(read).toBeGreaterThan(RUNS);
  expect(refused).toBeGreaterThan(RUNS / 4);
});

test("members of their JSON exchanged and added", () => {
  const key = fc.constantFrom("history", "method_options", "distortions", "preparation", "calibration");
  fc.assert(
    fc.property(key, fc.nat(), names, values, (key, path, name, value) => {
      check({ ...right, [key]: withMember(right[key as keyof typeof right], path, name, value) });
    }),
    { seed: 1, numRuns: RUNS },
  );
  expect(read).toBeGreaterThan(RUNS);
  expect(refused).toBeGreaterThan(RUNS / 4);
});

test("any JSON, or any text", () => {
  const key = fc.constantFrom(...Object.keys(right));
  fc.assert(
    fc.property(key, fc.oneof(fc.json(), fc.string(), word), (key, text) => check({ ...right, [key]: text })),
    { seed: 1, numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(RUNS / 4);
});
