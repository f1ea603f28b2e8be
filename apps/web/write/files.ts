// The visitor's files: opens pictures and models, which are told apart by their content, and saves models.

import { FormatError } from "ductus";
import { decodePng, type Picture, toDigit } from "ductus/formats";
import type { SheetPicture } from "./pad.js";

/** In bytes: a larger model would not fit into the memory of the page. */
const MOST_BYTES = 2 ** 28;
/** Larger pictures are shrunk to this side, except PNG files, which are read as `ductus predict` reads them. */
const LONGEST = 2048;
/** The longest side of pictures on the pad: more than the pixels of the pad. */
const SHOWN = 1024;
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** A safetensors file begins with the length of its header in 8 bytes, of which the upper 4 are 0. */
const HEADER = 8;
const OPEN = 0x7b;

/**
 * The model or the picture that a file contains.
 * @throws {FormatError} if it is neither, or no digit is seen in it
 */
export async function openFile(file: File): Promise<{ model: Uint8Array } | { picture: SheetPicture }> {
  const { name, size } = file;
  if (size > MOST_BYTES) {
    const megabytes = Math.round(size / 2 ** 20).toLocaleString("en-US");
    throw new FormatError(
      name,
      `expected a picture or a model of at most ${MOST_BYTES / 2 ** 20} MB, got ${megabytes} MB (choose another)`,
    );
  }
  const bytes = new Uint8Array(
    await file.arrayBuffer().catch(() => {
      throw new FormatError(name, "expected a file that can be read, got none (a folder? choose a file)");
    }),
  );
  if (bytes[HEADER] === OPEN && bytes.subarray(4, HEADER).every((byte) => byte === 0)) return { model: bytes };
  const isPng = PNG.every((byte, i) => bytes[i] === byte);
  const picture = isPng ? decodePng(bytes, name) : await decodeOther(file);
  try {
    return { picture: { name, image: imageOf(picture), digit: toDigit(picture) } };
  } catch (error) {
    throw error instanceof RangeError ? new FormatError(name, error.message) : error;
  }
}

/** A picture in any format that the browser can decode. */
async function decodeOther(file: File): Promise<Picture> {
  const bitmap = await createImageBitmap(file).catch(() => {
    const found = file.size === 0 ? "an empty file" : "something else";
    throw new FormatError(
      file.name,
      `expected a picture (PNG, JPEG, WebP, ...) or a model (safetensors), got ${found} (choose another)`,
    );
  });
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = contextOf(width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, channels: 4, depth: 8, data };
}

/** A picture to draw on the pad; large ones are shrunk. */
function imageOf({ width, height, channels, depth, data }: Picture): OffscreenCanvas {
  const step = Math.ceil(Math.max(width, height) / SHOWN);
  const image = new ImageData(Math.ceil(width / step), Math.ceil(height / step));
  const alpha = channels % 2 === 0 ? channels - 1 : undefined;
  const [red, green, blue] = channels < 3 ? [0, 0, 0] : [0, 1, 2];
  const most = 2 ** depth - 1;
  for (let y = 0, at = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step, at += 4) {
      const pixel = (y * width + x) * channels;
      const level = (channel: number) => (255 * data[pixel + channel]) / most;
      image.data.set([level(red), level(green), level(blue), alpha === undefined ? 255 : level(alpha)], at);
    }
  }
  const context = contextOf(image.width, image.height);
  context.putImageData(image, 0, 0);
  return context.canvas;
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  return new OffscreenCanvas(width, height).getContext("2d", {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D;
}

/** Has the browser save bytes as a file. */
export function saveFile(name: string, bytes: Uint8Array): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  link.download = name;
  link.click();
  // Some browsers first ask where to save it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
