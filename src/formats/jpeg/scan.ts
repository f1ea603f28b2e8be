// The scans of a JPEG: sequential ones code each block once, whole; progressive ones in parts, first the DC and then
// bands of AC coefficients, first their high bits and then one more at a time. Source: ITU-T T.81, F.2.2 and G.

import type { Component, Frame } from "./frame.js";
import { BitReader, type HuffmanTable } from "./huffman.js";
import { inverseDct } from "./idct.js";

/** Where a coefficient of the file is in its block, row by row. */
const ZIGZAG = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48],
  ...[41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23],
  ...[30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
);
const block = new Int32Array(64);

/** What a scan header says. */
export interface Scan {
  readonly components: readonly Component[];
  /** Huffman tables of each component; undefined if the file has not defined them. */
  readonly dc: readonly (HuffmanTable | undefined)[];
  readonly ac: readonly (HuffmanTable | undefined)[];
  /** The band of coefficients, and the bits above and below the one that is coded: 0 above means all of them. */
  readonly from: number;
  readonly to: number;
  readonly high: number;
  readonly low: number;
  /** MCUs between two restart markers; 0 for no such markers. */
  readonly restart: number;
}

/** Decodes one block of a component; `at` is its number among the component's blocks. */
type DecodeBlock = (bits: BitReader, component: Component, i: number, at: number) => void;

/**
 * Decodes the scan whose data begin at `start`.
 * @returns the place after it
 * @throws {Error} if its bits are no such scan, or end before it does
 */
export function decodeScan(frame: Frame, scan: Scan, bytes: Uint8Array, start: number): number {
  const bits = new BitReader(bytes, start);
  const run = { blocks: 0 };
  const decode = frame.progressive ? progressive(scan, run) : sequential(scan);
  const [single] = scan.components;
  const interleaved = scan.components.length > 1;
  const perRow = interleaved ? frame.mcusPerRow : single.columns;
  const count = perRow * (interleaved ? frame.mcuRows : single.rows);
  for (const component of scan.components) component.predicted = 0;
  for (let mcu = 0; mcu < count; mcu++) {
    if (scan.restart > 0 && mcu > 0 && mcu % scan.restart === 0) {
      if (bits.isOver || !bits.restart()) throw endOf(bytes, bits);
      for (const component of scan.components) component.predicted = 0;
      run.blocks = 0;
    }
    const [row, column] = [Math.floor(mcu / perRow), mcu % perRow];
    if (interleaved) decodeMcu(bits, scan, row, column, decode);
    else decode(bits, single, 0, row * single.blocksPerRow + column);
    if (column === 0 && bits.isOver) throw endOf(bytes, bits);
  }
  if (bits.isOver) throw endOf(bytes, bits);
  return bits.at;
}

function endOf(bytes: Uint8Array, bits: BitReader): Error {
  return new Error(bits.at >= bytes.length - 1 ? "the end of the file (truncated?)" : "too few bits in a scan");
}

function decodeMcu(bits: BitReader, { components }: Scan, row: number, column: number, decode: DecodeBlock): void {
  for (let i = 0; i < components.length; i++) {
    const component = components[i];
    const { across, down, blocksPerRow } = component;
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        decode(bits, component, i, (row * down + y) * blocksPerRow + column * across + x);
      }
    }
  }
}

function sequential(scan: Scan): DecodeBlock {
  const [dc, ac] = [tables(scan.dc, "DC"), tables(scan.ac, "AC")];
  return (bits, component, i, at) => {
    const quantisation = component.quantisation as Uint16Array;
    component.predicted += bits.signed(lengthOf(bits.symbol(dc[i])));
    block.fill(0);
    block[0] = component.predicted * quantisation[0];
    for (let k = 1; k < 64; k++) {
      const pair = bits.pair(ac[i]);
      const symbol = pair & 0xff;
      k += symbol >> 4;
      if ((symbol & 15) === 0) {
        if (symbol !== 0xf0) break;
        continue;
      }
      if (k > 63) throw new Error("more than 64 coefficients in a block");
      block[ZIGZAG[k]] = (pair >> 8) * quantisation[k];
    }
    transformBlock(component, at);
  };
}

/** Turns the block into samples. */
function transformBlock({ size, blocksPerRow, stride, samples }: Component, at: number): void {
  const row = Math.floor(at / blocksPerRow);
  inverseDct(block, size, samples, row * size * stride + (at - row * blocksPerRow) * size, stride);
}

/** After the last scan of a progressive file: all blocks. */
export function transformAll(component: Component): void {
  const { coefficients } = component;
  const quantisation = component.quantisation as Uint16Array;
  for (let at = 0; 64 * at < coefficients.length; at++) {
    for (let k = 0; k < 64; k++) block[ZIGZAG[k]] = coefficients[64 * at + k] * quantisation[k];
    transformBlock(component, at);
  }
}

function progressive(scan: Scan, run: { blocks: number }): DecodeBlock {
  const { from, to, high, low } = scan;
  if (from === 0) {
    if (high > 0) {
      return (bits, { coefficients }, _, at) => {
        coefficients[64 * at] |= bits.bit() << low;
      };
    }
    const dc = tables(scan.dc, "DC");
    return (bits, component, i, at) => {
      component.predicted += bits.signed(lengthOf(bits.symbol(dc[i])));
      component.coefficients[64 * at] = component.predicted << low;
    };
  }
  const [ac] = tables(scan.ac, "AC");
  if (high > 0) return (bits, { coefficients }, _, at) => refine(bits, coefficients, 64 * at, ac, scan, run);
  return (bits, { coefficients }, _, at) => {
    if (run.blocks > 0) {
      run.blocks--;
      return;
    }
    for (let k = from; k <= to; k++) {
      const pair = bits.pair(ac);
      const [zeros, length] = [(pair >> 4) & 15, pair & 15];
      if (length === 0 && zeros < 15) {
        run.blocks = (1 << zeros) - 1 + bits.bits(zeros);
        return;
      }
      k += zeros;
      if (length === 0) continue;
      if (k > to) throw new Error("a coefficient outside its band");
      coefficients[64 * at + k] = (pair >> 8) << low;
    }
  };
}

/** One more bit of those coefficients that are not 0, and the first bit of others. T.81, G.1.2.3. */
function refine(
  bits: BitReader,
  coefficients: Int16Array,
  first: number,
  ac: HuffmanTable,
  { from, to, low }: Scan,
  run: { blocks: number },
): void {
  const one = 1 << low;
  let k = from;
  while (k <= to && run.blocks === 0) {
    const symbol = bits.symbol(ac);
    let [zeros, length] = [symbol >> 4, symbol & 15];
    let value = 0;
    if (length > 1) throw new Error("a correction of more than a bit");
    if (length === 1) value = bits.bit() === 1 ? one : -one;
    else if (zeros < 15) {
      run.blocks = (1 << zeros) + bits.bits(zeros);
      break;
    }
    for (; k <= to; k++) {
      if (coefficients[first + k] !== 0) correct(bits, coefficients, first + k, one);
      else if (zeros-- === 0) break;
    }
    if (value !== 0) {
      if (k > to) throw new Error("a coefficient outside its band");
      coefficients[first + k] = value;
    }
    k++;
  }
  if (run.blocks === 0) return;
  run.blocks--;
  for (let at = first + k; at <= first + to; at++) {
    if (coefficients[at] !== 0) correct(bits, coefficients, at, one);
  }
}

/** The next bit of a coefficient that has bits already: away from 0, without a branch that would often be guessed. */
function correct(bits: BitReader, coefficients: Int16Array, at: number, one: number): void {
  const sign = coefficients[at] >> 31;
  coefficients[at] += ((one ^ sign) - sign) & -bits.bit();
}

/** The bits of a DC difference. */
function lengthOf(symbol: number): number {
  if (symbol > 15) throw new Error(`a DC coefficient of ${symbol} bits`);
  return symbol;
}

function tables(given: readonly (HuffmanTable | undefined)[], name: string): readonly HuffmanTable[] {
  if (given.some((table) => table === undefined)) throw new Error(`a scan without its ${name} Huffman table`);
  return given as readonly HuffmanTable[];
}
