// The kinds of sheets with several digits on which reading is measured. Rows of digits lie as people write them: a
// gap is between ink and ink, digits dance a little.

import type { Picture } from "ductus/formats";
import {
  between,
  type Canvas,
  coarse,
  mapped,
  noisy,
  paper,
  type Random,
  randomOf,
  ruled,
  scaled,
  strokes,
  written,
} from "./canvas.js";
import { bands, box, coloured, degrees, grey, INK, invert, PAPER } from "./sheets.js";

/** A digit of 28 x 28 levels, and which one it is. */
export interface Digit {
  readonly image: Uint8Array;
  readonly label: number;
}

/** A picture, and what is written on it: numbers parted by spaces, lines by line feeds. */
export interface Page {
  readonly picture: Picture;
  readonly text: string;
}

type Kind = (next: () => Digit, random: Random) => Page;

interface Row {
  readonly x: number;
  readonly y: number;
  /** Of a digit that fills MNIST's 20 x 20 pixels. */
  readonly height: number;
  /** Between ink and ink, in heights; "touching" moves digits together until they do. */
  readonly gap?: number | "touching";
  readonly slope?: number;
  readonly level?: number;
  /** How far digits dance, in heights. */
  readonly dance?: number;
}

/** Columns of ink. */
function span({ image }: Digit): [left: number, right: number] {
  const columns = Array.from({ length: 28 }, (_, x) => x).filter((x) =>
    Array.from({ length: 28 }, (_, y) => image[28 * y + x]).some((level) => level > 127),
  );
  return [columns[0] ?? 10, (columns.at(-1) ?? 17) + 1];
}

/** How near ink of the right digit is to that of the left one, in pixels of 28, if their fields coincide. */
function clearance(left: Digit, right: Digit): number {
  let least = 28;
  for (let y = 0; y < 28; y++) {
    const inked = ({ image }: Digit) => Array.from({ length: 28 }, (_, x) => x).filter((x) => image[28 * y + x] > 127);
    const [a, b] = [inked(left), inked(right)];
    if (a.length > 0 && b.length > 0) least = Math.min(least, b[0] - (a.at(-1) as number) - 1);
  }
  return least;
}

/** Digits in a row from x on, their middles at y; returns the sheet and where the last one ends. */
function row(sheet: Canvas, digits: readonly Digit[], random: Random, place: Row): { sheet: Canvas; end: number } {
  const { x, y, height, gap = 0.25, slope = 0, level = INK, dance = 0.04 } = place;
  const size = 1.4 * height;
  const unit = size / 28;
  let [cursor, centre, result] = [x, 0, sheet];
  digits.forEach((digit, i) => {
    const [left, right] = span(digit);
    if (gap === "touching" && i > 0) centre -= (clearance(digits[i - 1], digit) + between(random, 0, 1.2)) * unit;
    else centre = cursor + (13.5 - left) * unit;
    if (gap !== "touching") centre += between(random, -dance, dance) * height;
    const up = gap === "touching" ? 0 : between(random, -dance, dance) * height;
    result = written(result, strokes(digit.image, sheet, { size, x: centre, y: y + up + slope * (centre - x) }), level);
    cursor = centre + (right - 13.5) * unit + (gap === "touching" ? 0 : gap) * height;
  });
  return { sheet: result, end: cursor };
}

const take = (next: () => Digit, count: number) => Array.from({ length: count }, next);
const textOf = (digits: readonly Digit[]) => digits.map(({ label }) => label).join("");

/** One row of digits on a sheet, which `around` may change. */
function single(
  count: number,
  place: Partial<Row>,
  width: number,
  around = (sheet: Canvas, _random: Random) => sheet,
  height = 160,
) {
  return (next: () => Digit, random: Random) => {
    const digits = take(next, count);
    const base = around(paper(width, height, PAPER), random);
    const { sheet } = row(base, digits, random, { x: 40, y: 80, height: 70, ...place });
    return { sheet, text: textOf(digits) };
  };
}

const plain =
  (make: ReturnType<typeof single>, after = (sheet: Canvas, _random: Random) => sheet): Kind =>
  (next, random) => {
    const { sheet, text } = make(next, random);
    return { picture: grey(after(sheet, random)), text };
  };

const rules = (sheet: Canvas, random: Random, step: number, level: number) => {
  const lean = between(random, -4, 4);
  const lines = [];
  for (let y = step * random(); y < sheet.height + 9; y += step) {
    lines.push({ from: [-9, y], to: [sheet.width + 9, y + lean], thickness: between(random, 1, 2.5), level } as const);
  }
  return ruled(sheet, lines);
};

const squares = (sheet: Canvas, random: Random, step: number, level: number) => {
  const lines = [];
  for (let y = step * random(); y < sheet.height; y += step) {
    lines.push({ from: [-9, y], to: [sheet.width + 9, y], thickness: 1.5, level } as const);
  }
  for (let x = step * random(); x < sheet.width; x += step) {
    lines.push({ from: [x, -9], to: [x, sheet.height + 9], thickness: 1.5, level } as const);
  }
  return ruled(sheet, lines);
};

/** Boxes in a row, a digit in each. */
function boxes(count: number, apart: number, height: number, stray: number): Kind {
  return (next, random) => {
    const digits = take(next, count);
    const [half, top] = [45, 80];
    const pitch = 2 * half + apart;
    const line = { thickness: between(random, 1.5, 3.5), level: between(random, 60, 170) };
    let sheet = paper(pitch * count + 80, 160, PAPER);
    digits.forEach((digit, i) => {
      const x = 40 + half + i * pitch;
      sheet = ruled(sheet, box(half, line, { x, y: top }));
      const at = { size: 1.4 * height, x: x + between(random, -stray, stray), y: top + between(random, -stray, stray) };
      sheet = written(sheet, strokes(digit.image, sheet, at), INK);
    });
    return { picture: grey(noisy(sheet, 2, random)), text: textOf(digits) };
  };
}

/** Rows of numbers; each number of a row has so many digits. */
function rows(counts: readonly (readonly number[])[], place: Partial<Row> & { spacing?: number; space?: number } = {}) {
  return (next: () => Digit, random: Random) => {
    const { height = 50, spacing = 1.7, space = 0.9 } = place;
    const widest = Math.max(...counts.map((numbers) => numbers.reduce((sum, n) => sum + n + 1, 0)));
    let sheet = paper(Math.round(60 + widest * height), Math.round((counts.length + 0.6) * spacing * height), PAPER);
    const lines = counts.map((numbers, i) => {
      let x = 40;
      return numbers
        .map((count) => {
          const digits = take(next, count);
          const written = row(sheet, digits, random, { ...place, height, x, y: (i + 0.8) * spacing * height });
          sheet = written.sheet;
          x = written.end + (space - 0.25) * height;
          return textOf(digits);
        })
        .join(" ");
    });
    return { sheet, text: lines.join("\n") };
  };
}

/** A sheet on a table under a shadow's edge, as a phone sees it, `factor` times as large. */
const photographed =
  (factor: number) =>
  (sheet: Canvas, random: Random): Canvas => {
    const { width, height } = sheet;
    const [edge, strength, table] = [
      between(random, 0.2, 0.8) * width,
      between(random, 0.55, 0.8),
      between(random, 50, 120),
    ];
    const turn = degrees(between(random, -4, 4));
    const margin = 40;
    const around = mapped(paper(width + 2 * margin, height + 2 * margin, table), (value, x, y) => {
      const [dx, dy] = [x - width / 2 - margin, y - height / 2 - margin];
      const u = Math.round(dx * Math.cos(turn) + dy * Math.sin(turn) + width / 2);
      const v = Math.round(dy * Math.cos(turn) - dx * Math.sin(turn) + height / 2);
      const lit = u < 0 || v < 0 || u >= width || v >= height ? value : sheet.values[v * width + u];
      return lit * (strength + (1 - strength) / (1 + Math.exp(-(x - edge + y / 3) / 4)));
    });
    return noisy(scaled(around, factor), 4, random);
  };

/** A table of cells, a digit in each. */
function cells(columns: number, lines: number): Kind {
  return (next, random) => {
    const [wide, high] = [90, 80];
    const line = { thickness: between(random, 1.5, 3), level: between(random, 60, 150) };
    let sheet = paper(columns * wide + 60, lines * high + 60, PAPER);
    for (let i = 0; i <= lines; i++) {
      sheet = ruled(sheet, [{ from: [30, 30 + i * high], to: [30 + columns * wide, 30 + i * high], ...line }]);
    }
    for (let i = 0; i <= columns; i++) {
      sheet = ruled(sheet, [{ from: [30 + i * wide, 30], to: [30 + i * wide, 30 + lines * high], ...line }]);
    }
    const text = Array.from({ length: lines }, (_, j) => {
      const digits = take(next, columns);
      digits.forEach((digit, i) => {
        const [x, y] = [30 + (i + 0.5) * wide, 30 + (j + 0.5) * high];
        const at = { size: 70, x: x + between(random, -9, 9), y: y + between(random, -7, 7) };
        sheet = written(sheet, strokes(digit.image, sheet, at), INK);
      });
      return textOf(digits);
    });
    return { picture: grey(noisy(sheet, 2, random)), text: text.join("\n") };
  };
}

const five = single(5, {}, 480);

/** Every kind by its name. */
export const PAGES: Readonly<Record<string, Kind>> = {
  "two digits": plain(single(2, {}, 240)),
  "two digits, apart": plain(single(2, { gap: 0.6 }, 300)),
  "two digits, small": plain(single(2, {}, 240), (sheet) => scaled(sheet, 0.3)),
  "five in a row": plain(five),
  "five, close": plain(single(5, { gap: 0.06, dance: 0.02 }, 480)),
  "five, noise": plain(five, (sheet, r) =>
    noisy(
      mapped(sheet, (v) => 0.8 * v + 20),
      10,
      r,
    ),
  ),
  "five, jpeg": plain(five, (sheet, r) => coarse(sheet, between(r, 6, 16))),
  "five, faint": plain(single(5, { level: 200 }, 480)),
  "five, chalk": plain(five, (sheet, r) =>
    noisy(
      mapped(invert(sheet), (v) => 40 + 0.7 * v),
      4,
      r,
    ),
  ),
  "five, blue ink": (next, r) => {
    const { sheet, text } = five(next, r);
    return { picture: coloured(sheet, (v) => [40 + v * 0.8, 60 + v * 0.75, 150 + v * 0.4, 255]), text };
  },
  "five, ruled": plain(single(5, {}, 480, (sheet, r) => rules(sheet, r, between(r, 30, 50), 150))),
  "five, squared": plain(single(5, {}, 480, (sheet, r) => squares(sheet, r, between(r, 18, 28), 170))),
  "five, underline": plain(five, (sheet, r) => {
    const y = between(r, 132, 142);
    return ruled(sheet, [{ from: [30, y], to: [430, y + between(r, -6, 6)], thickness: 3, level: 60 }]);
  }),
  "five, table edge": plain(five, (sheet, r) =>
    bands(
      sheet,
      [
        [2, 18],
        [3, 16],
      ],
      between(r, 30, 120),
    ),
  ),
  "five, shadow": plain(five, (sheet, r) => {
    const [at, strength] = [between(r, 100, 380), between(r, 0.45, 0.75)];
    return mapped(sheet, (v, x, y) => v * (strength + (1 - strength) / (1 + Math.exp((x - at + y / 2) / 2))));
  }),
  "five, slanted": (next, r) =>
    plain(single(5, { slope: between(r, -0.2, 0.25), y: 130 }, 480, undefined, 260))(next, r),
  "two, touching": plain(single(2, { gap: "touching" }, 240)),
  "three, touching": plain(single(3, { gap: "touching" }, 300)),
  "five in boxes": boxes(5, 0, 55, 4),
  "five in boxes, apart": boxes(5, 14, 55, 4),
  "five in boxes, large": boxes(5, 0, 72, 5),
  "phone number": plain(rows([[3, 4, 3]])),
  "two lines": plain(rows([[4], [5]])),
  "two lines, slanted": (next, r) => plain(rows([[5], [5]], { slope: between(r, -0.1, 0.15), spacing: 2.4 }))(next, r),
  column: plain(rows([[3], [3], [2], [3], [3]], { spacing: 1.5 })),
  "column, ruled": (next, r) => {
    const { sheet, text } = rows([[3], [3], [2], [3]], { spacing: 1.6, level: INK })(next, r);
    const lines = rules(paper(sheet.width, sheet.height, 255), r, 80, 150);
    return { picture: grey(mapped(sheet, (v, x, y) => Math.min(v, lines.values[y * sheet.width + x]))), text };
  },
  sizes: (next, r) => {
    const [big, small] = [take(next, 3), take(next, 5)];
    let sheet = row(paper(420, 300, PAPER), big, r, { x: 40, y: 90, height: 100 }).sheet;
    sheet = row(sheet, small, r, { x: 60, y: 230, height: 40 }).sheet;
    return { picture: grey(sheet), text: `${textOf(big)}\n${textOf(small)}` };
  },
  "table of cells": cells(4, 3),
  photograph: plain(rows([[5], [4]]), photographed(3)),
  "photograph, ruled": (next, r) => {
    const { sheet, text } = rows([[5], [4]])(next, r);
    const lines = rules(paper(sheet.width, sheet.height, 255), r, 60, 170);
    const both = mapped(sheet, (v, x, y) => Math.min(v, lines.values[y * sheet.width + x]));
    return { picture: grey(photographed(3)(both, r)), text };
  },
  "photograph, 20 digits": plain(rows([[5], [5], [5], [5]], { spacing: 2 }), photographed(8)),
};

/** The page of this kind and number, with digits drawn from `digitAt`. */
export function drawPage(kind: string, digitAt: (index: number) => Digit, number: number): Page {
  const seed = Array.from(kind).reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), number * 7919);
  const random = randomOf(seed);
  return PAGES[kind](() => digitAt(Math.floor(random() * 2 ** 31)), random);
}
