// JPEG files as cameras, phones and scanners make them: sequential and progressive, grey, colour and CMYK.
// Source: ITU-T T.81 (the same as ISO/IEC 10918-1), "Digital compression and coding of continuous-tone still images".
// (jpeg-js takes twice the time and three times the memory for a photograph, since it cannot decode it smaller.)

import { FormatError } from "../../errors.js";
import type { Picture } from "../../reading/picture.js";
import { orientationOf, oriented } from "../exif.js";
import { type Adobe, colourise } from "./colour.js";
import { type Frame, frameOf } from "./frame.js";
import { type HuffmanTable, huffmanTable } from "./huffman.js";
import { decodeScan, type Scan, transformAll } from "./scan.js";

/** The most bytes of a file: bits take time. A camera's 36 megapixels have half as many. */
const MOST_BYTES = 12_000_000;
/** Those of a progressive file, each bit of which takes twice the time. */
const MOST_PROGRESSIVE_BYTES = 5_000_000;
/** The most scans: ten are usual in a progressive file. */
const MOST_SCANS = 50;
/**
 * The most coefficients that the scans of a progressive file pass over, each counted in every scan that codes it. Ten
 * usual scans pass over 5 times as many as the file has.
 */
const MOST_PASSED = 200_000_000;
/** The most segments and Huffman tables: each costs something, however short. */
const MOST_SEGMENTS = 2 ** 14;
const MOST_TABLES = 2 ** 12;
const MARKER = { SOI: 0xd8, EOI: 0xd9, SOS: 0xda, DQT: 0xdb, DHT: 0xc4, DRI: 0xdd, APP1: 0xe1, APP14: 0xee };
/** Frames that are decoded: baseline, extended, progressive. */
const [BASELINE, EXTENDED, PROGRESSIVE] = [0xc0, 0xc1, 0xc2];
/** Those that are not. */
const OTHERS = new Map([
  ...[0xc3, 0xc7, 0xcb, 0xcf].map((marker) => [marker, "lossless"] as const),
  ...[0xc5, 0xc6].map((marker) => [marker, "hierarchical"] as const),
  ...[0xc9, 0xca, 0xcd, 0xce].map((marker) => [marker, "arithmetic"] as const),
]);

/** What the segments before a scan have defined. */
interface State {
  readonly quantisation: (Uint16Array | undefined)[];
  readonly dc: (HuffmanTable | undefined)[];
  readonly ac: (HuffmanTable | undefined)[];
  restart: number;
  frame?: Frame;
  adobe?: Adobe;
  /** 1 to 8, as Exif has it. */
  orientation: number;
  scans: number;
  segments: number;
  tables: number;
  /** Coefficients that the scans so far have passed over. */
  passed: number;
}

/**
 * The picture in a JPEG file, as its orientation has it.
 * @param file the name by which errors call it
 * @throws {FormatError} if it is not a whole JPEG of 8 bits a sample, has too many pixels, or more than 12 MB
 */
export function decodeJpeg(bytes: Uint8Array, file: string): Picture {
  if (bytes.length > MOST_BYTES) {
    throw new FormatError(
      file,
      `expected a JPEG of at most ${MOST_BYTES} bytes, got ${bytes.length}; make the picture smaller`,
    );
  }
  try {
    const counts = { scans: 0, segments: 0, tables: 0, passed: 0 };
    const state: State = { quantisation: [], dc: [], ac: [], restart: 0, orientation: 1, ...counts };
    readSegments(bytes, state, file);
    const { frame, adobe, orientation } = state;
    if (frame === undefined) throw new Error("no frame");
    for (const component of frame.components) {
      if (component.quantisation === undefined) throw new Error("a colour without a scan");
      if (frame.progressive) transformAll(component);
    }
    return oriented(colourise(frame, adobe), orientation);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(file, `expected a JPEG that can be decoded, got ${(error as Error).message}`);
  }
}

/** Reads up to the end of the picture. */
function readSegments(bytes: Uint8Array, state: State, file: string): void {
  for (let at = 2; ; ) {
    // Any number of 0xff may fill up before a marker.
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    if (at + 4 > bytes.length && bytes[at + 1] !== MARKER.EOI) {
      // Some cameras forget the last marker. Of a progressive file a scan may be missing, too.
      if (state.scans > 0 && at >= bytes.length && state.frame?.progressive === false) return;
      throw new Error("the end of the file (truncated?)");
    }
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker < 0xc0) throw new Error(`no marker at byte ${at} (file damaged?)`);
    at += 2;
    if (marker === MARKER.EOI) return;
    // A restart marker or another beginning has no data.
    if (marker >= 0xd0 && marker <= MARKER.SOI) continue;
    if (++state.segments > MOST_SEGMENTS) throw new Error(`more than ${MOST_SEGMENTS} segments; save it again`);
    const length = (bytes[at] << 8) | bytes[at + 1];
    if (length < 2) throw new Error(`a segment of ${length} bytes`);
    if (at + length > bytes.length) throw new Error("the end of the file (truncated?)");
    const data = bytes.subarray(at + 2, at + length);
    at += length;
    if (state.frame?.progressive && bytes.length > MOST_PROGRESSIVE_BYTES) {
      const most = `${bytes.length} bytes of a progressive file, more than ${MOST_PROGRESSIVE_BYTES}`;
      throw new Error(`${most}; save it as a JPEG that is not`);
    }
    if (marker === MARKER.SOS) at = decodeScan(state.frame as Frame, scanOf(data, state), bytes, at);
    else define(marker, data, state, file);
    if (marker === MARKER.SOS) at = nextMarker(bytes, at);
  }
}

/** The next marker after a scan: what is before it belongs to none. */
function nextMarker(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] >= 0xc0 && (bytes[at + 1] & 0xf8) !== 0xd0)) at++;
  return at;
}

function define(marker: number, data: Uint8Array, state: State, file: string): void {
  if (OTHERS.has(marker)) throw new Error(`${OTHERS.get(marker)} coding; save it as PNG`);
  if (marker === BASELINE || marker === EXTENDED || marker === PROGRESSIVE) {
    if (state.frame !== undefined) throw new Error("two frames");
    state.frame = frameOf(data, marker === PROGRESSIVE, file);
  } else if (marker === MARKER.DQT) defineQuantisation(data, state);
  else if (marker === MARKER.DHT) defineHuffman(data, state);
  else if (marker === MARKER.DRI) state.restart = (data[0] << 8) | data[1];
  else if (marker === MARKER.APP1) state.orientation = orientationOf(data) ?? state.orientation;
  else if (marker === MARKER.APP14 && String.fromCharCode(...data.subarray(0, 5)) === "Adobe") {
    state.adobe = { transform: data[11] };
  }
}

function defineQuantisation(data: Uint8Array, { quantisation }: State): void {
  for (let at = 0; at < data.length; ) {
    const [wide, place] = [data[at] >> 4, data[at] & 15];
    at++;
    if (wide > 1 || place > 3 || at + 64 * (1 + wide) > data.length) throw new Error("a quantisation table cut short");
    const table = new Uint16Array(64);
    for (let k = 0; k < 64; k++) table[k] = wide ? (data[at++] << 8) | data[at++] : data[at++];
    quantisation[place] = table;
  }
}

function defineHuffman(data: Uint8Array, state: State): void {
  const { dc, ac } = state;
  for (let at = 0; at < data.length; ) {
    if (++state.tables > MOST_TABLES) throw new Error(`more than ${MOST_TABLES} Huffman tables; save it again`);
    const [kind, place] = [data[at] >> 4, data[at] & 15];
    const counts = data.subarray(at + 1, at + 17);
    const symbols = counts.reduce((sum, count) => sum + count, 0);
    if (kind > 1 || place > 3 || symbols > 256 || at + 17 + symbols > data.length) {
      throw new Error("a Huffman table cut short");
    }
    (kind === 0 ? dc : ac)[place] = huffmanTable(counts, data.subarray(at + 17, at + 17 + symbols));
    at += 17 + symbols;
  }
}

function scanOf(data: Uint8Array, state: State): Scan {
  const { frame, quantisation, dc, ac, restart } = state;
  if (frame === undefined) throw new Error("a scan before the frame");
  if (++state.scans > MOST_SCANS) throw new Error(`more than ${MOST_SCANS} scans; save it again`);
  const [count] = data;
  if (count < 1 || count > 4 || data.length < 4 + 2 * count) throw new Error("a scan header cut short");
  const chosen = Array.from({ length: count }, (_, i) => {
    const component = frame.components.find(({ id }) => id === data[1 + 2 * i]);
    if (component === undefined) throw new Error("a scan of an unknown colour");
    // A second scan of all would take the time of the first one again.
    if (!frame.progressive && component.quantisation !== undefined) throw new Error("two scans of a colour");
    component.quantisation ??= quantisation[component.table];
    if (component.quantisation === undefined) throw new Error("a colour without a quantisation table");
    return { component, tables: data[2 + 2 * i] };
  });
  const [from, to, bits] = data.subarray(1 + 2 * count);
  const [high, low] = [bits >> 4, bits & 15];
  const band = from === 0 ? to === 0 : to >= from && to < 64 && count === 1;
  if (frame.progressive && (!band || low > 13 || (high > 0 && high !== low + 1))) throw new Error("a scan of no band");
  const scan = {
    components: chosen.map(({ component }) => component),
    dc: chosen.map(({ tables }) => dc[tables >> 4]),
    ac: chosen.map(({ tables }) => ac[tables & 15]),
    ...{ from, to, high, low, restart },
  };
  if (frame.progressive) checkProgress(scan, state);
  return scan;
}

/**
 * Each coefficient is coded once, the DC first, and then bit by bit without gaps: T.81, G.1.1.1.1. Otherwise a short
 * file could have the same blocks passed over any number of times.
 */
function checkProgress({ components, from, to, high, low }: Scan, state: State): void {
  for (const { coded, coefficients } of components) {
    const band = coded.subarray(from, to + 1);
    if (from > 0 && coded[0] < 0) throw new Error("a scan of a colour before its DC");
    if (high === 0 && band.some((bit) => bit >= 0)) throw new Error("two first scans of a band");
    if (high > 0 && band.some((bit) => bit !== high)) throw new Error("a scan of bits that are not the next ones");
    band.fill(low);
    state.passed += (coefficients.length / 64) * band.length;
  }
  if (state.passed > MOST_PASSED) {
    throw new Error(`scans that pass over more than ${MOST_PASSED} coefficients; save it as PNG`);
  }
}
