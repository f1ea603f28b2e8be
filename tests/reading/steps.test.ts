// Each step from a picture to its digit, on small sheets whose answer is plain.

import { describe, expect, test } from "vitest";
import { findDigit, type Picture, toDigit } from "../../src/formats/index.js";
import { fromClosing, isInkLight, REACH, smoothed } from "../../src/reading/closing.js";
import { type Grid, hull, quantile, transposed } from "../../src/reading/grid.js";
import { withoutLines } from "../../src/reading/lines.js";
import { split } from "../../src/reading/otsu.js";
import { fromTone, paperTone } from "../../src/reading/paper.js";
import { countGroups, digitPieces, framesOf, piecesOf } from "../../src/reading/pieces.js";
import { fromTightPaper } from "../../src/reading/tight.js";
import { tonesOf } from "../../src/reading/tones.js";
import { opaqueSheet, withoutOutline } from "../../src/reading/trim.js";

type Level = (x: number, y: number) => number;

function grid(width: number, height: number, level: Level): Grid {
  const values = Float64Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width)));
  return { width, height, values };
}

function sheet(width: number, height: number, level: Level): Picture {
  return { width, height, channels: 1, depth: 8, data: Uint8Array.from(grid(width, height, level).values) };
}

const within = (left: number, top: number, right: number, bottom: number) => (x: number, y: number) =>
  x >= left && x < right && y >= top && y < bottom;

/** An upright stroke with a foot, 4 wide, in the middle of a sheet of 100. */
const stem = within(40, 20, 44, 80);
const foot = within(44, 76, 65, 80);
const digit: Level = (x, y) => (stem(x, y) || foot(x, y) ? 200 : 0);
const boxes = (ink: Grid) => digitPieces(piecesOf(ink, 20), ink).map(({ box }) => box);
const DIGIT = { left: 40, top: 20, right: 65, bottom: 80 };

describe("values", () => {
  test("a quantile is the value at its place in order", () => {
    const values = Float64Array.from({ length: 1001 }, (_, i) => (i * 7919) % 1001);
    for (const share of [0, 0.25, 0.5, 0.75, 1]) expect(quantile(values, share)).toBe(Math.floor(1000 * share));
    expect(quantile([], 0.5)).toBe(0);
    expect(quantile([3, 3, 3], 0.5)).toBe(3);
  });

  test("transposing twice is nothing", () => {
    const sheet = grid(7, 5, (x, y) => 10 * y + x);
    expect(transposed(sheet)).toEqual(grid(5, 7, (x, y) => 10 * x + y));
    expect(transposed(transposed(sheet))).toEqual(sheet);
  });

  test("two kinds are parted between them, noise hardly", () => {
    const two = split(Float64Array.from({ length: 1000 }, (_, i) => (i % 5 === 0 ? 40 : 240) + (i % 7)));
    expect(two.threshold).toBeGreaterThan(46);
    expect(two.threshold).toBeLessThanOrEqual(240);
    expect(two.separability).toBeGreaterThan(0.95);
    expect(split(Float64Array.from({ length: 1000 }, (_, i) => i)).separability).toBeLessThan(0.76);
    expect(split([5, 5, 5]).separability).toBe(0);
  });
});

describe("tones", () => {
  test("are means of cells, those at the end too", () => {
    const { tones } = tonesOf(
      sheet(5, 3, (x) => 10 * x),
      { left: 0, top: 0, right: 5, bottom: 3 },
      2,
    );
    expect(tones).toEqual(grid(3, 2, (x) => [5, 25, 40][x]));
  });

  test("are of the channel in which most is seen", () => {
    const data = Uint8Array.from({ length: 300 }, (_, i) => (i % 3 === 2 && Math.floor(i / 3) === 44 ? 0 : 255));
    const picture: Picture = { width: 10, height: 10, channels: 3, depth: 8, data };
    expect(tonesOf(picture, { left: 0, top: 0, right: 10, bottom: 10 }, 1).tones.values[44]).toBe(0);
  });
});

describe("trim", () => {
  test.each([
    ["none", () => false, { left: 0, top: 0, right: 100, bottom: 100 }],
    ["at the left", (x: number) => x === 0, { left: 1, top: 0, right: 100, bottom: 100 }],
    ["two rows at the bottom", (_: number, y: number) => y > 97, { left: 0, top: 0, right: 100, bottom: 98 }],
    ["all around", (x: number, y: number) => !within(1, 1, 99, 99)(x, y), { left: 1, top: 1, right: 99, bottom: 99 }],
  ])("an outline: %s", (_, outer, inside) => {
    for (const tone of [0, 128, 200, 235]) {
      expect(withoutOutline(grid(100, 100, (x, y) => (outer(x, y) ? tone : 250 - digit(x, y))))).toEqual(inside);
    }
  });

  test("no outline where a stroke runs along the side", () => {
    const thick = grid(100, 100, (_, y) => (y < 12 ? 0 : 255));
    expect(withoutOutline(thick)).toEqual({ left: 0, top: 0, right: 100, bottom: 100 });
  });

  test("an opaque sheet on transparent ground, if there is something on it", () => {
    const opacity = grid(100, 100, (x, y) => (within(20, 20, 80, 90)(x, y) ? 255 : 0));
    expect(opaqueSheet(opacity, [grid(100, 100, digit)])).toEqual({ left: 23, top: 23, right: 77, bottom: 87 });
    expect(opaqueSheet(opacity, [grid(100, 100, () => 90)])).toBeUndefined();
  });
});

describe("paper", () => {
  test("is even where most tones are the same", () => {
    const { tone, even } = paperTone(grid(100, 100, (x, y) => 240 - digit(x, y)));
    expect(tone).toBeCloseTo(240, 6);
    expect(even).toBe(true);
    expect(paperTone(grid(100, 100, (x) => x)).even).toBe(false);
  });

  test("differs from ink, dark or light, by positive values", () => {
    const expected = grid(100, 100, digit);
    const positive = ({ values }: Grid) => values.map((value) => value + 0); // 0 for -0
    expect(
      positive(
        fromTone(
          grid(100, 100, (x, y) => 240 - digit(x, y)),
          240,
        ),
      ),
    ).toEqual(expected.values);
    expect(
      positive(
        fromTone(
          grid(100, 100, (x, y) => 20 + digit(x, y)),
          20,
        ),
      ),
    ).toEqual(expected.values);
  });

  const closed = (tones: Grid) => fromClosing(smoothed(tones), isInkLight(tones), REACH);

  test("a closing keeps steps, so that only strokes are ink, as much in a shadow as in the light", () => {
    const light: Level = (x) => (x < 42 ? 1 : 0.5);
    const { ink } = closed(grid(100, 100, (x, y) => (stem(x, y) || foot(x, y) ? 50 : 250) * light(x, y)));
    const at = (x: number, y: number) => ink.values[100 * y + x];
    expect(at(10, 50)).toBeCloseTo(0, 6);
    expect(at(80, 50)).toBeCloseTo(0, 6);
    expect(at(46, 40)).toBeLessThan(5); // beside the step
    expect(at(55, 78)).toBeGreaterThan(150);
    expect(at(41, 40)).toBeGreaterThan(150);
  });

  test("a closing sees light ink on dark paper", () => {
    const { ink } = closed(grid(100, 100, (x, y) => 40 + x / 2 + digit(x, y) / 2));
    expect(ink.values[100 * 50 + 41]).toBeGreaterThan(50);
    expect(ink.values[100 * 50 + 80]).toBeLessThan(10);
  });

  test("around a digit cut to its strokes is the tone that is no stroke", () => {
    const cross = (x: number, y: number) => Math.abs(x - y) < 9 || Math.abs(x + y - 80) < 9;
    for (const [paper, ink] of [
      [240, 30],
      [10, 250],
    ]) {
      const tight = fromTightPaper(grid(81, 81, (x, y) => (cross(x, y) ? ink : paper)));
      expect(tight?.values[40 * 81 + 40]).toBe(Math.abs(paper - ink));
      expect(tight?.values[40 * 81]).toBe(0);
    }
    const halves = grid(81, 81, (x, y) => (x + y < 80 ? 240 : 120));
    expect(fromTightPaper(halves)).toBeUndefined();
  });

  test.each([
    ["strokes", 30, true],
    ["a square larger than strokes are wide", 45, false],
  ])("what touches all four sides is a digit cut to its strokes if it has %s", (_, half, isDigit) => {
    const arms = (x: number, y: number) => Math.abs(x - 100) < 8 || Math.abs(y - 50) < 8;
    const square = (x: number, y: number) => Math.max(Math.abs(x - 100), Math.abs(y - 50)) < half;
    const tight = fromTightPaper(grid(201, 201, (x, y) => (arms(x, y) || square(x, y) ? 30 : 240)));
    expect(tight !== undefined).toBe(isDigit);
  });
});

describe("lines", () => {
  const ruled = (lines: (x: number, y: number) => boolean) =>
    grid(100, 100, (x, y) => (lines(x, y) ? 90 : digit(x, y)));

  test("without lines ink stays as it is", () => {
    const ink = grid(100, 100, digit);
    const { ink: clean, ruling } = withoutLines(ink, 20);
    expect(clean).toBe(ink);
    expect(ruling).toEqual({ across: [], down: [] });
  });

  test.each([0, 0.05, -0.08])(
    "of slope %f from edge to edge are erased, strokes stay whole where they cross",
    (slope) => {
      const ink = ruled((x, y) => !stem(x, y) && [30, 60, 90].some((at) => Math.abs(y - at - slope * x) < 0.75));
      const { ink: clean, ruling } = withoutLines(ink, 20);
      expect(ruling.across.length).toBe(3);
      expect(ruling.across.every((line) => Math.abs(line.slope - slope) < 0.03)).toBe(true);
      for (let y = 20; y < 80; y++) expect(clean.values[100 * y + 41]).toBe(200);
      expect(boxes(clean)).toEqual([DIGIT]);
    },
  );

  test("of squares leave nothing where they meet", () => {
    const ink = ruled((x, y) => digit(x, y) === 0 && (x % 17 < 2 || y % 17 < 2));
    expect(boxes(withoutLines(ink, 20).ink)).toEqual([DIGIT]);
  });

  test("of a box that a digit touches are erased, an underline of the same length is not", () => {
    const side = (x: number, y: number) => within(15, 15, 85, 85)(x, y) && !within(17, 17, 83, 83)(x, y);
    const tall = within(40, 16, 44, 70);
    const box = grid(100, 100, (x, y) => (tall(x, y) ? 200 : side(x, y) ? 90 : 0));
    const { ink, ruling } = withoutLines(box, 20);
    expect([ruling.across.length, ruling.down.length]).toEqual([2, 2]);
    expect(boxes(ink).length).toBe(1);
    expect(withoutLines(ruled(within(15, 85, 85, 87)), 20).ruling).toEqual({ across: [], down: [] });
  });

  test("are strokes if a digit fills its sheet", () => {
    const seven = grid(100, 100, (x, y) => (y < 3 || Math.abs(x - 97 + y / 2) < 2 ? 200 : 0));
    expect(withoutLines(seven, 20).ruling.across).toEqual([]);
  });
});

describe("pieces", () => {
  test("are connected over corners", () => {
    const pieces = piecesOf(
      grid(10, 10, (x, y) => (x === y || (x === 9 && y === 0) ? 50 : 0)),
      20,
    );
    expect(pieces.map(({ cells, ink, contact }) => [cells.length, ink, contact])).toEqual(
      [
        [1, 50, 1],
        [10, 500, 2],
      ].reverse(),
    );
  });

  const ring = (half: number, round: boolean) => (x: number, y: number) => {
    const [u, v] = [Math.abs(x - 50), Math.abs(y - 50)];
    const distance = round ? Math.hypot(u, v) : Math.max(u, v);
    return distance <= half && distance > half - 3;
  };

  test("frames are told from zeros", () => {
    const dot = within(40, 40, 60, 60);
    const found = (round: boolean) => {
      const ink = grid(100, 100, (x, y) => (ring(45, round)(x, y) || dot(x, y) ? 200 : 0));
      return framesOf(piecesOf(ink, 20), ink).length;
    };
    expect(found(false)).toBe(1);
    expect(found(true)).toBe(0);
    const empty = grid(100, 100, (x, y) => (ring(45, false)(x, y) ? 200 : 0));
    expect(framesOf(piecesOf(empty, 20), empty)).toEqual([]);
  });

  test.each<[string, (x: number, y: number) => boolean]>([
    ["a table at the left", (x) => x < 15],
    ["a table on two sides", (x, y) => x < 12 || y > 90],
    ["a dark corner", (x, y) => x + y < 25],
    ["a speck", within(80, 40, 83, 43)],
    ["a rule under it", within(30, 90, 75, 93)],
    ["a rule beside it", within(80, 5, 83, 95)],
  ])("%s is none of the digit's", (_, other) => {
    expect(boxes(grid(100, 100, (x, y) => (other(x, y) ? 220 : digit(x, y))))).toEqual([DIGIT]);
  });

  test("a digit that touches the border stays if there is nothing else", () => {
    expect(boxes(grid(100, 100, (x, y) => digit(x + 40, y)))).toEqual([{ ...DIGIT, left: 0, right: 25 }]);
  });

  test("a digit in two pieces has both", () => {
    const bar = within(45, 20, 65, 24);
    expect(hull(boxes(grid(100, 100, (x, y) => (bar(x, y) ? 200 : digit(x, y - 6)))))).toEqual({
      ...DIGIT,
      bottom: 86,
    });
  });

  test("side by side and of like height are digits of their own", () => {
    const pieces = (level: Level) => piecesOf(grid(100, 100, level), 20);
    expect(countGroups(pieces(digit))).toBe(1);
    expect(countGroups(pieces((x, y) => digit(x + 25, y) + digit(x - 25, y)))).toBe(2);
    expect(countGroups(pieces((x, y) => (within(70, 70, 78, 80)(x, y) ? 200 : digit(x, y))))).toBe(1);
  });
});

describe("what is found", () => {
  test("is in the picture's pixels, on sheets that are looked at twice, too", () => {
    const line = (x: number, y: number) => y % 300 < 6 && !stem((x - 1000) / 4, (y - 800) / 4);
    const large = sheet(2400, 1800, (x, y) => (line(x, y) ? 160 : 250 - digit((x - 1000) / 4, (y - 800) / 4)));
    const found = findDigit(large);
    expect(found.pixels).toEqual(toDigit(large));
    expect(found.digits).toBe(1);
    expect(found.lines.length).toBeGreaterThan(0);
    const { left, top, right, bottom } = found.box;
    const expected = [1160, 880, 1260, 1120];
    for (const [i, edge] of [left, top, right, bottom].entries()) expect(Math.abs(edge - expected[i])).toBeLessThan(12);
    expect(hull(found.pieces)).toEqual(found.box);
  });

  test("says how paper was seen, and lines where they were", () => {
    const plain = findDigit(sheet(100, 100, (x, y) => 240 - digit(x, y)));
    expect([plain.paper, plain.lines, plain.box]).toEqual(["tone", [], DIGIT]);
    expect(plain.threshold).toBeCloseTo(20, 6);
    const shaded = findDigit(sheet(100, 100, (x, y) => (x + y < 90 ? 1 : 0.6) * (240 - digit(x, y))));
    expect(shaded.paper).toBe("closing");
    const [line] = findDigit(sheet(100, 100, (x, y) => (y === 10 ? 150 : 240 - digit(x, y)))).lines;
    expect(line.from[0]).toBe(0);
    expect(line.to[0]).toBe(100);
    for (const [, y] of [line.from, line.to]) expect(Math.abs(y - 10)).toBeLessThan(1);
  });
});
