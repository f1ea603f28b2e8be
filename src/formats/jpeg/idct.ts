// The inverse discrete cosine transform of 8 x 8 coefficients: whole, or of the lowest 4 x 4, 2 x 2 or 1 x 1 alone,
// which gives the picture at a half, a quarter or an eighth of its size.
// Source: C. Loeffler, A. Ligtenberg, G. Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", 1989,
// in the whole numbers of the Independent JPEG Group's jidctint.c, so that a grey picture has the pixels that browsers
// make of it.

/** Bits behind the binary point: of the constants, and of what the first pass leaves. */
const POINT = 13;
const KEPT = 2;
const workspace = new Int32Array(64);

/** Writes size x size samples, 0 to 255, from dequantised coefficients, row by row. size is 1, 2, 4 or 8. */
export function inverseDct(block: Int32Array, size: number, out: Uint8ClampedArray, at: number, stride: number): void {
  if (size === 8) inverse8(block, out, at, stride);
  else if (size === 4) inverse4(block, out, at, stride);
  else if (size === 2) inverse2(block, out, at, stride);
  else out[at] = 128 + block[0] / 8;
}

function inverse8(block: Int32Array, out: Uint8ClampedArray, at: number, stride: number): void {
  for (let column = 0; column < 8; column++) transform(block, column, 8, POINT - KEPT);
  for (let row = 0; row < 8; row++, at += stride) {
    transform(workspace, 8 * row, 1, POINT + KEPT + 3);
    for (let x = 0; x < 8; x++) out[at + x] = 128 + workspace[8 * row + x];
  }
}

/** 8 values at first, first + step, ...: into the workspace, at the same places, without `shift` bits. */
function transform(from: Int32Array, first: number, step: number, shift: number): void {
  const half = 1 << (shift - 1);
  const [a0, a4] = [from[first], from[first + 4 * step]];
  const [a2, a6] = [from[first + 2 * step], from[first + 6 * step]];
  const even = (a2 + a6) * 4433;
  const [e2, e3] = [even - a6 * 15137, even + a2 * 6270];
  const [e0, e1] = [(a0 + a4) * 8192 + half, (a0 - a4) * 8192 + half];
  const [o0, o1] = [from[first + 7 * step], from[first + 5 * step]];
  const [o2, o3] = [from[first + 3 * step], from[first + step]];
  const z5 = (o0 + o2 + o1 + o3) * 9633;
  const [z1, z2] = [(o0 + o3) * -7373, (o1 + o2) * -20995];
  const [z3, z4] = [(o0 + o2) * -16069 + z5, (o1 + o3) * -3196 + z5];
  const [p0, p1] = [o0 * 2446 + z1 + z3, o1 * 16819 + z2 + z4];
  const [p2, p3] = [o2 * 25172 + z2 + z3, o3 * 12299 + z1 + z4];
  workspace[first] = (e0 + e3 + p3) >> shift;
  workspace[first + step] = (e1 + e2 + p2) >> shift;
  workspace[first + 2 * step] = (e1 - e2 + p1) >> shift;
  workspace[first + 3 * step] = (e0 - e3 + p0) >> shift;
  workspace[first + 4 * step] = (e0 - e3 - p0) >> shift;
  workspace[first + 5 * step] = (e1 - e2 - p1) >> shift;
  workspace[first + 6 * step] = (e1 + e2 - p2) >> shift;
  workspace[first + 7 * step] = (e0 + e3 - p3) >> shift;
}

/** Cosines of pi / 8 and 3 pi / 8, half of each; half the square root of a half. */
const [COS1, COS3, ROOT] = [0.46193976625564337, 0.1913417161825449, 0.35355339059327373];
const columns4 = new Float64Array(16);

function inverse4(block: Int32Array, out: Uint8ClampedArray, at: number, stride: number): void {
  for (let x = 0; x < 4; x++) {
    const even = block[x] * ROOT;
    const odd = block[x + 16] * ROOT;
    const outer = block[x + 8] * COS1 + block[x + 24] * COS3;
    const inner = block[x + 8] * COS3 - block[x + 24] * COS1;
    columns4[x] = even + odd + outer;
    columns4[x + 4] = even - odd + inner;
    columns4[x + 8] = even - odd - inner;
    columns4[x + 12] = even + odd - outer;
  }
  for (let y = 0; y < 16; y += 4, at += stride) {
    const even = columns4[y] * ROOT + 128;
    const odd = columns4[y + 2] * ROOT;
    const outer = columns4[y + 1] * COS1 + columns4[y + 3] * COS3;
    const inner = columns4[y + 1] * COS3 - columns4[y + 3] * COS1;
    out[at] = even + odd + outer;
    out[at + 1] = even - odd + inner;
    out[at + 2] = even - odd - inner;
    out[at + 3] = even + odd - outer;
  }
}

function inverse2(block: Int32Array, out: Uint8ClampedArray, at: number, stride: number): void {
  const [sum, difference] = [(block[0] + block[8]) / 8, (block[0] - block[8]) / 8];
  const [right, below] = [(block[1] + block[9]) / 8, (block[1] - block[9]) / 8];
  out[at] = 128 + sum + right;
  out[at + 1] = 128 + sum - right;
  out[at + stride] = 128 + difference + below;
  out[at + stride + 1] = 128 + difference - below;
}
