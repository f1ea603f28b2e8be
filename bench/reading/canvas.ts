// What sheets are drawn with: digits of MNIST as strokes of any size, lines, light, and what cameras and files do.
// Everything follows from a seed.

/** Uniform numbers from 0 to 1. */
export type Random = () => number;

/** Levels of light, 0 to 255, or shares of ink, 0 to 1, row by row. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Mulberry32, public domain, by Tommy Ettinger. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const between = (random: Random, low: number, high: number) => low + (high - low) * random();
export const oneOf = <T>(random: Random, choices: readonly T[]): T => choices[Math.floor(random() * choices.length)];

export function paper(width: number, height: number, level: number): Canvas {
  return { width, height, values: new Float32Array(width * height).fill(level) };
}

/** Every value as a function of its place. */
export function mapped(canvas: Canvas, change: (value: number, x: number, y: number) => number): Canvas {
  const { width } = canvas;
  return { ...canvas, values: canvas.values.map((value, i) => change(value, i % width, Math.floor(i / width))) };
}

/**
 * The ink of 28 x 28 levels drawn as a field of `size` pixels about a centre, turned by an angle, edges one pixel
 * soft.
 */
export function strokes(
  digit: Uint8Array,
  { width, height }: Canvas,
  { size, x, y, turn = 0 }: { size: number; x: number; y: number; turn?: number },
): Canvas {
  const at = (u: number, v: number) => (u < 0 || v < 0 || u > 27 || v > 27 ? 0 : digit[28 * v + u] / 255);
  const scale = 28 / size;
  const [cos, sin] = [Math.cos(turn) * scale, Math.sin(turn) * scale];
  // Levels around one half become an edge about one pixel wide, however large the digit is.
  const soft = Math.min(1, 2.5 * scale);
  return mapped(paper(width, height, 0), (_, column, row) => {
    const [dx, dy] = [column + 0.5 - x, row + 0.5 - y];
    const [u, v] = [cos * dx + sin * dy + 13.5, cos * dy - sin * dx + 13.5];
    if (u < -1 || v < -1 || u > 28 || v > 28) return 0;
    const [a, b] = [Math.floor(u), Math.floor(v)];
    const level = (w: number) => at(a, w) * (a + 1 - u) + at(a + 1, w) * (u - a);
    const ink = level(b) * (b + 1 - v) + level(b + 1) * (v - b);
    return Math.min(1, Math.max(0, (ink - 0.5) / soft + 0.5));
  });
}

/**
 * Strokes as hairlines: thinned by Zhang and Suen's algorithm, CACM 27(3), 1984, then drawn `radius` pixels to both
 * sides.
 */
export function hairlines(ink: Canvas, radius: number): Canvas {
  const { width, height } = ink;
  const mask = Uint8Array.from(ink.values, (value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return value > 0.5 && x > 0 && y > 0 && x < width - 1 && y < height - 1 ? 1 : 0;
  });
  const ring = [-width, 1 - width, 1, width + 1, width, width - 1, -1, -width - 1];
  let cells = Array.from(mask.keys()).filter((cell) => mask[cell] === 1);
  for (let before = cells.length + 1; cells.length < before; ) {
    before = cells.length;
    for (const pass of [0, 1]) {
      const gone = cells.filter((cell) => {
        const n = ring.map((step) => mask[cell + step]);
        const count = n.reduce((sum, value) => sum + value, 0);
        const steps = n.filter((value, i) => value === 0 && n[(i + 1) % 8] === 1).length;
        if (count < 2 || count > 6 || steps !== 1) return false;
        return pass === 0 ? !(n[2] && n[4] && (n[0] || n[6])) : !(n[0] && n[6] && (n[2] || n[4]));
      });
      for (const cell of gone) mask[cell] = 0;
      cells = cells.filter((cell) => mask[cell] === 1);
    }
  }
  return thickened({ ...ink, values: Float32Array.from(mask) }, radius);
}

/** Strokes wider by `radius` pixels on both sides. */
export function thickened(ink: Canvas, radius: number): Canvas {
  const { width, height, values } = ink;
  const out = new Float32Array(values.length);
  const reach = Math.ceil(radius);
  for (let cell = 0; cell < values.length; cell++) {
    if (values[cell] === 0) continue;
    const [x, y] = [cell % width, Math.floor(cell / width)];
    for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++) {
      for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u++) {
        if ((u - x) ** 2 + (v - y) ** 2 > radius ** 2) continue;
        out[v * width + u] = Math.max(out[v * width + u], values[cell]);
      }
    }
  }
  return { width, height, values: out };
}

/** Ink of this level on paper; never lighter than what it covers. */
export function written(sheet: Canvas, ink: Canvas, level: number): Canvas {
  return mapped(sheet, (value, x, y) => {
    const share = ink.values[y * sheet.width + x];
    return value * (1 - share) + Math.min(value, level) * share;
  });
}

/** A straight line, edges one pixel soft; `dash` leaves out every other stretch of so many pixels. */
export interface Stroke {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly thickness: number;
  readonly level: number;
  readonly dash?: number;
}

export function ruled(sheet: Canvas, lines: readonly Stroke[]): Canvas {
  const { width, height } = sheet;
  const values = sheet.values.slice();
  for (const { from, to, thickness, level, dash } of lines) {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const [dx, dy] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
    const reach = thickness / 2 + 1;
    const [left, right] = [Math.min(from[0], to[0]) - reach, Math.max(from[0], to[0]) + reach];
    const [top, bottom] = [Math.min(from[1], to[1]) - reach, Math.max(from[1], to[1]) + reach];
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, bottom); y++) {
      for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, right); x++) {
        const [px, py] = [x + 0.5 - from[0], y + 0.5 - from[1]];
        const along = px * dx + py * dy;
        if (along < 0 || along > length || (dash !== undefined && Math.floor(along / dash) % 2 === 1)) continue;
        const share = Math.min(1, Math.max(0, thickness / 2 + 0.5 - Math.abs(py * dx - px * dy)));
        const cell = y * width + x;
        values[cell] = Math.min(values[cell], values[cell] * (1 - share) + level * share);
      }
    }
  }
  return { width, height, values };
}

/** Noise of about normal distribution, of this deviation. */
export function noisy(sheet: Canvas, deviation: number, random: Random): Canvas {
  return mapped(sheet, (value) => value + deviation * Math.sqrt(3) * (random() + random() + random() + random() - 2));
}

/**
 * What JPEG does at a low quality: the cosine transform of each 8 x 8 block, rounded to multiples that grow with
 * frequency.
 */
export function coarse(sheet: Canvas, step: number): Canvas {
  const { width, height } = sheet;
  const values = sheet.values.slice();
  const basis = Array.from({ length: 64 }, (_, i) => {
    const [k, n] = [i >> 3, i & 7];
    return Math.cos((Math.PI * (2 * n + 1) * k) / 16) * (k === 0 ? Math.SQRT1_2 : 1) * 0.5;
  });
  const transform = (block: Float64Array, at: (k: number, n: number) => number) => {
    const out = new Float64Array(64);
    for (let k = 0; k < 8; k++) {
      for (let column = 0; column < 8; column++) {
        let sum = 0;
        for (let n = 0; n < 8; n++) sum += at(k, n) * block[n * 8 + column];
        out[column * 8 + k] = sum; // transposed, so that the second pass takes the other direction
      }
    }
    return out;
  };
  for (let top = 0; top + 8 <= height; top += 8) {
    for (let left = 0; left + 8 <= width; left += 8) {
      const cells = Array.from({ length: 64 }, (_, i) => (top + (i >> 3)) * width + left + (i & 7));
      let block = Float64Array.from(cells, (cell) => values[cell]);
      for (let pass = 0; pass < 2; pass++) block = transform(block, (k, n) => basis[k * 8 + n]);
      block = block.map((value, i) => {
        const unit = step * (1 + (i >> 3) + (i & 7));
        return Math.round(value / unit) * unit;
      });
      for (let pass = 0; pass < 2; pass++) block = transform(block, (k, n) => basis[n * 8 + k]);
      for (const [i, cell] of cells.entries()) values[cell] = block[i];
    }
  }
  return { width, height, values };
}

/** The part within a region, in pixels. */
export function cropped(sheet: Canvas, left: number, top: number, right: number, bottom: number): Canvas {
  return mapped(paper(right - left, bottom - top, 0), (_, x, y) => sheet.values[(top + y) * sheet.width + left + x]);
}

/** The same sheet with `factor` times as many pixels a side: means of areas, or linear between pixels. */
export function scaled(sheet: Canvas, factor: number): Canvas {
  const [width, height] = [Math.round(sheet.width * factor), Math.round(sheet.height * factor)];
  const taps = Math.max(1, Math.round(2 / factor));
  const at = (x: number, y: number) =>
    sheet.values[Math.min(sheet.height - 1, Math.max(0, y)) * sheet.width + Math.min(sheet.width - 1, Math.max(0, x))];
  const linear = (u: number, v: number) => {
    const [a, b] = [Math.floor(u), Math.floor(v)];
    const row = (y: number) => at(a, y) * (a + 1 - u) + at(a + 1, y) * (u - a);
    return row(b) * (b + 1 - v) + row(b + 1) * (v - b);
  };
  return mapped(paper(width, height, 0), (_, x, y) => {
    let sum = 0;
    for (let i = 0; i < taps * taps; i++) {
      const [dx, dy] = [((i % taps) + 0.5) / taps, (Math.floor(i / taps) + 0.5) / taps];
      sum += linear((x + dx) / factor - 0.5, (y + dy) / factor - 0.5);
    }
    return sum / taps ** 2;
  });
}

/** Levels of 8 bits. */
export function levelsOf({ values }: Canvas): Uint8Array {
  return Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value))));
}
