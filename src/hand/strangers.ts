// Pictures of what is no digit: letters, scribbles, digits crossed out, mirrored, cut, or two in one, shapes, textures.

import type { Grid } from "../reading/grid.js";
import { BOX, blank, boxOf, enlarged, fill, mapped, SIDE, stroke } from "./canvas.js";
import { shaky, written } from "./digits.js";
import { arc, type Draw, type Point, smooth } from "./draw.js";
import { LETTERS, letter } from "./letters.js";
import { penOf } from "./wear.js";

/** A digit to make something else of. */
export interface Source {
  readonly image: Uint8Array;
  readonly label: number;
}

/** Gives a digit at random. */
export type Sources = (draw: Draw) => Source;

const anywhere = (draw: Draw): Point => [draw.between(12, SIDE - 12), draw.between(12, SIDE - 12)];
const pen = (draw: Draw) => (draw.chance(0.6) ? draw.between(3, 6.5) : draw.between(6.5, 11));

function aLetter(draw: Draw): Grid {
  const at = shaky(draw, draw.chance(0.7) ? 0.035 : 0.07);
  return written(letter(draw.of(LETTERS), at), draw.between(0.5, 1.05), pen(draw));
}

/** A scribble: through places at random, to and fro, or round and round. */
function scribble(draw: Draw): Grid {
  const sheet = blank();
  const kind = draw.below(4);
  if (kind < 2) {
    for (let strokes = draw.below(2); strokes >= 0; strokes--) {
      const points = Array.from({ length: 4 + draw.below(12) }, () => anywhere(draw));
      stroke(sheet, kind === 0 ? smooth(points) : points, pen(draw));
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
    stroke(sheet, draw.chance(0.5) ? smooth(points) : points, pen(draw));
  } else {
    const turns = draw.between(1.6, 5);
    const spiral = draw.chance(0.5);
    const round = arc([0, 0], 2, 2, 0, 4 * turns);
    const drift = draw.between(-12, 12);
    const points = round.map(([x, y], i): Point => {
      const t = i / round.length;
      const radius = spiral ? 5 + 25 * t : 24;
      return [SIDE / 2 + x * radius + drift * (t - 0.5) + draw.normal(), SIDE / 2 + y * radius + draw.normal()];
    });
    stroke(sheet, points, draw.between(3, 6));
  }
  return mapped(sheet, { a: 1, b: draw.between(-0.3, 0.3), c: 0, d: draw.between(0.5, 1) });
}

/** A digit crossed out; a zero with one slash and a 7 with one bar still are digits, so they get more. */
function crossedOut(draw: Draw, sources: Sources): Grid {
  const { image, label } = sources(draw);
  const sheet = enlarged(image);
  const { left, right, top, bottom } = boxOf(sheet) ?? { left: 12, right: 72, top: 12, bottom: 72 };
  const width = Math.max(2, penOf(sheet)) * draw.between(0.6, 1.3);
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2];
  const half = Math.max(bottom - top, right - left) / 2 + draw.between(-4, 8);
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
  const doubtful = label === 0 || label === 7 || label === 1 || label === 4;
  const kind = draw.below(doubtful ? 3 : 5);
  if (kind === 0) for (const up of [1, -1]) across(up * draw.between(0.6, 1));
  else if (kind === 1) for (const shift of [0, 1]) across(draw.between(-0.25, 0.25) + 0 * shift);
  else if (kind === 2) {
    const points = Array.from(
      { length: 6 + draw.below(6) },
      (_, i): Point => [cx - half + (2 * half * i) / 9, cy + (i % 2 === 0 ? 1 : -1) * draw.between(0.3, 0.9) * half],
    );
    stroke(sheet, points, width);
  } else if (kind === 3) across(draw.between(0.4, 1));
  else across(draw.chance(0.6) ? draw.between(-0.2, 0.2) : draw.between(-1, -0.4));
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
    const middle = 12 + (BOX * (i + 0.5)) / count;
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
const HALVES: Readonly<Record<number, readonly string[]>> = {
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
        const at = side === "left" || side === "right" ? cell % SIDE : Math.floor(cell / SIDE);
        return (side === "left" || side === "top" ? at < cut : at > cut) ? 0 : value;
      }),
    };
  }
}

type Shape = (draw: Draw, sheet: Grid, width: number) => void;

const ring = (sides: number, turn: number, [x, y]: Point, size: number): Point[] => {
  // arc() has 24 points a turn.
  const all = arc([x, y], size, size, turn, turn + 4);
  return Array.from({ length: sides + 1 }, (_, i) => all[Math.round((24 * i) / sides)]);
};
const MIDDLE: Point = [SIDE / 2, SIDE / 2];
const outline = (sheet: Grid, points: readonly Point[], width: number, filled: boolean) =>
  filled ? fill(sheet, points) : stroke(sheet, points, width);

const SHAPES: readonly Shape[] = [
  // Polygons: three, four, six corners, outlined or full.
  (draw, sheet, width) =>
    outline(sheet, ring(draw.of([3, 4, 6, 3, 4]), draw.between(0, 4), MIDDLE, 60), width, draw.chance(0.35)),
  (draw, sheet, width) => {
    const [w, h] = [draw.between(14, 30), draw.between(14, 30)];
    const box: Point[] = [
      [42 - w, 42 - h],
      [42 + w, 42 - h],
      [42 + w, 42 + h],
      [42 - w, 42 + h],
      [42 - w, 42 - h],
    ];
    outline(sheet, box, width, draw.chance(0.35));
    if (draw.chance(0.3))
      stroke(
        sheet,
        [
          [42 - w, 42 - h],
          [42 + w, 42 + h],
        ],
        width,
      );
  },
  // A disc, and one on a stick.
  (draw, sheet) => fill(sheet, arc(MIDDLE, draw.between(35, 60), draw.between(35, 60), 0, 4)),
  (draw, sheet, width) => {
    const size = draw.between(16, 38);
    const top = 12 + size / 2;
    fill(sheet, arc([42, top], size, size * draw.between(0.8, 1.2), 0, 4));
    stroke(
      sheet,
      [
        [42, top],
        [42 + draw.between(-10, 10), 72],
      ],
      width,
    );
    if (draw.chance(0.3)) sheet.values.reverse();
  },
  // Stars, asterisks, arrows, ticks, crosses.
  (draw, sheet, width) => {
    const corners = ring(12, draw.between(0, 1), MIDDLE, 60);
    const inner = ring(12, 0, MIDDLE, draw.between(15, 40));
    const star = corners.map((point, i) => (i % 2 === 0 ? point : inner[i]));
    outline(sheet, star, width, draw.chance(0.4));
  },
  (draw, sheet, width) => {
    const ends = ring(2 * draw.of([2, 3, 4]), draw.between(0, 2), MIDDLE, 60);
    for (const end of ends) stroke(sheet, [MIDDLE, end], width);
  },
  (draw, sheet, width) => {
    const tip: Point = [72, 42];
    stroke(sheet, [[12, 42 + draw.between(-6, 6)], tip], width);
    const [back, up] = [draw.between(10, 22), draw.between(8, 22)];
    stroke(sheet, [[72 - back, 42 - up], tip, [72 - back, 42 + up]], width);
  },
  (draw, sheet, width) =>
    stroke(
      sheet,
      [
        [12, draw.between(40, 55)],
        [draw.between(25, 38), 72],
        [72, draw.between(12, 30)],
      ],
      width,
    ),
  // A ring with a cross or a face in it, two rings, a heart.
  (draw, sheet, width) => {
    stroke(sheet, arc(MIDDLE, 60, 60, 0, 4), width);
    if (draw.chance(0.5))
      for (const end of ring(4, draw.between(0, 1), MIDDLE, 60)) stroke(sheet, [MIDDLE, end], width);
    else {
      for (const x of [32, 52]) stroke(sheet, [[x, 34]], width * 1.3);
      stroke(sheet, arc([42, 46], 28, 24, 0.3, 1.7), width);
    }
  },
  (draw, sheet, width) => {
    const size = draw.between(20, 34);
    stroke(sheet, arc([42 - size / 2 - 2, 42], size, size, 0, 4), width);
    stroke(sheet, arc([42 + size / 2 + 2, 42], size, size, 0, 4), width);
  },
  (draw, sheet, width) =>
    outline(
      sheet,
      smooth([
        [42, 26],
        [54, 13],
        [70, 20],
        [68, 42],
        [42, 72],
        [16, 42],
        [14, 20],
        [30, 13],
        [42, 26],
      ]),
      width,
      draw.chance(0.4),
    ),
  // Lines side by side, a grid, dots, a wave, a house.
  (draw, sheet, width) => {
    const count = 2 + draw.below(4);
    for (let i = 0; i < count; i++)
      stroke(
        sheet,
        [
          [14, 16 + (52 * i) / count],
          [70, 16 + (52 * i) / count],
        ],
        width,
      );
    if (draw.chance(0.4))
      for (const x of [26, 42, 58])
        stroke(
          sheet,
          [
            [x, 12],
            [x, 72],
          ],
          width,
        );
  },
  (draw, sheet, width) => {
    for (let i = 2 + draw.below(8); i >= 0; i--) stroke(sheet, [anywhere(draw)], width * draw.between(0.8, 2));
  },
  (draw, sheet, width) =>
    stroke(
      sheet,
      smooth([
        [12, 42],
        [24, 30],
        [36, 46],
        [48, 34],
        [60, 48],
        [72, draw.between(30, 50)],
      ]),
      width,
    ),
  (_, sheet, width) => {
    stroke(
      sheet,
      [
        [20, 72],
        [20, 38],
        [42, 14],
        [64, 38],
        [64, 72],
        [20, 72],
      ],
      width,
    );
    stroke(
      sheet,
      [
        [20, 38],
        [64, 38],
      ],
      width,
    );
  },
  // A lying line.
  (draw, sheet, width) =>
    stroke(
      sheet,
      [
        [12, 42 + draw.between(-9, 9)],
        [72, 42 + draw.between(-9, 9)],
      ],
      width,
    ),
];

function shape(draw: Draw): Grid {
  const sheet = blank();
  draw.of(SHAPES)(draw, sheet, pen(draw));
  const slant = draw.between(-0.2, 0.2);
  return mapped(sheet, { a: draw.between(0.7, 1), b: slant, c: draw.between(-0.15, 0.15), d: draw.between(0.7, 1) });
}

/** Blots, stripes, noise. */
function texture(draw: Draw): Grid {
  const sheet = blank();
  const kind = draw.below(3);
  const [size, slope, share] = [2 + draw.below(6), draw.between(-2, 2), draw.between(0.15, 0.7)];
  const phase = Array.from({ length: SIDE * SIDE }, () => (draw.chance(share) ? 255 : 0));
  sheet.values.forEach((_, cell) => {
    const [x, y] = [cell % SIDE, Math.floor(cell / SIDE)];
    if (x < 12 || y < 12 || x >= 72 || y >= 72) return;
    const stripe = Math.floor((x + slope * y) / size);
    if (kind === 0) sheet.values[cell] = phase[Math.floor(y / size) * SIDE + Math.floor(x / size)];
    else if (kind === 1) sheet.values[cell] = (stripe & 1) === 0 ? 255 : 0;
    else sheet.values[cell] = Math.floor(x / size) % 2 === Math.floor(y / size) % 2 ? 255 : phase[cell] / 3;
  });
  return sheet;
}

/** The families, each as often as it stands here. */
const FAMILIES: readonly ((draw: Draw, sources: Sources) => Grid)[] = [
  aLetter,
  aLetter,
  aLetter,
  aLetter,
  aLetter,
  aLetter,
  aLetter,
  crossedOut,
  crossedOut,
  crossedOut,
  scribble,
  scribble,
  scribble,
  several,
  several,
  flipped,
  flipped,
  shape,
  shape,
  shape,
  halved,
];
/** One in so many is a texture. */
const TEXTURES = 40;

/** A picture of what is no digit. */
export function stranger(draw: Draw, sources: Sources): Grid {
  return draw.below(TEXTURES) === 0 ? texture(draw) : draw.of(FAMILIES)(draw, sources);
}
