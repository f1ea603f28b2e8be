// Whether the runtimes agree: every hash is the reference's, and what was not run counts for nothing.

import { RECIPES } from "./guest/recipes.js";

/**
 * @typedef {object} Report of a runtime; it has one of the last three
 * @property {string} name
 * @property {string} version
 * @property {readonly import("./guest/run.js").Result[]} [results]
 * @property {string} [notRun] how to get it
 * @property {string} [error]
 */

/**
 * What is wrong, in sentences, and how many runtimes ran.
 * @param {readonly Report[]} reports
 * @param {number} least so many must have run
 * @returns {{ problems: string[], ran: number }}
 */
export function judge(reports, least) {
  const all = reports.flatMap(({ name, results = [] }) => results.map((result) => ({ name, ...result })));
  // The reference, where it trained, is what the others are held against; else whoever was first.
  const { hashes: expected = [] } =
    all.find(({ way }) => way === "reference") ?? all.find(({ hashes }) => hashes.length > 0) ?? {};
  const problems = reports.flatMap(({ name, error }) =>
    error === undefined ? [] : [`${name}: expected it to run, got ${error}`],
  );
  for (const { name, way, hashes } of all) {
    for (const [i, hash] of hashes.entries()) {
      if (hash === expected[i]) continue;
      problems.push(`${name}, ${way}, ${RECIPES[i].name}: expected weights ${expected[i]}, got ${hash}`);
    }
  }
  const ran = reports.filter(({ results }) => results !== undefined).length;
  if (ran < least)
    problems.push(`expected at least ${least} runtimes, got ${ran}: add --install, or what is listed as not run`);
  return { problems, ran };
}
