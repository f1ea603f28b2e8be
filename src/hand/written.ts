// Digits of a few strokes, in the forms that MNIST hardly has: flagged 1s, open 4s, curled 9s, 2s with a loop, barred
// 7s, round zeros, 8s that do not close.

import type { Grid } from "../reading/grid.js";
import { BOX, blank, SIDE, stroke } from "./canvas.js";
import { arc, type Draw, type Point, smooth } from "./draw.js";

/** A point that a hand puts near (x, y) of the unit square. */
export type Place = (x: number, y: number) => Point;

/** From near the stem's top to the left; one in four stays beside the stem and leaves it for the foot. */
function upstroke(at: Place, top: number, draw: Draw): Point[] {
  const join = at(top, 0);
  if (draw.chance(0.25)) {
    const end = at(draw.between(-0.4, 0.2), draw.between(0.75, 1.05));
    const beside = draw.between(0.05, 0.25);
    return smooth([end, at(top - beside - 0.2, draw.between(0.55, 0.75)), at(top - beside / 2, 0.25), join]);
  }
  const [x, y] = [draw.between(0, 0.4), draw.between(0.2, 0.8)];
  return smooth([at(x, y), at((x + top) / 2, y / 2 + draw.between(-0.05, 0.15)), join]);
}

function one(at: Place, draw: Draw): Point[][] {
  const [top, lean] = [draw.between(0.6, 0.95), draw.between(-0.1, 0.5)];
  const join = at(top, 0);
  const flag = draw.chance(0.9) ? [upstroke(at, top, draw)] : [];
  const bottom = top - lean;
  const foot = draw.chance(0.3) ? [[at(bottom - 0.4, 1), at(bottom + draw.between(0.2, 0.5), 1)]] : [];
  const stem = draw.chance(0.3)
    ? smooth([join, at((top + bottom) / 2 + 0.08, 0.5), at(bottom, 1)])
    : [join, at(bottom, 1)];
  return [...flag, stem, ...foot];
}

function four(at: Place, draw: Draw): Point[][] {
  const [x, y] = [draw.between(0.1, 0.75), draw.between(0.5, 0.82)];
  const stem = draw.between(0.5, 0.9);
  const begin = draw.chance(0.5) ? draw.between(0, 0.4) : draw.between(0.35, y - 0.05);
  const bulge = draw.between(-0.12, 0.05);
  const arm = draw.chance(0.5) ? [at(x, 0), at(0, y)] : smooth([at(x, 0), at(x / 2 + bulge, y / 2), at(0, y)]);
  const level = at(draw.between(stem, 1.05), y + draw.between(-0.12, 0.05));
  const bar = draw.chance(0.4) ? smooth([at(0, y), at(0.1, y + 0.04), level]) : [at(0, y), level];
  const lean = draw.between(-0.05, 0.3);
  return [arm, bar, [at(stem, begin), at(stem - lean, 1)]];
}

function seven(at: Place, draw: Draw): Point[][] {
  const serif = draw.chance(0.3) ? [[at(0, 0), at(0, draw.between(0.12, 0.25))]] : [];
  const foot = draw.between(0.1, 0.5);
  const y = draw.between(0.42, 0.72);
  const x = 1 + (foot - 1) * y;
  const [left, right] = [draw.between(0.2, 0.5), draw.between(0.15, 0.55)];
  const bar = draw.chance(0.75) ? [smooth([at(x - left, y + 0.03), at(x, y), at(x + right, y - 0.03)])] : [];
  const wave = draw.between(-0.03, 0.12);
  const top = smooth([at(0, wave / 2), at(0.3, -wave / 3), at(0.65, wave), at(1, 0)]);
  return [...serif, top, smooth([at(1, 0), at((1 + foot) / 2 + draw.between(-0.1, 0.05), 0.5), at(foot, 1)]), ...bar];
}

/** The way of a 9 from its right side down, around and to the left. */
function curl(at: Place, draw: Draw): Point[] {
  if (draw.chance(0.6)) {
    const end = at(draw.between(-0.05, 0.35), draw.between(0.65, 0.95));
    return [at(0.97, 0.6), at(0.8, 0.92), at(0.4, 1), end];
  }
  // A flat foot, as wide as the digit or wider.
  return [
    at(0.98, 0.65),
    at(0.93, 0.88),
    at(0.65, 1),
    at(0.3, 1),
    at(draw.between(-0.4, 0.1), draw.between(0.85, 1.03)),
  ];
}

/** A small loop, and a stem that sets out from its left and crosses below it. */
function crossingNine(at: Place, draw: Draw): Point[][] {
  const [x, size] = [draw.between(0.05, 0.45), draw.between(0.28, 0.5)];
  const corner = at(x + draw.between(0.3, 0.5), draw.between(0.1, 0.6) * size);
  const start = at(x + 0.05, size * 0.8);
  const loop = smooth([corner, at(x + 0.3, 0), at(x, size / 2), start, at(x + 0.2, size), corner]);
  const low = draw.between(0.7, 0.85);
  const end = at(draw.between(-0.3, 0.3), draw.between(0.88, 1.03));
  return [loop, smooth([start, at(0.6, (size + low) / 2), at(0.95, low), at(0.75, 0.97), at(0.35, 1), end])];
}

/** An upper half that is open to the left, as of a 3 or a J, on a long foot. */
function openNine(at: Place, draw: Draw): Point[][] {
  const size = draw.between(0.38, 0.55);
  const [left, miss] = [draw.between(0, 0.3), draw.between(0.1, 0.3)];
  const bend = [at(0.5, size), at(draw.between(0, 0.2), size * draw.between(0.75, 1)), at(left, size - miss)];
  const upper = smooth([at(left, draw.between(0.02, 0.15)), at(0.5, 0), at(0.92, size / 2), ...bend]);
  return [upper, smooth([at(0.85, size * 0.7), ...curl(at, draw)])];
}

function nine(at: Place, draw: Draw): Point[][] {
  const kind = draw.below(8);
  if (kind === 0) return crossingNine(at, draw);
  if (kind === 1) return openNine(at, draw);
  const size = draw.between(0.4, 0.65);
  const corner = at(0.95, draw.between(0.05, 0.4) * size);
  const loop = smooth([corner, at(0.5, 0), at(0, size / 2), at(0.4, size), at(0.9, 0.6 * size), corner]);
  if (kind === 2) return [loop, [corner, at(draw.between(0.4, 0.95), 1)]];
  if (kind === 3) return [loop, smooth([corner, at(0.95, 0.6), at(draw.between(0.3, 0.7), 1)])];
  if (kind < 7) return [loop, smooth([corner, ...curl(at, draw)])];
  // In one stroke, which crosses itself or leaves the loop open.
  const begin = at(draw.between(0.75, 1), draw.between(0, 0.15));
  const body = [
    at(0.45, 0),
    at(0.02, size / 2),
    at(0.4, size),
    at(draw.between(0.75, 0.9), size * draw.between(0.5, 0.9)),
  ];
  return [smooth([begin, ...body, corner, ...curl(at, draw)])];
}

function two(at: Place, draw: Draw): Point[][] {
  const bow = [at(draw.between(0, 0.15), draw.between(0.12, 0.3)), at(0.45, 0), at(0.9, 0.2), at(0.55, 0.62)];
  const loop = draw.between(0.6, 0.85);
  const end = at(1, draw.between(0.85, 1.02));
  if (draw.chance(0.5)) return [smooth([...bow, at(0.05, 0.98), at(0.1, loop), at(0.5, 0.95), end])];
  return [smooth([...bow, at(0.02, 0.98)]), smooth([at(0.02, 0.98), at(0.5, draw.between(0.9, 1.02)), end])];
}

function zero(at: Place, draw: Draw): Point[][] {
  const begin = draw.between(-1.6, -0.4);
  const turn = arc([0, 0], 1, 1, begin, begin - draw.between(3.8, 4.5));
  const [x, y] = at(0.5, 0.5);
  // The end may miss the beginning.
  const miss = draw.between(-0.12, 0.12);
  return [
    turn.map(([u, v], i): Point => [x + u * (1 + (miss * i) / turn.length), y + v * (1 + (miss * i) / turn.length)]),
  ];
}

function six(at: Place, draw: Draw): Point[][] {
  const size = draw.between(0.4, 0.6);
  const loop = [at(0.3, 0.98), at(0.8, 0.95), at(1, 1 - size / 2), at(0.6, 1 - size), at(0.1, 1 - size / 3)];
  return [smooth([at(draw.between(0.6, 0.95), 0), at(0.25, 0.3), at(0.02, 0.7), ...loop])];
}

function eight(at: Place, draw: Draw): Point[][] {
  const waist = draw.between(0.4, 0.55);
  const begin = at(draw.between(0.6, 1), draw.between(0, 0.22));
  const lower = [at(0.92, (1 + waist) / 2), at(0.5, 1), at(0.05, (1 + waist) / 2), at(0.5, waist)];
  const end = at(draw.between(0.75, 1), draw.between(-0.02, 0.25));
  return [smooth([begin, at(0.5, 0), at(0.1, waist / 2), at(0.5, waist), ...lower, at(0.88, waist / 2), end])];
}

const FORMS = [zero, one, one, two, four, four, four, six, seven, eight, nine, nine, nine, nine];
const LABELS = [0, 1, 1, 2, 4, 4, 4, 6, 7, 8, 9, 9, 9, 9];

/** Strokes on the unit square, drawn on a sheet: at most MNIST's 20 pixels high. */
export function written(strokes: readonly (readonly Point[])[], wide: number, pen: number): Grid {
  const sheet = blank();
  const [left, top] = [(SIDE - BOX * wide) / 2, (SIDE - BOX) / 2];
  for (const points of strokes)
    stroke(
      sheet,
      points.map(([x, y]) => [left + x * BOX * wide, top + y * BOX] as const),
      pen,
    );
  return sheet;
}

/** A hand that misses its places by so much. */
export function shaky(draw: Draw, by: number): Place {
  return (x, y) => [x + by * draw.normal(), y + by * draw.normal()];
}

/** A digit of a few strokes, and its label. */
export function writtenDigit(draw: Draw): { sheet: Grid; label: number } {
  const form = draw.below(FORMS.length);
  const strokes = FORMS[form](shaky(draw, 0.03), draw);
  return { sheet: written(strokes, draw.between(0.45, 1.05), draw.between(3, 9)), label: LABELS[form] };
}
