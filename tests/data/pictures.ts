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
