// Which known word a misspelt one is taken for.

import { expect, test } from "vitest";
import { nearestOf } from "../../src/options/known.js";

const KNOWN = ["out", "data", "seed", "shift", "limit", "epochs", "checkpoint-every", "check"];

test.each([
  // Fewest edits, a swap of neighbours being one; capitals aside.
  ["epoch", "epochs"],
  ["esed", "seed"],
  ["Shfit", "shift"],
  ["limmits", "limit"],
  // The shortest that begins with it.
  ["che", "check"],
  ["checkp", "checkpoint-every"],
  // More than a third of its letters differ, though two edits are enough.
  ["count", undefined],
  ["rate", undefined],
  ["sift", "shift"],
  ["o", undefined],
  ["", undefined],
  ["x".repeat(100_000), undefined],
])("%.20s is %s", (word, expected) => {
  expect(nearestOf(word, KNOWN)).toBe(expected);
  expect(nearestOf(word, [])).toBeUndefined();
});
