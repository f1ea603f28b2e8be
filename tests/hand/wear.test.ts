// What pens, paper and scanners do to a sheet, on strokes whose measures are known.

import { expect, test } from "vitest";
import { BOX, blank, boxOf, enlarged, mapped, SIDE, stroke, toImage } from "../../src/hand/canvas.js";
import { Draw } from "../../src/hand/draw.js";
import { blurred, onFewPixels, penOf, widened, withHoles, withNoise } from "../../src/hand/wear.js";
import type { Grid } from "../../src/reading/grid.js";

const PEN = 8;
/** An upright stroke. */
function line(pen = PEN): Grid {
  const sheet = blank();
  stroke(
    sheet,
    [
      [42, 14],
      [42, 70],
    ],
    pen,
  );
  return sheet;
}
const massOf = ({ values }: Grid) => values.reduce((sum, value) => sum + value, 0);
const widthOf = (sheet: Grid) => {
  const box = boxOf(sheet);
  return box === undefined ? 0 : box.right - box.left;
};

test("the width of a pen is found to a cell", () => {
  for (const pen of [4, 6, 8, 12, 16]) expect(Math.abs(penOf(line(pen)) - pen)).toBeLessThan(1.3);
  expect(penOf(blank())).toBe(0);
});

test.each([-2, -1, 1, 3])("strokes get wider by %d cells on each side", (by) => {
  expect(Math.abs(penOf(widened(line(), by)) - (PEN + 2 * by))).toBeLessThan(1.3);
});

test("blur keeps the ink, and spreads it", () => {
  const soft = blurred(line(), 2);
  expect(massOf(soft) / massOf(line())).toBeCloseTo(1, 6);
  expect(widthOf(soft)).toBeGreaterThan(widthOf(line()));
  expect(Math.max(...soft.values)).toBeLessThanOrEqual(255 + 1e-9);
});

test("holes and noise take ink away, never put any", () => {
  for (let i = 0; i < 20; i++) {
    for (const worn of [withHoles(line(), new Draw(1, 0, i)), withNoise(line(), new Draw(1, 0, i))]) {
      expect(massOf(worn)).toBeLessThan(massOf(line()));
      expect(massOf(worn)).toBeGreaterThan(0.3 * massOf(line()));
      expect(worn.values.every((value, cell) => value <= line().values[cell])).toBe(true);
    }
  }
});

test("few pixels are squares of one of 17 levels", () => {
  const sides = new Set<number>();
  for (let i = 0; i < 40; i++) {
    const few = onFewPixels(line(20), new Draw(1, 0, i));
    const box = boxOf(few);
    expect(box).toBeDefined();
    if (box === undefined) return;
    expect(Math.max(box.right - box.left, box.bottom - box.top)).toBeLessThanOrEqual(BOX);
    for (const value of few.values) expect(Number.isInteger((16 * value) / 255)).toBe(true);
    sides.add(box.right - box.left);
  }
  // In their own proportions, and stretched to a square.
  expect(sides.size).toBeGreaterThan(3);
  expect(onFewPixels(blank(), new Draw(1, 0, 0)).values.every((value) => value === 0)).toBe(true);
});

test("an image enlarged and brought back into MNIST's form is nearly what it was", () => {
  const image = toImage(line());
  const again = toImage(enlarged(image));
  const difference = again.reduce((sum, value, pixel) => sum + Math.abs(value - image[pixel]), 0);
  expect(difference / image.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.5);
  expect(toImage(blank()).every((value) => value === 0)).toBe(true);
});

test("a map turns a standing stroke into a lying one, and fits the sheet", () => {
  const lying = boxOf(mapped(line(), { a: 0, b: 1, c: -1, d: 0 }));
  expect(lying).toBeDefined();
  if (lying === undefined) return;
  expect(lying.right - lying.left).toBeGreaterThan(3 * (lying.bottom - lying.top));
  const large = boxOf(mapped(line(), { a: 3, b: 0, c: 0, d: 3 }));
  expect(large).toMatchObject({ top: expect.any(Number) });
  expect((large?.bottom ?? SIDE) - (large?.top ?? 0)).toBeLessThan(SIDE);
});
