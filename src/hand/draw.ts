// What pictures are made with: random draws of one picture, and smooth curves through points.
// Only additions, multiplications, divisions and square roots, so that every engine makes the same pictures.

import { RandomStream } from "../kernels/reference/random.js";

/** A point: x to the right, y down. */
export type Point = readonly [x: number, y: number];

/** The purpose of the random numbers of made pictures, beside those of kernels/reference/random.ts. */
const MADE = 5;

/** The random draws of one picture: (seed, kind, index) alone decide them. */
export class Draw {
  readonly #stream: RandomStream;

  constructor(seed: number, kind: number, index: number) {
    this.#stream = new RandomStream(seed, MADE, index, kind);
  }

  /** A number between a and b, all of them alike. */
  between(a: number, b: number): number {
    return a + ((this.#stream.nextSigned() + 1) / 2) * (b - a);
  }

  /** A whole number, 0 to n - 1. */
  below(n: number): number {
    return this.#stream.nextBelow(n);
  }

  /** True in a share p of the draws. */
  chance(p: number): boolean {
    return this.between(0, 1) < p;
  }

  /** A number from N(0, 1). */
  normal(): number {
    return this.#stream.nextNormal();
  }

  /** One of these. */
  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)];
  }
}

/** Points on the way from one point of a curve to the next. */
const STEPS = 5;

/** The curve through points: Catmull and Rom, "A class of local interpolating splines", 1974. */
export function smooth(points: readonly Point[]): Point[] {
  if (points.length < 3) return [...points];
  const curve: Point[] = [points[0]];
  for (let i = 0; i + 1 < points.length; i++) {
    const [p, q, r, s] = [points[i - 1] ?? points[i], points[i], points[i + 1], points[i + 2] ?? points[i + 1]];
    for (let step = 1; step <= STEPS; step++) {
      const t = step / STEPS;
      const at = (k: 0 | 1) =>
        0.5 *
        (2 * q[k] +
          t * (r[k] - p[k] + t * (2 * p[k] - 5 * q[k] + 4 * r[k] - s[k] + t * (3 * (q[k] - r[k]) + s[k] - p[k]))));
      curve.push([at(0), at(1)]);
    }
  }
  return curve;
}

/** Points of an arc: from `from` to `to`, in quarters of a turn, clockwise from the right; a whole turn is 4. */
export function arc([x, y]: Point, width: number, height: number, from: number, to: number): Point[] {
  const count = Math.max(2, Math.ceil(6 * Math.abs(to - from)));
  return Array.from({ length: count + 1 }, (_, i) => {
    const [cosine, sine] = direction(from + ((to - from) * i) / count);
    return [x + (width / 2) * cosine, y + (height / 2) * sine];
  });
}

/** Cosine and sine of an angle in quarters of a turn; within a quarter by t = tan(angle / 2), nearly. */
export function direction(quarters: number): Point {
  const whole = Math.floor(quarters + 0.5);
  // tan(pi x / 4) for |x| <= 1/2, to 1e-4.
  const x = quarters - whole;
  const t = x * (0.7853982 + x * x * (0.161491 + x * x * 0.0498));
  const [cosine, sine] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
  const turns: readonly Point[] = [
    [cosine, sine],
    [-sine, cosine],
    [-cosine, -sine],
    [sine, -cosine],
  ];
  return turns[((whole % 4) + 4) % 4];
}
