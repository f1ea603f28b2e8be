// Data files of pictures that are made for tests.

/** An IDX file of images. */
export function idxFile(pixels: Uint8Array, rows: number, columns: number): Uint8Array {
  const bytes = new Uint8Array(16 + pixels.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x803);
  for (const [i, n] of [pixels.length / rows / columns, rows, columns].entries()) view.setUint32(4 + 4 * i, n);
  bytes.set(pixels, 16);
  return bytes;
}

/** The levels of a digit of MNIST, 28 x 28. */
export type Digit = Uint8Array;

const SIDE = 28;

/**
 * A digit on a sheet of other size: its bounding box scaled to `side` pixels, at a place from 0, the left or top edge,
 * to 1, the other one.
 */
export function placed(digit: Digit, columns: number, rows: number, side: number, x: number, y: number): Digit {
  const ink = [...digit.keys()].filter((i) => digit[i] > 30);
  const across = ink.map((i) => i % SIDE);
  const down = ink.map((i) => Math.floor(i / SIDE));
  const [left, right] = [Math.min(...across), Math.max(...across) + 1];
  const [top, bottom] = [Math.min(...down), Math.max(...down) + 1];
  const scale = Math.max(right - left, bottom - top) / side;
  const [width, height] = [(right - left) / scale, (bottom - top) / scale];
  const [fromX, fromY] = [(columns - width) * x, (rows - height) * y];
  const level = (u: number, v: number) => {
    if (u < 0 || v < 0 || u >= width || v >= height) return 0;
    return digit[Math.floor(top + v * scale) * SIDE + Math.floor(left + u * scale)];
  };
  return Uint8Array.from({ length: rows * columns }, (_, i) => {
    const [u, v] = [(i % columns) - fromX, Math.floor(i / columns) - fromY];
    const sum = [0.25, 0.75].flatMap((a) => [0.25, 0.75].map((b) => level(u + a, v + b))).reduce((a, b) => a + b);
    return Math.round(sum / 4);
  });
}

/** Each pixel k times in both directions. */
export function enlarged(pixels: Uint8Array, columns: number, k: number): Uint8Array {
  const width = columns * k;
  return Uint8Array.from({ length: pixels.length * k * k }, (_, i) => {
    return pixels[Math.floor(Math.floor(i / width) / k) * columns + Math.floor((i % width) / k)];
  });
}

/** Rows and columns swapped. */
export function swapped(pixels: Uint8Array, rows: number, columns: number): Uint8Array {
  return Uint8Array.from(pixels, (_, i) => pixels[(i % rows) * columns + Math.floor(i / rows)]);
}
