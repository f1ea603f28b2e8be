// Data augmentation by fresh distortions of the training images (Simard, Steinkraus, Platt: Best practices for
// convolutional neural networks applied to visual document analysis; ICDAR 2003). The pixel at p, counted from the
// middle of the image, shows the original at
//   A p + t + alpha (g * n)(p),    A = [cos r, -sin r; sin r, cos r] [1 + s_x, h; 0, 1 + s_y]
// with angle r, scales s, shear h and shift t uniform within their bounds, n uniform noise from -1 to 1 for x and for y
// at each pixel, repeated beyond the edges, and g a Gaussian of deviation sigma. Between pixels it is bilinear, and
// outside 0. All of it is a function of (seed, epoch, image).

import { Dataset, Distortion, FLOATS, Image, releaseDistortion } from "./dataset";
import { writeImage } from "./images";
import { allocateBlock, release } from "./memory";
import { shareEnd, shareStart } from "./ownership";
import { DISTORTIONS, nextSigned, nextWord, openStream } from "./random";
import { exp } from "./sigmoid";
import { Row1, Row2 } from "./simd";
import { barrier, threadIndex } from "./team";

/** Images that are distorted together, if mini-batches are smaller: before and after, threads wait for each other. */
const BLOCK: u32 = 128;

/** Where a pixel shows the original, but for the noise. Each thread has its own. */
@unmanaged
class Affine {
  /** A. */
  xx: f32;
  xy: f32;
  yx: f32;
  yy: f32;
  /** The middle of the image, and the same plus t. */
  middleX: f32;
  middleY: f32;
  x0: f32;
  y0: f32;

  /** Draws one from the open random stream. */
  draw(distortion: Distortion): void {
    const shiftX = distortion.shift * nextSigned();
    const shiftY = distortion.shift * nextSigned();
    const angle = distortion.rotation * nextSigned();
    const scaleX = 1 + distortion.scale * nextSigned();
    const scaleY = 1 + distortion.scale * nextSigned();
    const shear = distortion.shear * nextSigned();
    const sine = series(angle, angle * angle, 3);
    const cosine = series(1, angle * angle, 2);
    this.xx = <f32>(cosine * scaleX);
    this.xy = <f32>(cosine * shear - sine * scaleY);
    this.yx = <f32>(sine * scaleX);
    this.yy = <f32>(sine * shear + cosine * scaleY);
    const middleX = <f64>(distortion.columns - 1) / 2;
    const middleY = <f64>(distortion.rows - 1) / 2;
    this.middleX = <f32>middleX;
    this.middleY = <f32>middleY;
    this.x0 = <f32>(middleX + shiftX);
    this.y0 = <f32>(middleY + shiftY);
  }
}

/**
 * From now on distorts the images within these bounds; with all bounds 0 no more. Shift is in pixels, rotation in
 * radians, scale and shear are fractions, alpha and sigma (above 0) are in pixels. Images have rows of `columns`
 * pixels. Returns 1, or 0 if the memory cannot be had.
 */
export function setDistortion(
  dataset: Dataset,
  columns: u32,
  shift: f64,
  rotation: f64,
  scale: f64,
  shear: f64,
  alpha: f64,
  sigma: f64,
): u32 {
  releaseDistortion(dataset);
  if (shift === 0 && rotation === 0 && scale === 0 && shear === 0 && alpha === 0) return 1;
  const radius = alpha === 0 ? 0 : <u32>ceil(3 * sigma);
  const block = allocateBlock(offsetof<Distortion>() + (<u64>radius + 1) * 4);
  if (block === 0) return 0;
  const distortion = changetype<Distortion>(block);
  distortion.columns = columns;
  distortion.rows = dataset.inputs / columns;
  distortion.width = (columns + 3) & ~3;
  distortion.shift = shift;
  distortion.rotation = rotation;
  distortion.scale = scale;
  distortion.shear = shear;
  distortion.amplitude = <f32>(alpha / 127.5);
  distortion.radius = radius;
  distortion.room = 0;
  distortion.samples = 0;
  distortion.threads = 0;
  setGaussian(distortion.gaussian, radius, sigma);
  dataset.distortion = block;
  return 1;
}

/** g_t = e^(-t^2 / (2 sigma^2)) for t = 0..radius, divided by the sum over -radius..radius. */
function setGaussian(gaussian: usize, radius: u32, sigma: f64): void {
  let sum: f64 = 0;
  for (let t: u32 = 0; t <= radius; t++) {
    const exponent = f32x4.splat(<f32>(-(<f64>t * t) / (2 * sigma * sigma)));
    const g = f32x4.extract_lane(exp(exponent), 0);
    store<f32>(gaussian + (t << 2), g);
    sum += t === 0 ? g : 2 * <f64>g;
  }
  for (let t: u32 = 0; t <= radius; t++) {
    const g = gaussian + (t << 2);
    store<f32>(g, <f32>(load<f32>(g) / sum));
  }
}

/**
 * Makes room for the distorted images of mini-batches of m samples, and for `threads` threads. Returns 1, or 0 if the
 * memory cannot be had.
 */
export function reserveDistorted(dataset: Dataset, m: u32, threads: u32): u32 {
  if (dataset.distortion === 0) return 1;
  const distortion = changetype<Distortion>(dataset.distortion);
  const batches = batchesTogether(m);
  if (batches * m <= distortion.samples && threads <= distortion.threads) return 1;
  const samples = max(batches * m, distortion.samples);
  threads = max(threads, distortion.threads);
  const rows = <u64>distortion.rows;
  const columns = <u64>distortion.columns;
  const width = <u64>distortion.width;
  const extra = <u64>distortion.radius * 2;
  // A record may be f32[inputs]. Whole vectors are written to it: up to 12 bytes past its end.
  const recordBytes = offsetof<Image>() + (rows * columns + 4) * 4;
  const original = (rows + 3) * (columns + 3);
  const noise = (rows + extra) * width;
  const smoothed = rows * (width + extra);
  const threadBytes = offsetof<Affine>() + (original + noise + smoothed + 2 * rows * width + 8) * 4;
  const room = allocateBlock(samples * (4 + recordBytes) + threads * threadBytes);
  if (room === 0) return 0;
  release(distortion.room);
  distortion.room = room;
  distortion.samples = samples;
  distortion.threads = threads;
  distortion.recordBytes = <u32>recordBytes;
  distortion.threadBytes = <u32>threadBytes;
  // Nothing else ever writes to the frames of zeros around the originals.
  memory.fill(distortion.record(samples), 0, <usize>(threads * threadBytes));
  return 1;
}

/** How many mini-batches of m samples are distorted together. */
export function batchesTogether(m: u32): u32 {
  return max(1, BLOCK / m);
}

/**
 * Distorts `count` images (u32[count] addresses) with all threads of the team. Returns the addresses of the new images,
 * which last until the next call, or 0 if the team was aborted.
 */
export function distortImages(dataset: Dataset, images: usize, count: u32): usize {
  const distortion = changetype<Distortion>(dataset.distortion);
  // Another thread may still be training on those before.
  if (!barrier()) return 0;
  const end = shareEnd(count);
  for (let s = shareStart(count); s < end; s++) {
    const record = distortion.record(s);
    const image = Image.at(images, s);
    distortImage(distortion, dataset, image, image.index, changetype<Image>(record));
    store<u32>(distortion.room + (s << 2), <u32>record);
  }
  return barrier() ? distortion.room : 0;
}

/**
 * Distorts image i as training with this seed distorts image `number` in this epoch. Returns the address of u8[inputs],
 * or of f32[inputs] if the image was added as such, which lasts until the next call. Room must have been reserved.
 */
export function distortedImage(dataset: Dataset, i: u32, number: u32, seed: u32, epoch: u32): usize {
  const distortion = changetype<Distortion>(dataset.distortion);
  dataset.seed = seed;
  dataset.epoch = epoch;
  const image = Image.at(dataset.images, i);
  return distortImage(distortion, dataset, image, number, changetype<Image>(distortion.record(0)));
}

/** Returns the address of the new pixels. */
function distortImage(distortion: Distortion, dataset: Dataset, image: Image, number: u32, distorted: Image): usize {
  const planeBytes = (<usize>distortion.rows * distortion.width) << 2;
  const room = distortion.record(distortion.samples) + <usize>(threadIndex() * distortion.threadBytes);
  const affine = changetype<Affine>(room);
  const original = room + offsetof<Affine>();
  const displacements = original + ((<usize>(distortion.rows + 3) * (distortion.columns + 3)) << 2);
  const noise = displacements + 2 * planeBytes;
  openStream(dataset.seed, DISTORTIONS, number, dataset.epoch, 0, 0);
  affine.draw(distortion);
  if (distortion.radius !== 0) {
    displace(distortion, noise, displacements);
    displace(distortion, noise, displacements + planeBytes);
  }
  copyOriginal(image, distortion, original);
  const floats = image.length === FLOATS;
  const pixels = floats ? distorted.entries : noise; // the noise is not needed any more
  sample(distortion, affine, original, displacements, floats, pixels);
  distorted.label = image.label;
  distorted.index = number;
  if (floats) distorted.length = FLOATS;
  else writeImage(changetype<usize>(distorted), pixels, dataset.inputs);
  return pixels;
}

/** first - first x^2 / (n (n - 1)) + ...: sin x from x and 3, cos x from 1 and 2. */
function series(first: f64, square: f64, n: f64): f64 {
  let sum = first;
  for (; n < 23; n += 2) {
    first *= -square / (n * (n - 1));
    sum += first;
  }
  return sum;
}

/** The pixels, bytes as they are, in a frame of zeros that bilinear sampling reads: one before and two after. */
function copyOriginal(image: Image, distortion: Distortion, original: usize): void {
  const columns = distortion.columns;
  const stride = (<usize>(columns + 3)) << 2;
  const corner = original + stride + 4;
  for (let r: u32 = 0; r < distortion.rows; r++) {
    const row = corner + <usize>r * stride;
    if (image.length === FLOATS) memory.copy(row, image.entries + ((<usize>r * columns) << 2), columns << 2);
    else memory.fill(row, 0, columns << 2);
  }
  if (image.length === FLOATS) return;
  const end = image.end;
  let k: u32 = 0;
  let row = corner;
  for (let entry = image.entries; entry < end; entry += 2) {
    k += load<u8>(entry, 1);
    for (; k >= columns; k -= columns) row += stride;
    store<f32>(row + (k << 2), <f32>load<u8>(entry));
  }
}

/** alpha (g * n) for one direction: f32[rows][width]. */
function displace(distortion: Distortion, noise: usize, displacements: usize): void {
  const rows = distortion.rows;
  const columns = distortion.columns;
  const radius = distortion.radius;
  const gaussian = distortion.gaussian;
  const amplitude = distortion.amplitude;
  const stride = (<usize>distortion.width) << 2;
  const margin = <usize>radius * stride;
  const first = noise + margin;
  const last = first + <usize>rows * stride;
  for (let row = first; row < last; row += stride) {
    for (let n = row; n < row + stride; n += 16) {
      const bytes = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(nextWord())));
      const signed = f32x4.sub(f32x4.convert_i32x4_u(bytes), f32x4.splat(127.5));
      v128.store(n, f32x4.mul(signed, f32x4.splat(amplitude)));
    }
  }
  const height = last - first;
  for (let row = first - stride; row >= noise; row -= stride) memory.copy(row, row + height, stride);
  for (let row = last; row < last + margin; row += stride) memory.copy(row, row - height, stride);
  // First down the columns, into rows that are extended at both ends; then along these rows.
  let row = last + margin + ((<usize>radius) << 2);
  for (let source = first; source < last; source += stride) {
    smooth(gaussian, radius, source, stride, row, stride);
    for (let i: u32 = 1; i <= radius; i++) store<f32>(row - (i << 2), load<f32>(row + ((columns - i) << 2)));
    for (let i = columns; i < columns + radius; i++) store<f32>(row + (i << 2), load<f32>(row + ((i - columns) << 2)));
    smooth(gaussian, radius, row, 4, displacements, stride);
    displacements += stride;
    row += stride + ((<usize>radius) << 3);
  }
}

/** g_0 x_0 + sum over t of g_t (x_-t + x_t), by ascending t, for a row of x whose neighbours are `step` bytes apart. */
function smooth(gaussian: usize, radius: u32, x: usize, step: usize, sums: usize, rowBytes: usize): void {
  const last = gaussian + (radius << 2);
  const end = x + rowBytes;
  // Two vectors at a time share the loop's own work.
  for (; x + 16 < end; x += 32, sums += 32) smoothed<Row2>(gaussian, last, x, step, sums);
  if (x < end) smoothed<Row1>(gaussian, last, x, step, sums);
}

/** The sums of a row of one or two vectors. */
function smoothed<Row>(gaussian: usize, last: usize, x: usize, step: usize, sums: usize): void {
  let g = v128.load32_splat(gaussian);
  let sum0 = f32x4.mul(g, v128.load(x));
  let sum1 = offsetof<Row>() > 16 ? f32x4.mul(g, v128.load(x, 16)) : sum0;
  let before = x;
  let after = x;
  for (let t = gaussian; t < last; ) {
    t += 4;
    before -= step;
    after += step;
    g = v128.load32_splat(t);
    sum0 = f32x4.add(sum0, f32x4.mul(g, f32x4.add(v128.load(before), v128.load(after))));
    if (offsetof<Row>() > 16) {
      sum1 = f32x4.add(sum1, f32x4.mul(g, f32x4.add(v128.load(before, 16), v128.load(after, 16))));
    }
  }
  if (offsetof<Row>() > 16) v128.store(sums, sum1, 16);
  v128.store(sums, sum0);
}

/** The distorted image from the original: f32[inputs], or nearest bytes; up to 3 more are written. */
function sample(
  distortion: Distortion,
  affine: Affine,
  original: usize,
  displacements: usize,
  floats: bool,
  out: usize,
): void {
  const rows = distortion.rows;
  const columns = distortion.columns;
  const stride = distortion.width;
  const framed = columns + 3;
  const lowest = f32x4.splat(-1);
  const right = f32x4.splat(<f32>columns);
  const bottom = f32x4.splat(<f32>rows);
  const yOffset = (<usize>rows * stride) << 2;
  // Read once: the compiler cannot know that no pixel is written over them.
  const xx = f32x4.splat(affine.xx);
  const yx = f32x4.splat(affine.yx);
  const middleX = f32x4.splat(affine.middleX);
  for (let r: u32 = 0; r < rows; r++) {
    const dr = <f32>r - affine.middleY;
    const rowX = f32x4.splat(affine.xy * dr + affine.x0);
    const rowY = f32x4.splat(affine.yy * dr + affine.y0);
    for (let c: u32 = 0; c < columns; c += 4) {
      const dc = f32x4.sub(f32x4.convert_i32x4_u(i32x4.add(i32x4.splat(c), i32x4(0, 1, 2, 3))), middleX);
      const d = displacements + ((<usize>r * stride + c) << 2);
      let x = f32x4.add(f32x4.add(f32x4.mul(xx, dc), rowX), v128.load(d));
      let y = f32x4.add(f32x4.add(f32x4.mul(yx, dc), rowY), v128.load(d + yOffset));
      x = f32x4.pmin(f32x4.pmax(x, lowest), right);
      y = f32x4.pmin(f32x4.pmax(y, lowest), bottom);
      const left = f32x4.floor(x);
      const top = f32x4.floor(y);
      x = f32x4.sub(x, left);
      y = f32x4.sub(y, top);
      // Counted from -1, where the frame begins.
      const cells = i32x4.add(
        i32x4.mul(i32x4.trunc_sat_f32x4_s(f32x4.sub(top, lowest)), i32x4.splat(framed)),
        i32x4.trunc_sat_f32x4_s(f32x4.sub(left, lowest)),
      );
      const p0 = original + ((<usize>i32x4.extract_lane(cells, 0)) << 2);
      const p1 = original + ((<usize>i32x4.extract_lane(cells, 1)) << 2);
      const p2 = original + ((<usize>i32x4.extract_lane(cells, 2)) << 2);
      const p3 = original + ((<usize>i32x4.extract_lane(cells, 3)) << 2);
      const below = (<usize>framed) << 2;
      const upper = between(pair(p0, p1), pair(p2, p3), x);
      const lower = between(pair(p0 + below, p1 + below), pair(p2 + below, p3 + below), x);
      const value = f32x4.add(upper, f32x4.mul(y, f32x4.sub(lower, upper)));
      const k = <usize>r * columns + c;
      if (floats) v128.store(out + (k << 2), value);
      else {
        const whole = i32x4.trunc_sat_f32x4_u(f32x4.nearest(value));
        const half = i16x8.narrow_i32x4_u(whole, whole);
        v128.store32_lane(out + k, i8x16.narrow_i16x8_u(half, half), 0);
      }
    }
  }
}

/** Two pixels at a and their right neighbours at b, as [a, a + 1, b, b + 1]. */
function pair(a: usize, b: usize): v128 {
  return v128.load64_lane(b, v128.load64_zero(a), 1);
}

/** From four pixels and their right neighbours, as two pairs: left + x (right - left). */
function between(first: v128, second: v128, x: v128): v128 {
  const left = v128.shuffle<f32>(first, second, 0, 2, 4, 6);
  const right = v128.shuffle<f32>(first, second, 1, 3, 5, 7);
  return f32x4.add(left, f32x4.mul(x, f32x4.sub(right, left)));
}
