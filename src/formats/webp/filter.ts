// The loop filters of VP8, which smooth the edges of blocks. Source: RFC 6386, section 15.

import type { Plane } from "./predict.js";

/** How an edge is filtered: a threshold of its contrast, of that beside it, and of what is a contrast of its own. */
export interface Strength {
  readonly edge: number;
  readonly inner: number;
  readonly contrast: number;
}

/** @param level 1 to 63 */
export function strengthOf(level: number, sharpness: number): Strength {
  let inner = sharpness === 0 ? level : level >> (sharpness > 4 ? 2 : 1);
  if (sharpness > 0) inner = Math.min(inner, 9 - sharpness);
  inner = Math.max(1, inner);
  return { edge: 2 * level + inner, inner, contrast: level >= 40 ? 2 : level >= 15 ? 1 : 0 };
}

/** A macroblock's edge is filtered more than those within it: by this much of the threshold. */
const OUTER = 4;

/**
 * Filters the edges of one macroblock: its left and upper one unless it is a first one, and those within it.
 * @param side samples of its side in this plane
 * @param simple whether the filter is the simple one
 */
export function filterMacroblock(
  plane: Plane,
  at: number,
  side: number,
  strength: Strength,
  which: { readonly left: boolean; readonly above: boolean; readonly within: boolean; readonly simple: boolean },
): void {
  const { stride } = plane;
  const { edge } = strength;
  const outer = which.simple ? simpleEdge : outerEdge;
  const inner = which.simple ? simpleEdge : innerEdge;
  if (which.left) outer(plane, at, stride, 1, side, edge + OUTER, strength);
  if (which.within) for (let x = 4; x < side; x += 4) inner(plane, at + x, stride, 1, side, edge, strength);
  if (which.above) outer(plane, at, 1, stride, side, edge + OUTER, strength);
  if (which.within) for (let y = 4; y < side; y += 4) inner(plane, at + y * stride, 1, stride, side, edge, strength);
}

/** What a filter takes: the place after the edge, the steps along and across it, and its length and threshold. */
type EdgeFilter = (
  plane: Plane,
  at: number,
  along: number,
  across: number,
  length: number,
  threshold: number,
  strength: Strength,
) => void;

const signed = (value: number) => Math.max(-128, Math.min(127, value));

const simpleEdge: EdgeFilter = ({ samples }, at, along, across, length, threshold) => {
  for (let i = 0; i < length; i++, at += along) {
    if (isEven(samples, at, across, threshold)) two(samples, at, across);
  }
};

const outerEdge: EdgeFilter = ({ samples }, at, along, across, length, threshold, { inner, contrast }) => {
  for (let i = 0; i < length; i++, at += along) {
    if (!isEven(samples, at, across, threshold) || !isSmooth(samples, at, across, inner)) continue;
    if (hasContrast(samples, at, across, contrast)) two(samples, at, across);
    else six(samples, at, across);
  }
};

const innerEdge: EdgeFilter = ({ samples }, at, along, across, length, threshold, { inner, contrast }) => {
  for (let i = 0; i < length; i++, at += along) {
    if (!isEven(samples, at, across, threshold) || !isSmooth(samples, at, across, inner)) continue;
    if (hasContrast(samples, at, across, contrast)) two(samples, at, across);
    else four(samples, at, across);
  }
};

/** Whether the edge is none of the picture itself. */
function isEven(s: Uint8ClampedArray, at: number, step: number, threshold: number): boolean {
  return 4 * Math.abs(s[at] - s[at - step]) + Math.abs(s[at + step] - s[at - 2 * step]) <= 2 * threshold + 1;
}

function isSmooth(s: Uint8ClampedArray, at: number, step: number, inner: number): boolean {
  const before = s[at - 2 * step];
  const after = s[at + step];
  return (
    Math.abs(s[at - step] - before) <= inner &&
    Math.abs(after - s[at]) <= inner &&
    Math.abs(before - s[at - 3 * step]) <= inner &&
    Math.abs(s[at + 2 * step] - after) <= inner &&
    Math.abs(s[at - 3 * step] - s[at - 4 * step]) <= inner &&
    Math.abs(s[at + 3 * step] - s[at + 2 * step]) <= inner
  );
}

function hasContrast(s: Uint8ClampedArray, at: number, step: number, contrast: number): boolean {
  return Math.abs(s[at - 2 * step] - s[at - step]) > contrast || Math.abs(s[at + step] - s[at]) > contrast;
}

/** Changes one sample on each side. */
function two(s: Uint8ClampedArray, at: number, step: number): void {
  const change = 3 * (s[at] - s[at - step]) + signed(s[at - 2 * step] - s[at + step]);
  s[at - step] += signed(change + 3) >> 3;
  s[at] -= signed(change + 4) >> 3;
}

function four(s: Uint8ClampedArray, at: number, step: number): void {
  const change = 3 * (s[at] - s[at - step]);
  const [before, after] = [signed(change + 3) >> 3, signed(change + 4) >> 3];
  const outer = (after + 1) >> 1;
  s[at - 2 * step] += outer;
  s[at - step] += before;
  s[at] -= after;
  s[at + step] -= outer;
}

function six(s: Uint8ClampedArray, at: number, step: number): void {
  const change = signed(3 * (s[at] - s[at - step]) + signed(s[at - 2 * step] - s[at + step]));
  for (let i = 0, weight = 27; i < 3; i++, weight -= 9) {
    const part = (weight * change + 63) >> 7;
    s[at - (i + 1) * step] += part;
    s[at + i * step] -= part;
  }
}
