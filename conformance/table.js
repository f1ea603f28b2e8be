// What the command prints.

import { createHash } from "node:crypto";

const HEAD = ["runtime", "version", "what ran", "MNIST", "odd shapes", "samples/s"];

/**
 * A line for each way of each runtime; of hashes the beginning, and one hash of all odd shapes.
 * @param {readonly import("./judge.js").Report[]} reports
 */
export function table(reports) {
  const lines = reports.flatMap(({ name, version, results, notRun }) => {
    if (results === undefined) return [[name, version, notRun === undefined ? "FAILED" : `not run: ${notRun}`]];
    return results.map(({ way, hashes: [mnist, ...shapes], rate }) => [
      name,
      version,
      way,
      mnist?.slice(0, 16) ?? "",
      shapes.length > 0 ? createHash("sha256").update(shapes.join()).digest("hex").slice(0, 16) : "",
      rate > 0 ? Math.round(rate).toLocaleString("en") : "",
    ]);
  });
  // What is too long for its column, being the last of its line, makes none wider.
  const widths = HEAD.map((title, i) =>
    Math.max(
      title.length,
      ...lines.map((line) => (i < line.length - 1 || line.length === HEAD.length ? line[i].length : 0)),
    ),
  );
  return [HEAD, widths.map((width) => "-".repeat(width)), ...lines]
    .map((line) =>
      line
        .map((cell, i) => (i === 5 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
