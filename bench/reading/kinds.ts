// The kinds of sheets on which reading is measured: each a sheet as people have it, at random strengths within bounds.

import type { Picture } from "ductus/formats";
import {
  between,
  coarse,
  hairlines,
  mapped,
  noisy,
  oneOf,
  paper,
  randomOf,
  ruled,
  scaled,
  strokes,
  thickened,
  written,
} from "./canvas.js";
import { REGISTERS } from "./registers.js";
import {
  bands,
  blank,
  box,
  coloured,
  cut,
  degrees,
  grey,
  INK,
  invert,
  PAPER,
  ruledSheet,
  type Sheet,
  SIDE,
  shadow,
  side,
  squaredSheet,
  tight,
  vignette,
  write,
} from "./sheets.js";

/** Every kind by its name. */
export const KINDS: Readonly<Record<string, Sheet>> = {
  ...REGISTERS,
  // Sheets with nothing but the digit.
  clean: (d, r) => grey(write(blank(), d, r)),
  white: (d, r) => grey(invert(write(blank(), d, r))),
  small: (d, r) => grey(write(blank(), d, r, { size: 34, stray: 100 })),
  "small on a large sheet": (d, r) =>
    grey(write(paper(1100, 800, PAPER), d, r, { size: 70, x: 550, y: 400, stray: 300 })),
  "of 28 pixels": (d) => ({ width: 28, height: 28, channels: 1, depth: 8, data: d }),
  faint: (d, r) => grey(write(blank(235), d, r, { level: 212 })),
  "faint pencil, noise": (d, r) => grey(noisy(write(blank(235), d, r, { level: 200 }), 4, r)),
  hairline: (d) => grey(written(blank(), hairlines(strokes(d, blank(), { size: 210, x: 150, y: 150 }), 1), 60)),
  thick: (d, r) =>
    grey(written(blank(), thickened(strokes(d, blank(), { size: 210, x: 150, y: 150 }), between(r, 3, 6)), INK)),
  noise: (d, r) => grey(noisy(write(blank(230), d, r), 12, r)),
  "strong noise": (d, r) => grey(noisy(write(blank(200), d, r), 28, r)),
  jpeg: (d, r) => grey(coarse(write(blank(), d, r), between(r, 6, 20))),
  "blue ink": (d, r) =>
    coloured(write(blank(255), d, r, { level: 0 }), (v) => [40 + v * 0.8, 60 + v * 0.75, 150 + v * 0.4, 255]),
  "on transparent": (d, r) => coloured(write(blank(255), d, r, { level: 0 }), (v) => [20, 40, 90, 255 - v]),
  "full stop": (d, r) =>
    grey(
      ruled(write(blank(), d, r, { size: 180, x: 130 }), [
        { from: [245, 224], to: [258, 224], thickness: 12, level: INK },
      ]),
    ),
  gradient: (d, r) => grey(mapped(write(blank(), d, r), (v, x) => v * (1 - (0.7 * x) / SIDE))),
  // Ruling.
  "ruled, faint": (d, r) => grey(write(ruledSheet(r, { level: 210 }), d, r)),
  ruled: (d, r) => grey(write(ruledSheet(r, { level: 165 }), d, r)),
  "ruled, dark": (d, r) => grey(write(ruledSheet(r, { level: 100 }), d, r)),
  "ruled, askew": (d, r) => grey(write(ruledSheet(r, { level: 140, skew: 5 }), d, r)),
  "ruled, thick": (d, r) => grey(write(ruledSheet(r, { level: 130, thickness: between(r, 4, 7) }), d, r)),
  "ruled, dashed": (d, r) => grey(write(ruledSheet(r, { level: 120, thickness: 2, dash: between(r, 4, 9) }), d, r)),
  "ruled, blue": (d, r) =>
    coloured(write(ruledSheet(r, { level: 120 }), d, r), (v) => [
      v,
      v < 90 ? v : v * 0.6 + 98,
      v < 90 ? v : v * 0.2 + 196,
      255,
    ]),
  "ruled, noise": (d, r) => grey(noisy(write(ruledSheet(r, { level: 150, skew: 2 }), d, r), 6, r)),
  "ruled, small digit": (d, r) =>
    grey(write(ruledSheet(r, { level: 150, spacing: [40, 55] }), d, r, { size: 60, stray: 70 })),
  "squared, faint": (d, r) => grey(write(squaredSheet(r, { level: 210 }), d, r)),
  squared: (d, r) => grey(write(squaredSheet(r, { level: 165 }), d, r)),
  "squared, dark": (d, r) => grey(write(squaredSheet(r, { level: 100 }), d, r)),
  "squared, askew": (d, r) => grey(write(squaredSheet(r, { level: 140, skew: 5 }), d, r)),
  "squared, blue on blue": (d, r) =>
    coloured(write(squaredSheet(r, { level: 130 }), d, r), (v) => [
      v < 90 ? 30 : v,
      v < 90 ? 50 : v * 0.6 + 98,
      v < 90 ? 150 : 240,
      255,
    ]),
  "squared, fine": (d, r) => grey(write(squaredSheet(r, { level: 150, thickness: 1, spacing: [11, 15] }), d, r)),
  "squared, hairline": (d, r) => {
    const ink = hairlines(strokes(d, blank(), { size: 210, x: 150, y: 150 }), 1.5);
    return grey(written(squaredSheet(r, { level: 190, thickness: 1 }), ink, 50));
  },
  "margin line": (d, r) => {
    const x = between(r, 18, 50);
    const sheet = ruled(blank(), [
      { from: [x, -9], to: [x + between(r, -9, 9), 309], thickness: between(r, 1.5, 4), level: 110 },
    ]);
    return grey(write(sheet, d, r, { size: 190, x: 175 }));
  },
  "margin line, ruled": (d, r) => {
    const x = between(r, 25, 50);
    const sheet = ruled(ruledSheet(r, { level: 170 }), [{ from: [x, -9], to: [x, 309], thickness: 2, level: 120 }]);
    return grey(write(sheet, d, r, { size: 190, x: 175 }));
  },
  underline: (d, r) => {
    const [y, x] = [between(r, 248, 262), between(r, 40, 80)];
    const line = {
      from: [x, y],
      to: [between(r, 220, 260), y + between(r, -8, 8)],
      thickness: between(r, 3, 7),
      level: 50,
    } as const;
    return grey(ruled(write(blank(), d, r, { size: 190, y: 138 }), [line]));
  },
  // Boxes and frames.
  box: (d, r) =>
    grey(ruled(write(blank(), d, r), box(between(r, 115, 135), { thickness: between(r, 2, 5), level: 60 }))),
  "box, grey": (d, r) =>
    grey(ruled(write(blank(), d, r), box(between(r, 115, 135), { thickness: between(r, 2, 5), level: 190 }))),
  "box, askew": (d, r) => {
    const turn = degrees(between(r, -5, 5));
    return grey(
      ruled(write(blank(), d, r), box(between(r, 112, 125), { thickness: between(r, 2, 4), level: 80 }, { turn })),
    );
  },
  "box, small": (d, r) => {
    const [x, y, half] = [between(r, 100, 200), between(r, 100, 200), between(r, 45, 80)];
    const sheet = ruled(blank(), box(half, { thickness: between(r, 1.5, 3), level: 80 }, { x, y }));
    return grey(write(sheet, d, r, { size: half * 1.7, x, y, stray: 2 }));
  },
  "box, touched": (d, r) =>
    grey(
      ruled(write(blank(), d, r, { stray: 2 }), box(between(r, 72, 80), { thickness: between(r, 2, 4), level: 60 })),
    ),
  "box, double": (d, r) => {
    const outer = between(r, 122, 138);
    const line = { thickness: between(r, 1.5, 3), level: 70 };
    return grey(
      ruled(write(blank(), d, r, { size: 190 }), [...box(outer, line), ...box(outer - between(r, 6, 12), line)]),
    );
  },
  "box, rounded": (d, r) =>
    grey(
      ruled(
        write(blank(), d, r, { size: 190 }),
        box(between(r, 110, 130), { thickness: between(r, 2, 4), level: 70 }, { radius: between(r, 10, 35) }),
      ),
    ),
  "frame at the edge": (d, r) =>
    grey(
      bands(
        write(blank(), d, r),
        [0, 1, 2, 3].map((at) => [at, between(r, 1, 4)]),
        between(r, 0, 90),
      ),
    ),
  "edge of one pixel": (d, r) => {
    const sides = oneOf(r, [[0], [3], [1, 2], [0, 3], [0, 1, 2], [0, 1, 2, 3]]);
    return grey(
      bands(
        write(blank(255), d, r),
        sides.map((at) => [at, 1]),
        between(r, 0, 250),
      ),
    );
  },
  "edge of one pixel, small": (d, r) => {
    const sheet = write(paper(120, 120, 255), d, r, { size: 110, x: 60, y: 60, stray: 3 });
    const level = between(r, 0, 250);
    return grey(mapped(sheet, (v, x, y) => (x === 0 || y === 0 || x === 119 || y === 119 ? level : v)));
  },
  "edge half transparent": (d, r) => {
    const [tone, alpha] = [oneOf(r, [0, 0, 128, 255]), between(r, 40, 200)];
    const outer = (at: number) => at === 0 || at === SIDE - 1;
    return coloured(write(blank(255), d, r), (v, x, y) =>
      outer(x) || outer(y) ? [tone, tone, tone, alpha] : [v, v, v, 255],
    );
  },
  // What lies beside the sheet.
  "dark margin": (d, r) => {
    const at = Math.floor(4 * r());
    const [dx, dy] = [
      [0, 25],
      [-25, 0],
      [0, -25],
      [25, 0],
    ][at];
    const sheet = bands(blank(), [[at, between(r, 24, 60)]], between(r, 20, 130));
    return grey(write(sheet, d, r, { size: 180, x: 150 + dx, y: 150 + dy, stray: 4 }));
  },
  "table on two sides": (d, r) => {
    const level = between(r, 40, 130);
    return grey(
      write(
        bands(
          blank(),
          [
            [0, between(r, 20, 50)],
            [3, between(r, 20, 50)],
          ],
          level,
        ),
        d,
        r,
        { size: 180, x: 172, y: 172, stray: 4 },
      ),
    );
  },
  "table on three sides": (d, r) => {
    const level = between(r, 40, 130);
    const sheet = bands(
      blank(),
      [
        [1, between(r, 20, 50)],
        [2, between(r, 20, 50)],
        [3, between(r, 20, 50)],
      ],
      level,
    );
    return grey(noisy(write(sheet, d, r, { size: 170, y: 128, stray: 4 }), 3, r));
  },
  "paper on a table": (d, r) => {
    const turn = degrees(between(r, -15, 15));
    const [half, level] = [between(r, 105, 125), between(r, 50, 150)];
    const sheet = mapped(blank(), (v, x, y) => {
      const [u, w] = [x - 150, y - 150];
      return Math.max(
        Math.abs(Math.cos(turn) * u + Math.sin(turn) * w),
        Math.abs(Math.cos(turn) * w - Math.sin(turn) * u),
      ) < half
        ? v
        : level;
    });
    return grey(noisy(write(sheet, d, r, { size: 160, stray: 10 }), 4, r));
  },
  "light table": (d, r) => {
    const sheet = bands(
      blank(210),
      [
        [0, between(r, 20, 50)],
        [1, between(r, 20, 50)],
      ],
      250,
    );
    return grey(noisy(write(sheet, d, r, { size: 170, x: 125, y: 175, stray: 4 }), 2, r));
  },
  "book edge": (d, r) => {
    const sheet = ruledSheet(r, { level: 150, spacing: [70, 110], skew: 2 }, blank(215));
    const dark = mapped(sheet, (v, x, y) => (x < 32 + 6 * Math.sin(y / 60) ? 30 : v));
    return grey(noisy(write(dark, d, r, { size: between(r, 50, 100), x: 165, stray: 45, level: 70 }), 5, r));
  },
  // Light.
  "shadow edge": (d, r) => grey(shadow(write(blank(), d, r), r, between(r, 0.35, 0.75))),
  "shadow edge, noise": (d, r) => grey(noisy(shadow(write(blank(), d, r), r, between(r, 0.4, 0.75)), 4, r)),
  "shadow edges, two": (d, r) =>
    grey(shadow(shadow(write(blank(), d, r), r, between(r, 0.5, 0.8)), r, between(r, 0.5, 0.8))),
  "shadow, soft": (d, r) => grey(shadow(write(blank(), d, r), r, between(r, 0.35, 0.7), { soft: between(r, 6, 25) })),
  "window's shadow": (d, r) => {
    const angle = degrees(between(r, -20, 20));
    const [u, v] = [side(r, 30, angle), side(r, 30, angle + Math.PI / 2)];
    const width = between(r, 7, 14);
    return grey(
      mapped(write(blank(), d, r), (value, x, y) =>
        Math.abs(u(x, y)) < width || Math.abs(v(x, y)) < width ? 0.65 * value : value,
      ),
    );
  },
  vignette: (d, r) => grey(vignette(write(blank(), d, r), between(r, 0.5, 0.85))),
  "chalk on a blackboard": (d, r) => {
    const ink = strokes(d, blank(), { size: 210, x: 150, y: 150 });
    const contrast = between(r, 90, 150);
    const board = mapped(ink, (share) => 55 + contrast * share);
    return grey(noisy(vignette(shadow(board, r, 0.6, { soft: 60 }), 0.4), 4, r));
  },
  "ruled, shadow edge": (d, r) => grey(shadow(write(ruledSheet(r, { level: 160 }), d, r), r, between(r, 0.5, 0.8))),
  "squared, vignette": (d, r) =>
    grey(noisy(vignette(write(squaredSheet(r, { level: 170, skew: 2 }), d, r), 0.6), 3, r)),
  "box, shadow edge": (d, r) =>
    grey(shadow(ruled(write(blank(), d, r), box(125, { thickness: 3, level: 70 })), r, between(r, 0.5, 0.8))),
  // Small, large and crowded sheets.
  "ruled, 110 pixels": (d, r) => grey(scaled(write(ruledSheet(r, { level: 130, thickness: 3, skew: 2 }), d, r), 0.37)),
  "squared, 150 pixels": (d, r) => grey(scaled(write(squaredSheet(r, { level: 130, thickness: 2 }), d, r), 0.5)),
  "box, 80 pixels": (d, r) =>
    grey(scaled(ruled(write(blank(), d, r, { size: 190 }), box(130, { thickness: 6, level: 60 })), 0.27)),
  "shadow edge, 100 pixels": (d, r) => grey(scaled(shadow(write(blank(), d, r), r, between(r, 0.4, 0.7)), 0.33)),
  "ruled, 1500 pixels": (d, r) =>
    grey(
      noisy(
        scaled(write(ruledSheet(r, { level: 150, thickness: 2, skew: 3 }), d, r, { size: 90, stray: 60 }), 5),
        8,
        r,
      ),
    ),
  "phone photograph": (d, r) => {
    const sheet = scaled(write(blank(215), d, r, { size: between(r, 60, 120), stray: 40, level: 60 }), 3);
    const turn = degrees(between(r, -12, 12));
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const table = between(r, 40, 120);
    const onTable = mapped(sheet, (v, x, y) => {
      const [u, w] = [(x - 450) * cos + (y - 450) * sin, (y - 450) * cos - (x - 450) * sin];
      return Math.abs(u) < 390 && Math.abs(w) < 400 ? v : table;
    });
    const edge = side(r, 60);
    const strength = between(r, 0.5, 0.8);
    const lit = mapped(onTable, (v, x, y) => v * (strength + (1 - strength) / (1 + Math.exp(-edge(x / 3, y / 3) / 3))));
    return grey(noisy(lit, 5, r));
  },
  "field of a form": (d, r) => {
    const sheet = ruled(
      paper(420, 150, 240),
      [0, 1, 2].flatMap((i) => box(62, { thickness: 2.5, level: 90 }, { x: 80 + 124 * i, y: 75 })),
    );
    return grey(noisy(write(sheet, d, r, { size: 105, x: 80 + 124 * Math.floor(3 * r()), y: 75, stray: 3 }), 4, r));
  },
  "chalk, ruled board": (d, r) =>
    grey(invert(noisy(vignette(write(ruledSheet(r, { level: 160 }, blank(205)), d, r, { level: 70 }), 0.2), 3, r))),
  "box, thick": (d, r) =>
    grey(
      ruled(
        write(blank(), d, r, { size: 190 }),
        box(between(r, 112, 130), { thickness: between(r, 6, 11), level: 60 }),
      ),
    ),
  "margins on both sides": (d, r) => {
    const sheet = bands(
      blank(),
      [
        [1, between(r, 20, 45)],
        [3, between(r, 20, 45)],
      ],
      between(r, 20, 160),
    );
    return grey(write(sheet, d, r, { size: 190, stray: 4 }));
  },
  "window on transparent ground": (d, r) => {
    const sheet = write(blank(255), d, r, { size: 180, stray: 4 });
    const half = between(r, 110, 125);
    return coloured(sheet, (v, x, y) => {
      const out = Math.hypot(Math.max(0, Math.abs(x - 150) - half + 8), Math.max(0, Math.abs(y - 150) - half + 8)) - 8;
      return out <= 0 ? [v, v, v, 255] : [0, 0, 0, Math.max(0, 70 - 4 * out)];
    });
  },
  // Cut to the strokes.
  "tight, 16 pixels": (d, r) => tight(d, 16, r),
  "tight, 16 pixels, white": (d, r) => tight(d, 16, r, [0, 255]),
  "tight, 28 pixels": (d, r) => tight(d, 28, r),
  "tight, 100 pixels": (d, r) => tight(d, 100, r),
  "tight, 100 pixels, noise": (d, r) => tight(d, 100, r, [225, 60], 6),
  "tight, 300 pixels": (d, r) => tight(d, 300, r),
  "tight, 300 pixels, white": (d, r) => tight(d, 300, r, [20, 240]),
  "tight, hairline": (d) => {
    const ink = cut(hairlines(strokes(d, blank(), { size: 210, x: 150, y: 150 }), 1.5));
    return grey(mapped(ink, (share) => PAPER + (INK - PAPER) * share));
  },
};

/** The picture of this kind of the digit of this number. */
export function draw(kind: string, digit: Uint8Array, number: number): Picture {
  const seed = Array.from(kind).reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), number * 7919);
  return KINDS[kind](digit, randomOf(seed));
}
