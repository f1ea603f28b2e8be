// What VP8 predicts of a block from the samples above it and to its left. Source: RFC 6386, section 12.

/** A plane of samples with a border above and to the left, so that every block has neighbours. */
export interface Plane {
  readonly samples: Uint8ClampedArray;
  readonly stride: number;
  /** The place of the first sample within the border. */
  readonly origin: number;
}

/** Modes of whole macroblocks, and the first of 4 x 4 blocks. */
export const [DC, TRUE_MOTION, VERTICAL, HORIZONTAL] = [0, 1, 2, 3];
/** Samples beyond the right that blocks of the last column look at. */
const BEYOND = 4;

/** @param columns and rows of macroblocks @param side samples of a macroblock's side */
export function planeOf(columns: number, rows: number, side: number): Plane {
  const stride = 1 + columns * side + BEYOND;
  const samples = new Uint8ClampedArray(stride * (1 + rows * side)).fill(127, 0, stride);
  for (let y = 1; y <= rows * side; y++) samples[y * stride] = 129;
  return { samples, stride, origin: stride + 1 };
}

/** Predicts a block of side 16 or 8; the first ones of a row and of a column have no neighbours for their mean. */
export function predictWhole(plane: Plane, at: number, side: number, mode: number, left: boolean, above: boolean) {
  const { samples, stride } = plane;
  if (mode === TRUE_MOTION) trueMotion(plane, at, side);
  else if (mode === VERTICAL) {
    for (let y = 0; y < side; y++) samples.copyWithin(at + y * stride, at - stride, at - stride + side);
  } else if (mode === HORIZONTAL) {
    for (let y = 0, row = at; y < side; y++, row += stride) samples.fill(samples[row - 1], row, row + side);
  } else {
    let sum = 0;
    for (let i = 0; i < side; i++) {
      sum += (above ? samples[at - stride + i] : 0) + (left ? samples[at + i * stride - 1] : 0);
    }
    const count = side * (Number(left) + Number(above));
    const mean = count === 0 ? 128 : Math.floor((sum + count / 2) / count);
    for (let y = 0, row = at; y < side; y++, row += stride) samples.fill(mean, row, row + side);
  }
}

function trueMotion({ samples, stride }: Plane, at: number, side: number): void {
  const corner = samples[at - stride - 1];
  for (let y = 0, row = at; y < side; y++, row += stride) {
    const difference = samples[row - 1] - corner;
    for (let x = 0; x < side; x++) samples[row + x] = samples[at - stride + x] + difference;
  }
}

/**
 * The other modes of 4 x 4 blocks: 16 samples each, row by row. The samples around the block are numbered from the
 * lowest on its left, which is there twice, by the corner, 5, to the last above, which is there twice, 14. A number is
 * the mean of that sample and the next one; a number + 16 that of the sample, twice, and of both its neighbours.
 */
const DIRECTIONS = [
  [22, 23, 24, 25, 22, 23, 24, 25, 22, 23, 24, 25, 22, 23, 24, 25],
  [20, 20, 20, 20, 19, 19, 19, 19, 18, 18, 18, 18, 17, 17, 17, 17],
  [21, 22, 23, 24, 20, 21, 22, 23, 19, 20, 21, 22, 18, 19, 20, 21],
  [5, 6, 7, 8, 21, 22, 23, 24, 20, 5, 6, 7, 19, 21, 22, 23],
  [23, 24, 25, 26, 24, 25, 26, 27, 25, 26, 27, 28, 26, 27, 28, 29],
  [6, 7, 8, 9, 23, 24, 25, 26, 7, 8, 9, 27, 24, 25, 26, 28],
  [4, 21, 22, 23, 3, 20, 4, 21, 2, 19, 3, 20, 1, 18, 2, 19],
  [3, 19, 2, 18, 2, 18, 1, 17, 1, 17, 0, 0, 0, 0, 0, 0],
].map((places) => Uint8Array.from(places));
const around = new Uint8Array(15);

/** Predicts a block of 4 x 4. @param right the place of the four samples above and to its right */
export function predictBlock(plane: Plane, at: number, mode: number, right: number): void {
  const { samples, stride } = plane;
  if (mode === TRUE_MOTION) {
    trueMotion(plane, at, 4);
    return;
  }
  for (let i = 0; i < 4; i++) {
    around[4 - i] = samples[at + i * stride - 1];
    around[6 + i] = samples[at - stride + i];
    around[10 + i] = samples[right + i];
  }
  around[0] = around[1];
  around[5] = samples[at - stride - 1];
  around[14] = around[13];
  if (mode === DC) {
    let sum = 4;
    for (let i = 1; i < 5; i++) sum += around[i] + around[5 + i];
    for (let y = 0; y < 4; y++) samples.fill(sum >> 3, at + y * stride, at + y * stride + 4);
    return;
  }
  const places = DIRECTIONS[mode - VERTICAL];
  for (let i = 0; i < 16; i++) {
    const place = places[i] & 15;
    const [here, next] = [around[place], around[place + 1]];
    const mean = places[i] < 16 ? (here + next + 1) >> 1 : (around[place - 1] + 2 * here + next + 2) >> 2;
    samples[at + (i >> 2) * stride + (i & 3)] = mean;
  }
}
