// What the samples of a PNG mean: greys, colours, places in a palette, and which of them are transparent.
// Source: W3C, "Portable Network Graphics", third edition, sections 11.2 and 11.3.1.

import type { Picture } from "../reading/picture.js";
import { unpack } from "./png-scanlines.js";

/** What IHDR says. */
export interface Header {
  readonly width: number;
  readonly height: number;
  /** The colour type, and the samples of a pixel in the file. */
  readonly colour: number;
  readonly channels: number;
  readonly depth: number;
  readonly interlaced: boolean;
}

type Samples = Uint8Array | Uint16Array;

/** How a row's bytes become samples: of 16 bits, or of 8. */
interface Pixels {
  readonly channels: Picture["channels"];
  /** The samples of a row with this many pixels; they are overwritten by those of the next row. */
  readonly expand: (row: Uint8Array, columns: number) => Samples;
}

/**
 * @param palette the colours of a palette, RGB
 * @param transparency the data of the chunk tRNS
 * @throws {Error} if there is a palette without colours; expand() throws it for a colour outside the palette
 */
export function pixelsOf(header: Header, palette?: Uint8Array, transparency?: Uint8Array): Pixels {
  if (palette !== undefined) return paletteOf(header, palette, transparency);
  const channels = header.channels as Picture["channels"];
  const expand = header.depth === 16 ? words(header) : header.depth === 8 ? (row: Uint8Array) => row : greys(header);
  if (transparency === undefined || channels % 2 === 0) return { channels, expand };
  return keyed(header, transparency, expand);
}

/** Samples of 16 bits, the high byte first. */
function words({ width, channels }: Header): Pixels["expand"] {
  const samples = new Uint16Array(width * channels);
  return (row, columns) => {
    const count = columns * channels;
    for (let i = 0; i < count; i++) samples[i] = (row[2 * i] << 8) | row[2 * i + 1];
    return samples.subarray(0, count);
  };
}

/** Greys of less than 8 bits, with the levels from 0 to 255. */
function greys({ width, depth }: Header): Pixels["expand"] {
  const most = 2 ** depth - 1;
  const levels = Uint8Array.from({ length: most + 1 }, (_, level) => (255 * level) / most);
  const samples = new Uint8Array(width);
  return (row, columns) => unpack(row, depth, samples.subarray(0, columns), levels);
}

/** The colours of a palette; with alpha if one of them may be transparent. */
function paletteOf({ width, depth }: Header, palette: Uint8Array, alpha?: Uint8Array): Pixels {
  const colours = Math.floor(palette.length / 3);
  if (colours === 0) throw new Error("a palette without colours");
  const channels = alpha === undefined ? 3 : 4;
  const places = new Uint8Array(width);
  const samples = new Uint8Array(width * channels);
  const expand = (row: Uint8Array, columns: number) => {
    unpack(row, depth, places.subarray(0, columns));
    for (let x = 0, at = 0; x < columns; x++) {
      const place = places[x];
      if (place >= colours) throw new Error(`palette color ${place} of ${colours}`);
      for (let c = 0; c < 3; c++) samples[at++] = palette[3 * place + c];
      if (alpha !== undefined) samples[at++] = alpha[place] ?? 255;
    }
    return samples.subarray(0, columns * channels);
  };
  return { channels, expand };
}

/** An alpha channel that is 0 where a pixel has the transparent colour, which is given in 16 bits a sample. */
function keyed({ width, channels, depth }: Header, key: Uint8Array, expand: Pixels["expand"]): Pixels {
  const all = (channels + 1) as 2 | 4;
  const most = 2 ** Math.max(8, depth) - 1;
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  const clear = Array.from({ length: channels }, (_, c) => ((key[2 * c] << 8) | key[2 * c + 1]) * scale);
  const samples = new (depth === 16 ? Uint16Array : Uint8Array)(width * all);
  // Of grey the first level counts three times.
  const [r, g, b] = channels === 1 ? [clear[0], clear[0], clear[0]] : clear;
  const [second, third] = channels === 1 ? [0, 0] : [1, 2];
  const isWhole = key.length === 2 * channels;
  const isClear = (colours: Samples, at: number) =>
    isWhole && colours[at] === r && colours[at + second] === g && colours[at + third] === b;
  return {
    channels: all,
    expand: (row, columns) => {
      const colours = expand(row, columns);
      for (let from = 0, to = 0; from < columns * channels; from += channels) {
        const alpha = isClear(colours, from) ? 0 : most;
        for (let c = 0; c < channels; c++) samples[to++] = colours[from + c];
        samples[to++] = alpha;
      }
      return samples.subarray(0, columns * all);
    },
  };
}
