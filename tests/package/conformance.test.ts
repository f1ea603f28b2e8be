// How `npm run conformance` judges: it must not pass what was not run, nor a single other hash. The runs themselves
// take minutes: .ci/run has them.

import { expect, test } from "vitest";
import { RECIPES } from "../../conformance/guest/recipes.js";
import { judge } from "../../conformance/judge.js";
import { table } from "../../conformance/table.js";

const HASHES = RECIPES.map((_, i) => String(i).repeat(64));
const node = { name: "Node", version: "20", results: [{ way: "module", hashes: HASHES, rate: 1e6 }] };
const bun = { name: "Bun", version: "1", results: [{ way: "example", hashes: HASHES.slice(0, 1), rate: 0 }] };
const missing = { name: "Deno", version: "", notRun: "install it" };

test("the same hashes everywhere are right", () => {
  expect(judge([node, bun], 2)).toEqual({ problems: [], ran: 2 });
});

test.each(RECIPES.map(({ name }, i) => [name, i] as const))("another hash of %s fails", (name, i) => {
  const hashes = HASHES.with(i, "f");
  const other = { name: "Other", version: "3", results: [{ way: "module", hashes, rate: 1 }] };
  expect(judge([node, bun, other], 1).problems).toEqual([
    `Other, module, ${name}: expected weights ${HASHES[i]}, got f`,
  ]);
});

test("the reference is what the others are held against, whoever comes first", () => {
  const reference = { name: "Node", version: "20", results: [{ way: "reference", hashes: ["f"], rate: 1 }] };
  expect(judge([bun, reference], 1).problems).toEqual([`Bun, example, MNIST: expected weights f, got ${HASHES[0]}`]);
});

test("one that is missing does not count, one that fails is a problem", () => {
  expect(judge([node, missing], 1)).toEqual({ problems: [], ran: 1 });
  expect(judge([node, missing], 2).problems).toEqual([expect.stringContaining("expected at least 2 runtimes, got 1")]);
  const failed = { name: "Bun", version: "1", error: "no memory" };
  expect(judge([node, failed], 1).problems).toEqual(["Bun: expected it to run, got no memory"]);
});

test("the table lists every way, and what was not run", () => {
  const lines = table([node, bun, missing]).split("\n");
  expect(lines).toHaveLength(5);
  expect(lines[2]).toMatch(/^Node +20 +module +0{16} +[0-9a-f]{16} +1,000,000$/);
  expect(lines[3]).toMatch(/^Bun +1 +example +0{16}$/);
  expect(lines[4]).toMatch(/^Deno +not run: install it$/);
});
