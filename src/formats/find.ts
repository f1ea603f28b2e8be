// Where the digit is: thresholding, and the connected components that are more than specks.

import { type Grid, quantile, type Region } from "./grid.js";

/**
 * Ink differs from paper by at least this much, in levels of 255, and by this many standard deviations of the noise.
 */
const LEAST = { levels: 4, deviations: 6 };
/** Where a stroke ends: at this share of the strongest ink, or this many standard deviations of the noise. */
const EDGE = { share: 0.1, deviations: 4 };
/** Specks have less than this share of the ink that the largest component has. */
const SPECK = 0.05;
/** The standard deviation of normal noise by its median absolute deviation. */
const DEVIATION = 1.4826;

/** Cells that touch each other, also by a corner. */
interface Component {
  /** The sum of their values. */
  readonly ink: number;
  readonly cells: readonly number[];
}

/**
 * The ink without noise and specks, and its bounding box.
 * @throws {RangeError} if nothing stands out from the paper
 */
export function findDigit(ink: Grid): { digit: Grid; box: Region } {
  const { width, height, values } = ink;
  const components = connectedComponents(ink, threshold(values));
  const least = SPECK * components.reduce((most, { ink }) => Math.max(most, ink), 0);
  const digit = new Float64Array(values.length);
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const { cells } of components.filter(({ ink }) => ink >= least)) {
    for (const cell of cells) {
      const [x, y] = [cell % width, Math.floor(cell / width)];
      digit[cell] = values[cell];
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    }
  }
  return { digit: { width, height, values: digit }, box: { left, top, right, bottom } };
}

/** The least value of a stroke. */
function threshold(values: Float64Array): number {
  // Noise goes both ways, ink one way.
  const noise = values.filter((value) => value <= 0);
  const deviation = -DEVIATION * quantile(noise, 0.5);
  const peak = values.reduce((most, value) => Math.max(most, value), 0);
  if (peak < Math.max(LEAST.levels, LEAST.deviations * deviation)) {
    throw new RangeError(
      "picture: expected a digit in ink that stands out from the paper, got a blank sheet; " +
        "draw with a stronger or wider pen",
    );
  }
  return Math.max(EDGE.share * peak, EDGE.deviations * deviation);
}

/** Those of the cells with at least the value `edge`, by flood fill. */
function connectedComponents({ width, height, values }: Grid, edge: number): Component[] {
  const components: Component[] = [];
  const seen = values.map((value) => (value < edge ? 1 : 0));
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] !== 0) continue;
    const cells = [start];
    seen[start] = 1;
    let ink = 0;
    for (let next = 0; next < cells.length; next++) {
      const [x, y] = [cells[next] % width, Math.floor(cells[next] / width)];
      ink += values[cells[next]];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const cell = v * width + u;
          if (seen[cell] === 0) cells.push(cell);
          seen[cell] = 1;
        }
      }
    }
    components.push({ ink, cells });
  }
  return components;
}
