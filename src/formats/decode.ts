// Pictures of every kind that is read. The kind is told from the content, not from the name's ending.

import { checkBytes } from "../arguments.js";
import { FormatError } from "../errors.js";
import type { Picture } from "../reading/picture.js";
import { decodeBmp } from "./bmp.js";
import { decodeGif } from "./gif.js";
import { decodeJpeg } from "./jpeg/jpeg.js";
import { kindOfFile } from "./kind.js";
import { readPng } from "./png.js";
import { decodeWebp } from "./webp/webp.js";

/** The decoders by what kindOfFile() says. */
const DECODERS: ReadonlyMap<string, (bytes: Uint8Array, file: string) => Picture> = new Map([
  ["a PNG picture", readPng],
  ["a JPEG picture", decodeJpeg],
  ["a WebP picture", decodeWebp],
  ["a BMP picture", decodeBmp],
  ["a GIF picture", decodeGif],
]);

/** What is to be done with other kinds that people take for pictures. */
const REMEDIES = new Map([
  ["a HEIC picture", "export it as JPEG; an iPhone takes JPEG with Settings, Camera, Formats, Most Compatible"],
  ["a PDF document", "export its page as PNG, or take a screenshot"],
  ["a PostScript document", "export its page as PNG"],
  ["an SVG drawing", "export it as PNG"],
  ["an Office document", "save the picture in it as PNG"],
  ["a video", "take a screenshot of it"],
]);

/**
 * The picture in a file of any kind that is read: PNG, JPEG, WebP, BMP and the first frame of a GIF. Its longer side
 * has less than 4000 pixels, all of it at most 6.5 million: a larger picture is reduced by 2, 4 or 8 while it is
 * decoded. The orientation that a camera noted is applied; colour profiles are not.
 * @example
 * ```ts
 * const digit = toDigit(decodePicture(await readFile("seven.jpg"), "seven.jpg"));
 * ```
 * @param file the name by which errors call it
 * @throws {TypeError} if the bytes are no Uint8Array
 * @throws {FormatError} if the file is of another kind, damaged or cut short, or has more than 36,000,000 pixels
 */
export function decodePicture(bytes: Uint8Array, file = "picture"): Picture {
  checkBytes(file, bytes);
  const kind = kindOfFile(bytes);
  const decode = DECODERS.get(kind ?? "");
  if (decode === undefined) throw new FormatError(file, `expected a picture (${PICTURES}), got ${gotOf(kind)}`);
  return decode(bytes, file);
}

/** The kinds of pictures that are read, as an error names them. */
const PICTURES = "PNG, JPEG, WebP, BMP or GIF";

/** What was got instead, and what to do with it. */
function gotOf(kind: string | undefined): string {
  if (kind === undefined) return "something else";
  const remedy = REMEDIES.get(kind) ?? (/picture$|icon$/.test(kind) ? "save it as PNG or JPEG" : undefined);
  return remedy === undefined ? kind : `${kind}: ${remedy}`;
}
