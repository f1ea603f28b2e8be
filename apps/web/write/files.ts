// The visitor's files: opens pictures and models, which are told apart by their content, and saves models.

import { FormatError, type Network } from "ductus";
import { decodePicture, kindOfFile, type Picture, toDigit } from "ductus/formats";
import type { SheetPicture } from "./pad.js";

/** In bytes: a larger model would not fit into the memory of the page. */
const MOST_BYTES = 2 ** 28;
/** Pictures that only the browser can decode are shrunk to this side. */
const LONGEST = 2048;
/** The longest side of pictures on the pad: more than the pixels of the pad, and enough to read numbers. */
const SHOWN = 1024;
/** Kinds of pictures that are read as `ductus predict` reads them, to the same pixels in every browser. */
const DECODED = /^a (PNG|JPEG|WebP|BMP|GIF) picture$/;

/**
 * The model or the picture that a file contains.
 * @param network the one that reads: it helps to see the digit
 * @throws {FormatError} if it is neither, or no digit is seen in it
 */
export async function openFile(
  file: File,
  network: Network | undefined,
): Promise<{ model: Uint8Array } | { picture: SheetPicture }> {
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
  const kind = kindOfFile(bytes);
  if (kind === "a safetensors file") return { model: bytes };
  const picture = DECODED.test(kind ?? "") ? decodePicture(bytes, name) : await decodeOther(file, bytes);
  try {
    return { picture: { name, ...shownOf(picture), digit: toDigit(picture, network) } };
  } catch (error) {
    throw error instanceof RangeError ? new FormatError(name, error.message) : error;
  }
}

/** A picture in any other format that the browser can decode, such as AVIF. */
async function decodeOther(file: File, bytes: Uint8Array): Promise<Picture> {
  // What no browser takes for a picture is named by the library, with what to do.
  const bitmap = await createImageBitmap(file).catch(() => decodePicture(bytes, file.name));
  if (!(bitmap instanceof ImageBitmap)) return bitmap;
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = contextOf(width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, channels: 4, depth: 8, data };
}

/** A picture to draw on the pad, and to read numbers from. Each pixel of a large one is the mean of a square. */
function shownOf(picture: Picture): { image: OffscreenCanvas; shown: Picture } {
  const step = Math.ceil(Math.max(picture.width, picture.height) / SHOWN);
  const [width, height] = [Math.ceil(picture.width / step), Math.ceil(picture.height / step)];
  const image = new ImageData(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) image.data.set(meanOf(picture, x * step, y * step, step), at);
  }
  const context = contextOf(width, height);
  context.putImageData(image, 0, 0);
  return { image: context.canvas, shown: { width, height, channels: 4, depth: 8, data: image.data } };
}

/** The mean colour of a square, RGBA from 0 to 255: each pixel counts by its alpha. */
function meanOf({ width, height, channels, depth, data }: Picture, left: number, top: number, side: number): number[] {
  const most = 2 ** depth - 1;
  const [right, bottom] = [Math.min(left + side, width), Math.min(top + side, height)];
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  const sums = [0, 0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const pixel = (y * width + x) * channels;
      const alpha = channels % 2 === 0 ? data[pixel + channels - 1] / most : 1;
      sums[0] += alpha * data[pixel];
      sums[1] += alpha * data[pixel + green];
      sums[2] += alpha * data[pixel + blue];
      sums[3] += alpha;
    }
  }
  const [, , , opaque] = sums;
  const level = (sum: number) => (opaque === 0 ? 0 : (255 * sum) / most / opaque);
  const area = (right - left) * (bottom - top);
  return [level(sums[0]), level(sums[1]), level(sums[2]), (255 * opaque) / area];
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
