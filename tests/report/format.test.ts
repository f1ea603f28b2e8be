// The numbers on axes: the stand-in for d3-format writes what d3 itself writes.

import { scaleLinear } from "d3-scale";
import { expect, test } from "vitest";
import { format, formatSpecifier, precisionFixed, precisionRound } from "../../apps/ui/format.js";

const DOMAINS = [
  ...[
    [0, 1],
    [0.95, 0.99],
    [0.9777, 0.9778],
    [0, 7],
    [0, 12_345],
    [3, 2_500_000],
    [1e-7, 9e-6],
    [2e-12, 3e-11],
  ],
  ...[
    [0, 0.034],
    [9.5, 10.5],
    [0.2, 0.8],
    [98, 102],
    [0, 1e-5],
  ],
] as const;

test.each(["f", "%", "e"])("axes have d3's own labels: %s", (type) => {
  let count = 0;
  for (const domain of DOMAINS) {
    const scale = scaleLinear(domain, [0, 1]).nice(5);
    const ticks = scale.ticks(5);
    const step = Number((ticks[1] - ticks[0]).toPrecision(6));
    const specifier = formatSpecifier(type);
    // As d3-scale does it.
    const [start, stop] = scale.domain();
    if (type === "e") specifier.precision = precisionRound(step, Math.max(Math.abs(start), Math.abs(stop))) - 1;
    else specifier.precision = precisionFixed(step) - (type === "%" ? 2 : 0);
    const ours = format(specifier);
    const theirs = scale.tickFormat(5, type === "f" ? undefined : type);
    expect(ticks.map(ours)).toEqual(ticks.map(theirs));
    count++;
  }
  expect(count).toBe(DOMAINS.length);
});
