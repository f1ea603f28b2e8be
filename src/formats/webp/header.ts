// The header of a VP8 key frame. Source: RFC 6386, sections 9 and 19.2.

import { BoolDecoder } from "./bool.js";
import { AC_STEPS, COEFFICIENTS, DC_STEPS, UPDATES } from "./tables.js";

/** Steps of quantisation: [DC, AC] of luma, of the DC coefficients of luma alone, and of colours. */
interface Quantisation {
  readonly luma: readonly [number, number];
  readonly second: readonly [number, number];
  readonly colour: readonly [number, number];
}

/** How the edges of macroblocks are smoothed. */
interface Filter {
  readonly simple: boolean;
  readonly sharpness: number;
  /** Levels, 0 to 63, [segment] of macroblocks that are predicted whole, and in blocks of 4 x 4. */
  readonly whole: readonly number[];
  readonly blocks: readonly number[];
}

export interface Header {
  readonly width: number;
  readonly height: number;
  /** The decoder of the macroblocks' modes, which continues where the header ends. */
  readonly modes: BoolDecoder;
  /** Those of their coefficients: row y has that of y modulo their number. */
  readonly coefficients: readonly BoolDecoder[];
  /** Whether each macroblock names its segment, and the probabilities of these. */
  readonly mapped: boolean;
  readonly segments: readonly number[];
  readonly quantisation: readonly Quantisation[];
  readonly filter: Filter;
  readonly probabilities: Uint16Array;
  /** The probability that a macroblock has coefficients; 0 if it does not say so. */
  readonly skip: number;
}

/** Width and height in a frame. @throws {Error} if it is no key frame */
export function sizeOf(data: Uint8Array): { width: number; height: number } {
  if (data.length < 10) throw new Error("the end of the file (truncated?)");
  if ((data[0] & 1) !== 0 || data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a) throw new Error("no key frame");
  return { width: (data[6] | (data[7] << 8)) & 0x3fff, height: (data[8] | (data[9] << 8)) & 0x3fff };
}

/** @throws {Error} if the frame is cut short */
export function headerOf(data: Uint8Array): Header {
  const size = sizeOf(data);
  const first = (data[0] | (data[1] << 8) | (data[2] << 16)) >> 5;
  if (10 + first > data.length) throw new Error("the end of the file (truncated?)");
  const modes = new BoolDecoder(data.subarray(10, 10 + first));
  // Colour space, and whether samples need clamping: the same for all that is read here.
  modes.bits(2);
  const segments = readSegments(modes);
  const filter = readFilter(modes, segments);
  const coefficients = partitions(data.subarray(10 + first), 1 << modes.bits(2));
  const quantisation = readQuantisation(modes, segments);
  modes.flag();
  const probabilities = Uint16Array.from(COEFFICIENTS, (p, i) => (modes.bit(UPDATES[i]) === 1 ? modes.bits(8) : p));
  const skip = modes.flag() ? modes.bits(8) : 0;
  if (modes.isOver) throw new Error("a header cut short (file truncated?)");
  const { mapped, probabilities: known } = segments;
  return { ...size, modes, coefficients, mapped, segments: known, quantisation, filter, probabilities, skip };
}

interface Segments {
  readonly mapped: boolean;
  readonly probabilities: readonly number[];
  /** Whether the values are the segments' own, or to be added to the frame's. */
  readonly absolute: boolean;
  readonly steps: readonly number[];
  readonly levels: readonly number[];
}

const FOUR = [0, 1, 2, 3];

function readSegments(modes: BoolDecoder): Segments {
  const none = { mapped: false, probabilities: [255, 255, 255], absolute: false, steps: [0], levels: [0] };
  if (!modes.flag()) return none;
  const [mapped, valued] = [modes.flag(), modes.flag()];
  const absolute = valued && modes.flag();
  const steps = FOUR.map(() => (valued ? modes.optional(7) : 0));
  const levels = FOUR.map(() => (valued ? modes.optional(6) : 0));
  const probabilities = FOUR.slice(1).map(() => (mapped && modes.flag() ? modes.bits(8) : 255));
  return { mapped, probabilities, absolute, steps, levels };
}

const within = (value: number, most: number) => Math.max(0, Math.min(most, value));

function readFilter(modes: BoolDecoder, { absolute, levels }: Segments): Filter {
  const [simple, level, sharpness] = [modes.flag(), modes.bits(6), modes.bits(3)];
  let [frame, blocks] = [0, 0];
  if (modes.flag() && modes.flag()) {
    // The first value of each four is of key frames, and of macroblocks in blocks of 4 x 4.
    [frame] = FOUR.map(() => modes.optional(6));
    [blocks] = FOUR.map(() => modes.optional(6));
  }
  const bases = levels.map((own) => (absolute ? own : level + own));
  // Without a level of the frame nothing is filtered, whatever the segments say.
  const total = (base: number, more: number) => (level === 0 ? 0 : within(base + more, 63));
  return {
    ...{ simple, sharpness },
    whole: bases.map((base) => total(base, frame)),
    blocks: bases.map((base) => total(base, frame + blocks)),
  };
}

function readQuantisation(modes: BoolDecoder, { absolute, steps }: Segments): Quantisation[] {
  const base = modes.bits(7);
  const [lumaDc, secondDc, secondAc, colourDc, colourAc] = [0, 0, 0, 0, 0].map(() => modes.optional(4));
  return steps.map((own) => {
    const index = absolute ? own : base + own;
    const dc = (more: number, most = 127) => DC_STEPS[within(index + more, most)];
    const ac = (more: number) => AC_STEPS[within(index + more, 127)];
    return {
      luma: [dc(lumaDc), ac(0)],
      second: [2 * dc(secondDc), Math.max(8, Math.floor((ac(secondAc) * 155) / 100))],
      colour: [dc(colourDc, 117), ac(colourAc)],
    };
  });
}

/** The parts that coefficients are in, the lengths of all but the last in 3 bytes each before them. */
function partitions(data: Uint8Array, count: number): BoolDecoder[] {
  let at = 3 * (count - 1);
  if (at > data.length) throw new Error("the end of the file (truncated?)");
  return Array.from({ length: count }, (_, i) => {
    const length = data[3 * i] | (data[3 * i + 1] << 8) | (data[3 * i + 2] << 16);
    const part = data.subarray(at, i + 1 < count ? at + length : data.length);
    at += length;
    return new BoolDecoder(part);
  });
}
