// What a file is called: by those that read it, when they expected something else.

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  decodeSafetensors,
  encodeOnnx,
  encodePyTorch,
  encodeSafetensors,
  FormatError,
  idxDimensions,
  kindOfFile,
} from "../../src/formats/index.js";
import { idxImages } from "../idx-files.js";
import { fixture } from "./picture-files.js";

const text = (content: string) => new Uint8Array(Buffer.from(content, "latin1"));
/** The beginning of a zip archive whose first file has this name. */
const zip = (name: string) => text(`PK\x03\x04${"\0".repeat(26)}${name}`);
const layers = [{ weights: Float32Array.of(1, 2), biases: Float32Array.of(3) }];

test.each<[string, Uint8Array]>([
  ["a PNG picture", fixture("f.png")],
  ["a JPEG picture", fixture("grey.jpg")],
  ["a WebP picture", fixture("lossy.webp")],
  ["a GIF picture", fixture("f.gif")],
  ["a BMP picture", fixture("mono1.bmp")],
  ["a HEIC picture", text("\0\0\0\x24ftypheic")],
  ["a JPEG XL picture", text("\xff\x0a\xfa")],
  ["a video", text("\0\0\0\x20ftypisom")],
  ["a PDF document", text("%PDF-1.4")],
  ["a gzip file", gzipSync("x")],
  ["an IDX file", idxImages(1, 2, 2)],
  ["a safetensors file", encodePyTorch(layers)],
  ["an ONNX model", encodeOnnx(layers)],
  ["a PyTorch zip", zip("archive/data.pkl")],
  ["a NumPy archive", zip("images.npy")],
  ["an Office document", zip("[Content_Types].xml")],
  ["a zip archive", zip("notes.txt")],
  ["a Python pickle (of PyTorch?)", text("\x80\x02}q\0.")],
  ["a NumPy array", text("\x93NUMPY\x01\0")],
  ["an HDF5 file (of Keras?)", text("\x89HDF\r\n\x1a\n")],
  ["an HTML page", text("  <!-- saved -->\n<!DOCTYPE html>\n<html lang=en>")],
  ["an SVG drawing", text('<?xml version="1.0"?><svg/>')],
  ["an XML file", text('<?xml version="1.0"?><model/>')],
  ["a JSON file", text('{\n "format": "ductus-json" }')],
  ["a JSON file", text("[1, 2]")],
  ["a text file", text("# Ductus\n\nBM is not a picture, nor is MZ.\n")],
  ["a text file", new TextEncoder().encode("Ünïcödé ".repeat(300))],
  ["a tar archive", text(`model.bin${"\0".repeat(248)}ustar`)],
  ["an empty file", new Uint8Array()],
])("%s", (kind, bytes) => {
  expect(kindOfFile(bytes)).toBe(kind);
  const advice = kind === "a gzip file" ? ": unpack it first" : "";
  if (kind !== "an IDX file") {
    expect(() => idxDimensions({ name: "i", bytes }, 3)).toThrow(
      new FormatError("i", `expected IDX images, got ${kind}${advice}`),
    );
    expect(() => idxDimensions({ name: "l", bytes }, 1)).toThrow(`l: expected IDX labels, got ${kind}`);
  }
  if (kind === "a safetensors file") return;
  expect(() => decodeSafetensors(bytes, "m")).toThrow(`m: expected a model (safetensors), got ${kind}`);
});

test("what is unknown has no name", () => {
  for (const bytes of [text("\xc8\x01\x02\x03"), text("BM\x01\x02\x03"), text("a\0b"), text(" \n")]) {
    expect(kindOfFile(bytes)).toBeUndefined();
  }
});

test("a safetensors file is one whatever the length of its header looks like", () => {
  // Lengths whose bytes begin as a program, a gzip, a JPEG XL or a bitmap.
  for (const length of [0x5a4d, 0x8b1f, 0x0aff, 0x4d42]) {
    const head = new Uint8Array(16);
    new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
    head.set(text('{"'), 8);
    expect(kindOfFile(head)).toBe("a safetensors file");
  }
  const model = encodeSafetensors({ tensors: new Map(), metadata: new Map([["x", "y".repeat(0x8b00)]]) });
  expect(decodeSafetensors(model).metadata.size).toBe(1);
});
