// What a file is, told from its first bytes, so that an error can say what it got instead of what it expected.
// Sources: the formats' own specifications; for signatures of files in common use, IANA's media type registrations.

import { checkBytes } from "../arguments.js";

/** Bytes that are looked at, at most. */
const LOOKED_AT = 1024;

/** Signatures by first bytes, as Latin-1 text; "?" stands for any byte. */
const SIGNATURES: readonly (readonly [signature: string, kind: string])[] = [
  // Its length, which begins it, may look like many another signature.
  ["????\0\0\0\0{", "a safetensors file"],
  ["\x89PNG\r\n\x1a\n", "a PNG picture"],
  ["\xff\xd8\xff", "a JPEG picture"],
  ["GIF87a", "a GIF picture"],
  ["GIF89a", "a GIF picture"],
  ["RIFF????WEBP", "a WebP picture"],
  ["II*\0", "a TIFF picture"],
  ["MM\0*", "a TIFF picture"],
  ["II+\0", "a TIFF picture"],
  ["MM\0+", "a TIFF picture"],
  ["????ftypavif", "an AVIF picture"],
  ["????ftypavis", "an AVIF picture"],
  ["????ftyphei", "a HEIC picture"],
  ["????ftyphev", "a HEIC picture"],
  ["????ftypmif1", "a HEIC picture"],
  ["????ftypmsf1", "a HEIC picture"],
  ["????ftyp", "a video"],
  ["\xff\x0a", "a JPEG XL picture"],
  ["\0\0\0\x0cJXL ", "a JPEG XL picture"],
  ["\0\0\0\x0cjP  ", "a JPEG 2000 picture"],
  ["8BPS", "a Photoshop picture"],
  ["qoif", "a QOI picture"],
  ["\0\0\x01\0", "an icon"],
  ["%PDF", "a PDF document"],
  ["%!PS", "a PostScript document"],
  ["\x1f\x8b", "a gzip file"],
  ["BZh", "a bzip2 file"],
  ["\xfd7zXZ\0", "an xz file"],
  ["\x28\xb5\x2f\xfd", "a Zstandard file"],
  ["7z\xbc\xaf\x27\x1c", "a 7-Zip archive"],
  ["Rar!", "a RAR archive"],
  ["\x89HDF\r\n\x1a\n", "an HDF5 file (of Keras?)"],
  ["\x93NUMPY", "a NumPy array"],
  ["GGUF", "a GGUF model"],
  ["????TFL3", "a TensorFlow Lite model"],
  ["\0asm", "a WebAssembly module"],
  ["\x7fELF", "a program"],
  ["MZ", "a program"],
  ["SQLite format 3\0", "an SQLite database"],
  ["RIFF", "a sound or video file"],
  ["\0\0\x08\x01", "an IDX file"],
  ["\0\0\x08\x02", "an IDX file"],
  ["\0\0\x08\x03", "an IDX file"],
  ["\0\0\x08\x04", "an IDX file"],
  ["\x80\x02", "a Python pickle (of PyTorch?)"],
  ["\x80\x04", "a Python pickle (of PyTorch?)"],
];

/** Kinds of zip archives, by the text near the beginning, where the first files have their names. */
const ARCHIVES: readonly (readonly [text: string, kind: string])[] = [
  ["data.pkl", "a PyTorch zip"],
  ["[Content_Types].xml", "an Office document"],
  [".npy", "a NumPy archive"],
  ["metadata.json", "a Keras model"],
];

/**
 * What a file is, as an error names it: "a PNG picture", "an ONNX model", "a text file". Undefined if its first bytes
 * are of none of the kinds that are known.
 * @param bytes the file, or 1024 bytes of its beginning
 * @throws {TypeError} if it is no Uint8Array
 */
export function kindOfFile(bytes: Uint8Array): string | undefined {
  checkBytes("bytes", bytes);
  if (bytes.length === 0) return "an empty file";
  const head = bytes.subarray(0, LOOKED_AT);
  const text = Array.from(head, (byte) => String.fromCharCode(byte)).join("");
  const known = SIGNATURES.find(([signature]) => begins(text, signature));
  if (known !== undefined) return known[1];
  if (isBmp(head)) return "a BMP picture";
  if (text.startsWith("PK\x03\x04")) return ARCHIVES.find(([name]) => text.includes(name))?.[1] ?? "a zip archive";
  if (text.startsWith("ustar", 257)) return "a tar archive";
  if (isOnnx(head)) return "an ONNX model";
  return kindOfText(head);
}

function begins(text: string, signature: string): boolean {
  for (let i = 0; i < signature.length; i++) {
    if (signature[i] !== "?" && signature[i] !== text[i]) return false;
  }
  return true;
}

/** "BM" alone begins many a text: the length of the second header must be one of those in use, too. */
function isBmp(head: Uint8Array): boolean {
  if (head[0] !== 0x42 || head[1] !== 0x4d || head.length < 18) return false;
  return [12, 16, 40, 52, 56, 64, 108, 124].includes(head[14]) && head[15] === 0 && head[16] === 0 && head[17] === 0;
}

/** A ModelProto: ir_version, and then another of its fields 2 to 8. Source: onnx.proto. */
function isOnnx([first, version, next]: Uint8Array): boolean {
  return first === 0x08 && version > 0 && version < 32 && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(next);
}

function kindOfText(head: Uint8Array): string | undefined {
  if (head.some((byte) => byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1b)) return undefined;
  let text: string;
  try {
    // The end may cut a character apart: `stream` leaves it out.
    text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true }).trimStart();
  } catch {
    return undefined;
  }
  if (text === "") return undefined;
  if (text.startsWith("<")) {
    if (/<!doctype\s+html|<html\b/i.test(text)) return "an HTML page";
    if (/<svg\b/i.test(text)) return "an SVG drawing";
    if (/^<\?xml/i.test(text)) return "an XML file";
  }
  return /^(\{\s*["}]|\[\s*["{[\]\d-])/.test(text) ? "a JSON file" : "a text file";
}
