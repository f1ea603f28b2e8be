// A picture of one handwritten digit in MNIST's form: the digit's bounding box, scaled to fit 20 x 20 pixels with grey
// levels, lies in 28 x 28 so that its centre of mass is at the centre; 0 is paper, 255 ink. Source: LeCun, Cortes,
// Burges, "The MNIST database of handwritten digits".

/** A sheet of pixels, row by row, the samples of a pixel side by side. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Samples a pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; colours are not multiplied by alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Bits a sample: its range is 0 to 255, or 0 to 65535. */
  readonly depth: 8 | 16;
  /** width x height x channels samples: Uint16Array for 16 bits, one of the others for 8. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
}

const FIELD = 28;
const BOX = 20;
/** The middle of pixel 14, counted from 0: there MNIST's images have their centre of mass, to half a pixel. */
const CENTRE = 14.5;
/**
 * The longest side, in cells, of the grid on which a digit is looked for; a cell is the mean of its pixels, which
 * lessens noise.
 */
const CELLS = 512;
/** A digit found on fewer cells than this is looked at again, closer. */
const ENOUGH = 100;
/** The tone of uneven paper is measured in 5 x 5 windows, each of this share of the sheet's width and height. */
const WINDOWS = 5;
const SPAN = 0.5;
/** Paper has about this quantile of a window's values, of which ink is the highest. */
const PAPER = 0.25;
/**
 * Ink differs from paper by at least this much, in levels of 255, and by this many standard deviations of the noise.
 */
const LEAST = { levels: 4, deviations: 6 };
/** Specks have less than this share of the ink that the largest connected piece has. */
const SPECK = 0.05;

/** Where a stroke ends: at this share of the strongest ink, or this many standard deviations of the noise. */
const EDGE = { share: 0.1, deviations: 4 };
/** Strokes narrower than this many pixels are drawn wider, which spreads their ink over at most so many pixels. */
const THIN = { stroke: 1.8, spread: 2.5 };
/** The share of the inked pixels that get 255: in most of MNIST's images it is a quarter or more. */
const FULL = 0.25;

/** One value a cell, row by row. */
interface Grid {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

/** Cells or pixels from left to right - 1 and from top to bottom - 1. */
interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The digit drawn on a sheet of any size, dark on light, light on dark, or in any colour on transparent,
 * as 28 x 28 pixels from 0, paper, to 255, ink.
 * @throws {TypeError} if a member of the picture has the wrong type
 * @throws {RangeError} if sizes are wrong or do not agree, or nothing is drawn
 */
export function toDigit(picture: Picture): Uint8Array {
  check(picture);
  let sheet: Region = { left: 0, top: 0, right: picture.width, bottom: picture.height };
  for (;;) {
    const factor = Math.ceil(Math.max(sheet.right - sheet.left, sheet.bottom - sheet.top) / CELLS);
    const ink = inkOf(tonesOf(picture, sheet, factor));
    const box = isolate(ink);
    const side = Math.max(box.right - box.left, box.bottom - box.top);
    if (factor === 1 || side >= ENOUGH) return place(ink, box);
    const margin = Math.ceil(side / 4);
    const { left, top } = sheet;
    sheet = {
      left: left + Math.max(0, box.left - margin) * factor,
      top: top + Math.max(0, box.top - margin) * factor,
      right: Math.min(sheet.right, left + (box.right + margin) * factor),
      bottom: Math.min(sheet.bottom, top + (box.bottom + margin) * factor),
    };
  }
}

function check({ width, height, channels, depth, data }: Picture): void {
  for (const [name, value] of Object.entries({ width, height, channels, depth })) {
    if (typeof value !== "number") throw new TypeError(`picture ${name}: expected a number, got ${typeof value}`);
  }
  for (const [name, size] of Object.entries({ width, height })) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`picture ${name}: expected a whole number of pixels from 1, got ${size}`);
    }
  }
  if (![1, 2, 3, 4].includes(channels)) {
    throw new RangeError(`picture channels: expected 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA), got ${channels}`);
  }
  if (depth !== 8 && depth !== 16) throw new RangeError(`picture depth: expected 8 or 16 bits, got ${depth}`);
  const types = depth === 8 ? [Uint8Array, Uint8ClampedArray] : [Uint16Array];
  if (!types.some((type) => data instanceof type)) {
    throw new TypeError(`picture data: expected a Uint${depth}Array for depth ${depth}, got another type`);
  }
  const expected = width * height * channels;
  if (data.length !== expected) {
    throw new RangeError(
      `picture data: expected ${width} x ${height} x ${channels} = ${expected} samples, got ${data.length}; give every row whole`,
    );
  }
}

/** The means of factor x factor pixels, 0 to 255, of that channel of the sheet in which there is most to see. */
function tonesOf(picture: Picture, { left, top, right, bottom }: Region, factor: number): Grid {
  const { channels, data } = picture;
  const width = Math.ceil((right - left) / factor);
  const height = Math.ceil((bottom - top) / factor);
  const grid = (): Grid => ({ width, height, values: new Float64Array(width * height) });
  const colours = Array.from({ length: channels < 3 ? 1 : 3 }, grid);
  const opacity = grid();
  const level = picture.depth === 8 ? 1 : 257;
  for (let y = top; y < bottom; y++) {
    let cell = Math.floor((y - top) / factor) * width;
    for (let x = left, i = (y * picture.width + left) * channels; x < right; cell++) {
      for (const end = Math.min(x + factor, right); x < end; x++, i += channels) {
        const alpha = channels % 2 === 0 ? data[i + colours.length] / level : 255;
        for (let c = 0; c < colours.length; c++) colours[c].values[cell] += (data[i + c] / level) * alpha;
        opacity.values[cell] += alpha;
      }
    }
  }
  opacity.values.forEach((sum, cell) => {
    for (const { values } of colours) values[cell] = sum === 0 ? 0 : values[cell] / sum;
    const columns = Math.min(factor, right - left - (cell % width) * factor);
    opacity.values[cell] = sum / columns / Math.min(factor, bottom - top - Math.floor(cell / width) * factor);
  });
  if (vote(opacity).tone < 128) return opacity;
  const strengths = colours.map(({ values }, c) => {
    const paper = vote(colours[c], opacity).tone;
    let strength = 0;
    values.forEach((value, cell) => {
      const difference = ((value - paper) * opacity.values[cell]) / 255;
      values[cell] = paper + difference; // through what is transparent, paper shows
      strength += difference * difference;
    });
    return strength;
  });
  const strongest = Math.max(...strengths);
  // Ink of one colour without paper has its shape in the opacity. The bound is above what rounding makes of one colour.
  return strongest < 1e-6 * width * height ? opacity : colours[strengths.indexOf(strongest)];
}

/**
 * The median tone, in which the border weighs as much as the whole, and the share of tones within LEAST levels of it.
 */
function vote({ width, height, values }: Grid, weights?: Grid): { tone: number; share: number } {
  const votes = new Float64Array(256);
  const sums = new Float64Array(256);
  const border = Math.max(1, 2 * (width + height) - 4);
  values.forEach((value, cell) => {
    const [x, y] = [cell % width, Math.floor(cell / width)];
    const outermost = x === 0 || y === 0 || x === width - 1 || y === height - 1;
    const weight = (1 / values.length + (outermost ? 1 / border : 0)) * (weights?.values[cell] ?? 1);
    votes[Math.round(value)] += weight;
    sums[Math.round(value)] += weight * value;
  });
  const all = votes.reduce((sum, n) => sum + n);
  let [bin, below] = [0, votes[0]];
  while (below < all / 2 && bin < 255) below += votes[++bin];
  const near = votes.subarray(Math.max(0, bin - LEAST.levels), bin + LEAST.levels + 1).reduce((sum, n) => sum + n);
  return { tone: votes[bin] === 0 ? bin : sums[bin] / votes[bin], share: near / all };
}

/** How far each tone is from the paper around it, ink positive. */
function inkOf(tones: Grid): Grid {
  const { tone, share } = vote(tones);
  const even = share > 0.5;
  const flat = even ? tones.values.map((value) => value - tone) : flattened(tones, 0.5);
  // Paper deviates to both sides alike, ink, which is less, far to one.
  const sign = flat.reduce((sum, value) => sum + value * value * value, 0) < 0 ? -1 : 1;
  if (even) return { ...tones, values: flat.map((value) => sign * value) };
  // Now that the side of the ink is known, paper can be told from strokes that fill more than half of a window.
  const ink = flattened({ ...tones, values: tones.values.map((value) => sign * value) }, PAPER);
  const middle = quantile(ink, 0.5);
  return { ...tones, values: ink.map((value) => value - middle) };
}

/** What a surface leaves of the values: a quantile of each window, linear between their centres and beyond. */
function flattened({ width, height, values }: Grid, share: number): Float64Array {
  const step = Math.ceil(Math.max(width, height) / 128);
  const start = (i: number, size: number) => Math.floor((i * size * (1 - SPAN)) / (WINDOWS - 1));
  const papers = Array.from({ length: WINDOWS * WINDOWS }, (_, window) => {
    const [left, top] = [start(window % WINDOWS, width), start(Math.floor(window / WINDOWS), height)];
    const within: number[] = [];
    for (let y = top; y < top + height * SPAN; y += step) {
      for (let x = left; x < left + width * SPAN; x += step) within.push(values[y * width + x]);
    }
    return quantile(within, share);
  });
  const between = (position: number, size: number) => {
    const at = (((position + 0.5) / size - SPAN / 2) * (WINDOWS - 1)) / (1 - SPAN);
    const first = Math.min(Math.max(Math.floor(at), 0), WINDOWS - 2);
    return { first, part: at - first };
  };
  const columns = Array.from({ length: width }, (_, x) => between(x, width));
  const result = values.slice();
  for (let y = 0; y < height; y++) {
    const row = between(y, height);
    const paper = Array.from({ length: WINDOWS }, (_, i) => {
      const window = row.first * WINDOWS + i;
      return papers[window] * (1 - row.part) + papers[window + WINDOWS] * row.part;
    });
    columns.forEach(({ first, part }, x) => {
      result[y * width + x] -= paper[first] * (1 - part) + paper[first + 1] * part;
    });
  }
  return result;
}

function quantile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}

/** Clears all cells but the digit's and returns its bounding box. */
function isolate({ width, height, values }: Grid): Region {
  // Noise goes both ways, ink one way.
  const deviation =
    -1.4826 *
    quantile(
      values.filter((value) => value <= 0),
      0.5,
    );
  const peak = values.reduce((most, value) => Math.max(most, value), 0);
  if (peak < Math.max(LEAST.levels, LEAST.deviations * deviation)) {
    throw new RangeError(
      "picture: expected a digit in ink that stands out from the paper, got a blank sheet; draw with a stronger or wider pen",
    );
  }
  const edge = Math.max(EDGE.share * peak, EDGE.deviations * deviation);
  const pieces: { ink: number; cells: number[] }[] = [];
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
    pieces.push({ ink, cells });
  }
  const least = SPECK * pieces.reduce((most, { ink }) => Math.max(most, ink), 0);
  const digit = new Float64Array(values.length);
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const { cells } of pieces.filter(({ ink }) => ink >= least)) {
    for (const cell of cells) {
      const [x, y] = [cell % width, Math.floor(cell / width)];
      digit[cell] = values[cell];
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    }
  }
  values.set(digit);
  return { left, top, right, bottom };
}

/**
 * The ink in the box, scaled to 20 pixels and moved by whole pixels until its centre of mass is at the centre of the
 * field.
 */
function place({ width, height, values }: Grid, box: Region): Uint8Array {
  const scale = Math.max(box.right - box.left, box.bottom - box.top) / BOX;
  let [mass, atX, atY] = [0, 0, 0];
  values.forEach((value, cell) => {
    mass += value;
    atX += value * ((cell % width) + 0.5 - box.left);
    atY += value * (Math.floor(cell / width) + 0.5 - box.top);
  });
  const offset = (moment: number) => Math.round(CENTRE - moment / mass / scale);
  const [offsetX, offsetY] = [offset(atX), offset(atY)];
  // The mean of the cells within reach: half a cell makes it linear interpolation.
  const sample = (reach: number) =>
    Float64Array.from({ length: FIELD * FIELD }, (_, pixel) => {
      const x = box.left + ((pixel % FIELD) + 0.5 - offsetX) * scale;
      const y = box.top + (Math.floor(pixel / FIELD) + 0.5 - offsetY) * scale;
      let sum = 0;
      for (let v = Math.max(0, Math.floor(y - reach)); v < Math.min(height, y + reach); v++) {
        const rows = Math.min(v + 1, y + reach) - Math.max(v, y - reach);
        for (let u = Math.max(0, Math.floor(x - reach)); u < Math.min(width, x + reach); u++) {
          sum += rows * (Math.min(u + 1, x + reach) - Math.max(u, x - reach)) * values[v * width + u];
        }
      }
      return sum;
    });
  const levels = sample(Math.max(1, scale) / 2);
  const spread = Math.min(1 + 2 * Math.max(0, THIN.stroke - strokeWidth(levels)), THIN.spread);
  const widened = spread > 1 ? sample((spread * Math.max(1, scale)) / 2) : levels;
  const full = quantile(
    widened.filter((level) => level > 0),
    1 - FULL,
  );
  return Uint8Array.from(widened, (level) => Math.min(255, Math.round((255 * level) / full)));
}

/**
 * The mean width of strokes, in pixels: their area by half of their outline, of which steps across and down count 4 /
 * pi of the length.
 */
function strokeWidth(levels: Float64Array): number {
  let [area, outline] = [0, 0];
  levels.forEach((level, pixel) => {
    area += level;
    outline += Math.abs(level - (levels[pixel + 1] ?? 0)) + Math.abs(level - (levels[pixel + FIELD] ?? 0));
  });
  return ((8 / Math.PI) * area) / outline;
}
