// Pictures of what is no digit: letters, scribbles, digits crossed out, mirrored, cut, or two in one, shapes, textures.

import type { Grid } from "../reading/grid.js";
import { BOX, blank, boxOf, enlarged, MARGIN, mapped, SIDE, stroke } from "./canvas.js";
import { leaning } from "./digits.js";
import { arc, type Draw, type Point, smooth } from "./draw.js";
import { LETTERS, letter } from "./letters.js";
import { anywhere, penWidth, shape, texture } from "./shapes.js";
import { penOf } from "./wear.js";
import { shaky, written } from "./written.js";

/** A digit to make something else of. */
export interface Source {
  readonly image: Uint8Array | Uint8ClampedArray;
  readonly label: number;
}

/** Gives a digit at random. */
export type Sources = (draw: Draw) => Source;

function aLetter(draw: Draw): Grid {
  const at = shaky(draw, draw.chance(0.7) ? 0.035 : 0.07);
  const sheet = written(letter(draw.of(LETTERS), at), draw.between(0.5, 1.05), penWidth(draw));
  // Script leans, as digits do.
  return draw.chance(0.5) ? leaning(sheet, draw) : sheet;
}

/** Back to the field, beyond its edge alone: a pull to the middle would draw rings. */
const pullOf = (x: number) => (x < 16 ? 1 : x > SIDE - 16 ? -1 : 0);

/** A pen that wanders: its direction is a random walk, and the edges of the field turn it back. */
function wandering(draw: Draw): Grid {
  const sheet = blank();
  let [x, y] = anywhere(draw);
  let [dx, dy] = [draw.between(-1, 1), draw.between(-1, 1)];
  const bend = draw.between(0.4, 1);
  const points: Point[] = [[x, y]];
  for (let i = 18 + draw.below(42); i > 0; i--) {
    dx += bend * draw.normal() + pullOf(x);
    dy += bend * draw.normal() + pullOf(y);
    const length = Math.sqrt(dx * dx + dy * dy) + 0.01;
    [dx, dy] = [dx / length, dy / length];
    [x, y] = [x + 6 * dx, y + 6 * dy];
    points.push([x, y]);
  }
  stroke(sheet, smooth(points), draw.between(2.5, 6));
  return sheet;
}

/** A scribble: through places at random, to and fro, or round and round. */
function scribble(draw: Draw): Grid {
  const sheet = blank();
  const kind = draw.below(4);
  if (kind < 2) {
    for (let strokes = draw.below(2); strokes >= 0; strokes--) {
      const points = Array.from({ length: 4 + draw.below(12) }, () => anywhere(draw));
      stroke(sheet, kind === 0 ? smooth(points) : points, penWidth(draw));
    }
  } else if (kind === 2) {
    const count = 4 + draw.below(10);
    const tall = draw.between(8, 30);
    const points = Array.from(
      { length: count },
      (_, i): Point => [
        14 + (56 * i) / (count - 1) + 2 * draw.normal(),
        SIDE / 2 + (i % 2 === 0 ? tall : -tall) * draw.between(0.6, 1.1),
      ],
    );
    stroke(sheet, draw.chance(0.5) ? smooth(points) : points, penWidth(draw));
  } else {
    const turns = draw.between(2, 5);
    const spiral = draw.chance(0.5);
    const round = arc([0, 0], 2, 2, 0, 4 * turns);
    // Rings on one place would be a zero.
    const drift = (draw.chance(0.5) ? 1 : -1) * (spiral ? draw.between(0, 12) : draw.between(20, 40));
    const points = round.map(([x, y], i): Point => {
      const t = i / round.length;
      const radius = spiral ? 4 + 25 * t : 16;
      return [SIDE / 2 + x * radius + drift * (t - 0.5) + draw.normal(), SIDE / 2 + y * radius + draw.normal()];
    });
    stroke(sheet, points, draw.between(3, 6));
  }
  return mapped(sheet, { a: 1, b: draw.between(-0.3, 0.3), c: 0, d: draw.between(0.5, 1) });
}

/** A digit crossed out; a zero with one slash still is a digit, so it gets more. */
function crossedOut(draw: Draw, sources: Sources): Grid {
  const { image, label } = sources(draw);
  const sheet = enlarged(image);
  const { left, right, top, bottom } = boxOf(sheet) ?? { left: 12, right: 72, top: 12, bottom: 72 };
  const width = Math.max(2, penOf(sheet)) * draw.between(0.6, 1.3);
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2];
  const half = Math.max(bottom - top, right - left) / 2 + draw.between(0, 14);
  const across = (up: number) => {
    const y = cy + draw.between(-6, 6);
    const x = cx + draw.between(-4, 4);
    stroke(
      sheet,
      [
        [x - half, y + up * half],
        [x + half, y - up * half + draw.between(-4, 4)],
      ],
      width,
    );
  };
  const kind = draw.below(label === 0 ? 3 : 8);
  if (kind === 0) for (const up of [1, -1]) across(up * draw.between(0.3, 1));
  else if (kind === 1) for (let lines = 0; lines < 2; lines++) across(draw.between(-0.25, 0.25));
  else if (kind === 2) {
    const points = Array.from(
      { length: 6 + draw.below(6) },
      (_, i): Point => [cx - half + (2 * half * i) / 9, cy + (i % 2 === 0 ? 1 : -1) * draw.between(0.3, 0.9) * half],
    );
    stroke(sheet, points, width);
  } else if (kind < 6) across(draw.between(-1, 1));
  else across(draw.between(-0.3, 0.3));
  return sheet;
}

/** Two digits or three, side by side. */
function several(draw: Draw, sources: Sources): Grid {
  const count = draw.chance(0.8) ? 2 : 3;
  const out = blank();
  const gap = draw.between(-0.12, 0.3);
  const size = 0.95 / (count * (1 + Math.max(0, gap)));
  for (let i = 0; i < count; i++) {
    const sheet = enlarged(sources(draw).image);
    const box = boxOf(sheet);
    if (box === undefined) continue;
    const scale = draw.between(0.85, 1.1) * size;
    const small = mapped(sheet, { a: scale, b: 0, c: 0, d: scale });
    const own = boxOf(small);
    if (own === undefined) continue;
    const middle = MARGIN + (BOX * (i + 0.5)) / count;
    const by = Math.round(middle - SIDE / 2);
    const down = Math.round(draw.between(-3, 3));
    for (let y = Math.max(0, own.top - 1); y < Math.min(SIDE, own.bottom + 1); y++) {
      for (let x = Math.max(0, own.left - 1); x < Math.min(SIDE, own.right + 1); x++) {
        const [u, v] = [x + by, y + down];
        if (u < 0 || u >= SIDE || v < 0 || v >= SIDE) continue;
        out.values[v * SIDE + u] = Math.max(out.values[v * SIDE + u], small.values[y * SIDE + x]);
      }
    }
  }
  return out;
}

/** Digits that are none any more, mirrored or turned by a quarter or half of a turn. */
const FLIPS: readonly { labels: readonly number[]; a: number; b: number; c: number; d: number }[] = [
  { labels: [3, 4, 6, 7, 9], a: -1, b: 0, c: 0, d: 1 },
  { labels: [4, 7, 3], a: -1, b: 0, c: 0, d: -1 },
  { labels: [4, 7, 1], a: 1, b: 0, c: 0, d: -1 },
  { labels: [2, 3, 4, 5, 6, 7, 8, 9], a: 0, b: 1, c: -1, d: 0 },
  { labels: [2, 3, 4, 5, 6, 7, 9, 1], a: 0, b: -1, c: 1, d: 0 },
];

function flipped(draw: Draw, sources: Sources): Grid {
  for (;;) {
    const { image, label } = sources(draw);
    const { labels, ...map } = draw.of(FLIPS);
    if (labels.includes(label) && !(label === 1 && map.a !== 0)) return mapped(enlarged(image), map);
  }
}

/** Halves that are no digit: what is cut off from which. */
const HALVES: Readonly<Record<number, readonly ("top" | "right" | "bottom")[]>> = {
  0: ["top", "bottom"],
  2: ["top", "right"],
  3: ["right"],
  4: ["right", "bottom"],
  5: ["bottom", "right"],
  8: ["right"],
};

function halved(draw: Draw, sources: Sources): Grid {
  for (;;) {
    const { image, label } = sources(draw);
    if (!(label in HALVES)) continue;
    const side = draw.of(HALVES[label]);
    const sheet = enlarged(image);
    const cut = SIDE / 2 + draw.between(-5, 5);
    return {
      ...sheet,
      values: sheet.values.map((value, cell) => {
        const at = side === "right" ? cell % SIDE : Math.floor(cell / SIDE);
        return (side === "top" ? at < cut : at > cut) ? 0 : value;
      }),
    };
  }
}

type Family = (draw: Draw, sources: Sources) => Grid;

/** The families and their weights: how often each is drawn. */
const WEIGHTS: readonly (readonly [family: Family, weight: number])[] = [
  [aLetter, 9],
  [crossedOut, 5],
  [scribble, 3],
  [wandering, 3],
  [several, 2],
  [flipped, 2],
  [shape, 3],
  [halved, 1],
];
const FAMILIES = WEIGHTS.flatMap(([family, weight]) => Array<Family>(weight).fill(family));
/** One in so many is a texture. */
const TEXTURES = 40;

/** A picture of what is no digit. */
export function stranger(draw: Draw, sources: Sources): Grid {
  return draw.below(TEXTURES) === 0 ? texture(draw) : draw.of(FAMILIES)(draw, sources);
}
