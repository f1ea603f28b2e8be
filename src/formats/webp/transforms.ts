// The transforms of lossless WebP, undone. Source: RFC 9649, section 3.5.

/** A transform of rows of `width` pixels; data are its parameters by block of 2^bits x 2^bits pixels, or a palette. */
export interface Transform {
  readonly kind: "predictor" | "colour" | "green" | "palette";
  readonly width: number;
  /** Of a palette: 2^bits pixels are in one. */
  readonly bits: number;
  readonly data: Uint32Array;
}

/** Pixels before the transform was made; in place, but for a palette. */
export function inverseTransform(transform: Transform, pixels: Uint32Array, height: number): Uint32Array {
  if (transform.kind === "predictor") addPredictions(transform, pixels);
  else if (transform.kind === "colour") addColours(transform, pixels);
  else if (transform.kind === "green") addGreen(pixels);
  else return fromPalette(transform, pixels, height);
  return pixels;
}

/** The logarithm of the number of places that are packed into a pixel. */
export function packedBits(colours: number): number {
  return colours <= 2 ? 3 : colours <= 4 ? 2 : colours <= 16 ? 1 : 0;
}

/** The sum of each of four bytes. */
function add(a: number, b: number): number {
  return (((a & 0xff00ff00) + (b & 0xff00ff00)) & 0xff00ff00) | (((a & 0xff00ff) + (b & 0xff00ff)) & 0xff00ff);
}

function addGreen(pixels: Uint32Array): void {
  for (let i = 0; i < pixels.length; i++) {
    const green = (pixels[i] >> 8) & 0xff;
    pixels[i] = add(pixels[i], (green << 16) | green);
  }
}

function addColours({ width, bits, data }: Transform, pixels: Uint32Array): void {
  const perRow = Math.ceil(width / 2 ** bits);
  const signed = (byte: number) => (byte << 24) >> 24;
  for (let i = 0, x = 0, y = 0; i < pixels.length; i++) {
    const factors = data[(y >> bits) * perRow + (x >> bits)];
    const [pixel, green] = [pixels[i], signed(pixels[i] >> 8)];
    const red = (pixel >> 16) + ((signed(factors) * green) >> 5);
    const blue = pixel + ((signed(factors >> 8) * green) >> 5) + ((signed(factors >> 16) * signed(red)) >> 5);
    pixels[i] = (pixel & 0xff00ff00) | ((red & 0xff) << 16) | (blue & 0xff);
    if (++x === width) [x, y] = [0, y + 1];
  }
}

/** A palette's colours are differences to the one before. */
function fromPalette({ width, bits, data }: Transform, packed: Uint32Array, height: number): Uint32Array {
  const colours = data.slice();
  for (let i = 1; i < colours.length; i++) colours[i] = add(colours[i], colours[i - 1]);
  const [perRow, each] = [Math.ceil(width / 2 ** bits), 8 >> bits];
  const pixels = new Uint32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const places = packed[y * perRow + (x >> bits)] >> 8;
      pixels[i] = colours[(places >> ((x & ((1 << bits) - 1)) * each)) & (2 ** each - 1)] ?? 0;
    }
  }
  return pixels;
}

const OPAQUE = 0xff000000;

function addPredictions({ width, bits, data }: Transform, pixels: Uint32Array): void {
  const perRow = Math.ceil(width / 2 ** bits);
  pixels[0] = add(pixels[0], OPAQUE);
  for (let i = 1, x = 1, y = 0; i < pixels.length; i++, x++) {
    if (x === width) [x, y] = [0, y + 1];
    if (y === 0) pixels[i] = add(pixels[i], pixels[i - 1]);
    else if (x === 0) pixels[i] = add(pixels[i], pixels[i - width]);
    else {
      const mode = (data[(y >> bits) * perRow + (x >> bits)] >> 8) & 15;
      pixels[i] = add(pixels[i], prediction(mode, pixels, i, width));
    }
  }
}

/** From the pixels to the left and above; of the last column, the one to the right above is the first of its row. */
function prediction(mode: number, pixels: Uint32Array, i: number, width: number): number {
  const [left, above] = [pixels[i - 1], pixels[i - width]];
  const [right, corner] = [pixels[i - width + 1], pixels[i - width - 1]];
  switch (mode) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return right;
    case 4:
      return corner;
    case 5:
      return mean(mean(left, right), above);
    case 6:
      return mean(left, corner);
    case 7:
      return mean(left, above);
    case 8:
      return mean(corner, above);
    case 9:
      return mean(above, right);
    case 10:
      return mean(mean(left, corner), mean(above, right));
    case 11:
      return distance(above, corner) < distance(left, corner) ? left : above;
    case 12:
      return eachByte(left, above, corner, (a, b, c) => a + b - c);
    case 13:
      return eachByte(mean(left, above), corner, 0, (a, b) => a + Math.trunc((a - b) / 2));
    default:
      return OPAQUE;
  }
}

/** The mean of each of four bytes, rounded down. */
function mean(a: number, b: number): number {
  return (((a ^ b) & 0xfefefefe) >>> 1) + (a & b);
}

function distance(a: number, b: number): number {
  let sum = 0;
  for (let shift = 0; shift < 32; shift += 8) sum += Math.abs(((a >> shift) & 0xff) - ((b >> shift) & 0xff));
  return sum;
}

/** Of each of four bytes, clamped. */
function eachByte(a: number, b: number, c: number, f: (a: number, b: number, c: number) => number): number {
  let result = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    const value = f((a >> shift) & 0xff, (b >> shift) & 0xff, (c >> shift) & 0xff);
    result |= Math.max(0, Math.min(255, value)) << shift;
  }
  return result;
}
