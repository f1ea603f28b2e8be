// Lossy WebP: a key frame of VP8. Source: RFC 6386, "VP8 Data Format and Decoding Guide".

import type { BoolDecoder } from "./bool.js";
import { addInverseDct, inverseWalshHadamard, readBlock } from "./coefficients.js";
import { filterMacroblock, strengthOf } from "./filter.js";
import { type Header, headerOf } from "./header.js";
import { DC, HORIZONTAL, type Plane, planeOf, predictBlock, predictWhole, TRUE_MOTION, VERTICAL } from "./predict.js";
import { MODES } from "./tables.js";

/** Luma, and two planes of colours at half its resolution. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly planes: readonly [Plane, Plane, Plane];
}

/** The tree by which the mode of a 4 x 4 block is coded: numbers of nodes, or -1 - mode. */
const MODE_TREE = [-1, 1, -2, 2, -3, 3, 4, 6, -4, 5, -5, -6, -7, 7, -8, 8, -9, -10];
/** What is known of the blocks above and to the left, for a macroblock: 4 of luma, 2 and 2 of colours, and one more. */
const [LUMA, COLOUR, SECOND, KNOWN] = [0, 4, 8, 9];
/** Types of blocks: luma after its DC, DC of luma, colours, luma with DC. */
const [AFTER_DC, OF_DC, OF_COLOUR, WITH_DC] = [0, 1, 2, 3];

/** What is decoded of a frame so far. */
interface State {
  readonly header: Header;
  readonly planes: Frame["planes"];
  readonly columns: number;
  readonly rows: number;
  /** Modes of the 4 x 4 blocks above and to the left; whether blocks there have coefficients. */
  readonly modesAbove: Uint8Array;
  readonly modesLeft: Uint8Array;
  readonly above: Uint8Array;
  readonly left: Uint8Array;
  /** Of a macroblock: its 16 + 4 + 4 blocks' coefficients, those of DC, and the modes of its blocks. */
  readonly coefficients: Int32Array;
  readonly second: Int32Array;
  readonly modes: Uint8Array;
  /** Of each macroblock: the level of its filter, + 64 if the edges within it are filtered. */
  readonly levels: Uint8Array;
}

/** @throws {Error} if the data are no whole key frame */
export function decodeVp8(data: Uint8Array): Frame {
  const header = headerOf(data);
  const [columns, rows] = [Math.ceil(header.width / 16), Math.ceil(header.height / 16)];
  const planes = [planeOf(columns, rows, 16), planeOf(columns, rows, 8), planeOf(columns, rows, 8)] as const;
  const state: State = {
    ...{ header, planes, columns, rows },
    modesAbove: new Uint8Array(4 * columns),
    modesLeft: new Uint8Array(4),
    above: new Uint8Array(KNOWN * columns),
    left: new Uint8Array(KNOWN),
    coefficients: new Int32Array(24 * 16),
    second: new Int32Array(16),
    modes: new Uint8Array(16),
    levels: new Uint8Array(columns * rows),
  };
  for (let row = 0; row < rows; row++) {
    const bits = header.coefficients[row % header.coefficients.length];
    state.left.fill(0);
    state.modesLeft.fill(DC);
    for (let column = 0; column < columns; column++) decodeMacroblock(state, bits, row, column);
    if (bits.isOver || header.modes.isOver) throw new Error("too few bits in a frame (file truncated?)");
  }
  filterAll(state);
  return { width: header.width, height: header.height, planes };
}

function decodeMacroblock(state: State, bits: BoolDecoder, row: number, column: number): void {
  const { header, coefficients, levels, columns } = state;
  const { modes: decoder, segments } = header;
  const segment = header.mapped
    ? decoder.bit(segments[0]) === 0
      ? decoder.bit(segments[1])
      : 2 + decoder.bit(segments[2])
    : 0;
  const skipped = header.skip > 0 && decoder.bit(header.skip) === 1;
  const whole = decoder.bit(145) === 1;
  const mode = whole ? wholeMode(state, column) : blockModes(state, column);
  const colourMode =
    decoder.bit(142) === 0 ? DC : decoder.bit(114) === 0 ? VERTICAL : decoder.bit(183) === 0 ? HORIZONTAL : TRUE_MOTION;
  let coded = false;
  if (skipped) forget(state, column, whole);
  else coded = readCoefficients(state, bits, column, segment, whole);
  const level = (whole ? header.filter.whole : header.filter.blocks)[segment];
  levels[row * columns + column] = level + (coded || !whole ? 64 : 0);
  predict(state, row, column, whole ? mode : undefined, colourMode, coded);
  if (coded) coefficients.fill(0);
}

/** The mode of a macroblock, which counts as that of all its blocks for those beside it. */
function wholeMode({ header, modesAbove, modesLeft }: State, column: number): number {
  const { modes } = header;
  const mode =
    modes.bit(156) === 1 ? (modes.bit(128) === 1 ? TRUE_MOTION : HORIZONTAL) : modes.bit(163) === 1 ? VERTICAL : DC;
  modesAbove.fill(mode, 4 * column, 4 * column + 4);
  modesLeft.fill(mode);
  return mode;
}

function blockModes({ header, modesAbove, modesLeft, modes }: State, column: number): number {
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 4; x++) {
      const p = 9 * (10 * modesAbove[4 * column + x] + modesLeft[y]);
      let node = 0;
      do node = MODE_TREE[2 * node + header.modes.bit(MODES[p + node])];
      while (node > 0);
      modes[4 * y + x] = modesAbove[4 * column + x] = modesLeft[y] = -1 - node;
    }
  }
  return DC;
}

/** A macroblock without coefficients: of those of DC, only one that may have some says so. */
function forget({ above, left }: State, column: number, whole: boolean): void {
  const end = whole ? KNOWN : SECOND;
  above.fill(0, KNOWN * column, KNOWN * column + end);
  left.fill(0, 0, end);
}

/** @returns whether there is a coefficient that is not 0 */
function readCoefficients(state: State, bits: BoolDecoder, column: number, segment: number, whole: boolean): boolean {
  const { header, coefficients, second, above, left } = state;
  const { probabilities } = header;
  const { luma, second: steps, colour } = header.quantisation[segment];
  const known = KNOWN * column;
  let coded = false;
  if (whole) {
    second.fill(0);
    const context = above[known + SECOND] + left[SECOND];
    const last = readBlock(bits, probabilities, OF_DC, context, steps, 0, second, 0);
    above[known + SECOND] = left[SECOND] = last > 0 ? 1 : 0;
    if (last > 0) inverseWalshHadamard(second, coefficients);
  }
  const first = whole ? 1 : 0;
  const read = (type: number, from: number, side: number, steps: Header["quantisation"][0]["luma"], place: number) => {
    const start = type === OF_COLOUR ? 0 : first;
    for (let y = place, at = 16 * from; y < place + side; y++) {
      for (let x = known + place; x < known + place + side; x++, at += 16) {
        const last = readBlock(bits, probabilities, type, above[x] + left[y], steps, start, coefficients, at);
        above[x] = left[y] = last > start ? 1 : 0;
        if (last > 1 || coefficients[at] !== 0) coded = true;
      }
    }
  };
  read(whole ? AFTER_DC : WITH_DC, 0, 4, luma, LUMA);
  read(OF_COLOUR, 16, 2, colour, COLOUR);
  read(OF_COLOUR, 20, 2, colour, COLOUR + 2);
  return coded;
}

/**
 * @param mode that of the whole macroblock's luma, undefined if its blocks have modes of their own
 * @param coded whether there are coefficients to add
 */
function predict(
  state: State,
  row: number,
  column: number,
  mode: number | undefined,
  colourMode: number,
  coded: boolean,
): void {
  const { planes, coefficients, modes, columns } = state;
  const [y, u, v] = planes;
  const at = y.origin + 16 * (row * y.stride + column);
  const [left, above] = [column > 0, row > 0];
  // Above and to the right of the last macroblock of a row there is none: its last sample is repeated.
  if (above && column === columns - 1) {
    const end = at - y.stride + 16;
    y.samples.fill(y.samples[end - 1], end, end + 4);
  }
  if (mode !== undefined) predictWhole(y, at, 16, mode, left, above);
  for (let i = 0; i < 16; i++) {
    const place = at + (i >> 2) * 4 * y.stride + (i & 3) * 4;
    // Of the blocks on the right, all look at what is above the macroblock.
    const right = (i & 3) === 3 ? at - y.stride + 16 : place - y.stride + 4;
    if (mode === undefined) predictBlock(y, place, modes[i], right);
    if (coded) addInverseDct(coefficients, 16 * i, y, place);
  }
  for (const [plane, first] of [[u, 16] as const, [v, 20] as const]) {
    const corner = plane.origin + 8 * (row * plane.stride + column);
    predictWhole(plane, corner, 8, colourMode, left, above);
    for (let i = 0; coded && i < 4; i++) {
      addInverseDct(coefficients, 16 * (first + i), plane, corner + (i >> 1) * 4 * plane.stride + (i & 1) * 4);
    }
  }
}

/** After all is predicted, since predictions are made from what is not filtered. */
function filterAll({ header, planes, columns, rows, levels }: State): void {
  const { simple, sharpness } = header.filter;
  for (let i = 0; i < columns * rows; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const level = levels[i] & 63;
    if (level === 0) continue;
    const which = { left: column > 0, above: row > 0, within: levels[i] >= 64, simple };
    const strength = strengthOf(level, sharpness);
    for (const [c, plane] of planes.entries()) {
      const side = c === 0 ? 16 : 8;
      const at = plane.origin + side * (row * plane.stride + column);
      if (c === 0 || !simple) filterMacroblock(plane, at, side, strength, which);
    }
  }
}
