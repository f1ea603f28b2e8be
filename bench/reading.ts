// npm run bench:reading: how many digits are read right on each kind of sheet, and how many pages of numbers are read
// whole, with the network of the page.
// --count N              digits of MNIST's test set a kind, 100 if not given
// --first N              the number of the first sheet of a kind, from which its digits and strengths follow. Those
//                        below 2,000,000 are for choosing constants by, the default is not
// --kind NAME            this kind only; may be repeated
// --model FILE           another network
// --idx IMAGES LABELS    also pictures of an IDX pair, as they are and eight times as large on a sheet
// --folder DIR           also pictures of a folder with a LABELS.csv: file,label

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { Network, type Pixels } from "ductus";
import {
  calibrationOf,
  deciderOf,
  decodePng,
  type Picture,
  parseDataset,
  type ReadDigits,
  readDigits,
  toDigit,
  verdict,
} from "ductus/formats";
import { loadMnist } from "ductus/node";
import { draw, KINDS } from "./reading/kinds.js";
import { drawPage, PAGES } from "./reading/numbers.js";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "100" },
    first: { type: "string", default: "2000000" },
    kind: { type: "string", multiple: true, default: [...Object.keys(KINDS), ...Object.keys(PAGES)] },
    model: { type: "string", default: "src/pretrained/pretrained.bin" },
    idx: { type: "string" },
    folder: { type: "string" },
  },
});

/** The bytes of a file, unpacked if they are gzip's. */
function bytesOf(file: string): Uint8Array {
  const bytes = readFileSync(file);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

const idxFile = (name: string) => ({ name, bytes: bytesOf(name) });

const network = await Network.load(bytesOf(options.model), { threads: 1 });
const decider = deciderOf(network);
const calibration = calibrationOf(network.metadata);
const { test } = loadMnist();
const imageOf = (images: Pixels, index: number, size: number) =>
  Uint8Array.from(images.subarray(index * size, (index + 1) * size));

const first = Number(options.first);

interface Example {
  readonly picture: Picture;
  readonly label: number;
}

function* made(kind: string, count: number): Generator<Example> {
  // Steps of 37 take digits of all writers.
  for (let i = first; i < first + count; i++) {
    const index = (i * 37) % test.length;
    yield { picture: draw(kind, imageOf(test.images, index, 784), i), label: test.labels[index] };
  }
}

function* pairs(images: string, labels: string, scale: number): Generator<Example> {
  const data = parseDataset(idxFile(images), idxFile(labels));
  const side = Math.sqrt(data.images.length / data.length);
  const margin = scale === 1 ? 0 : 2 * scale;
  const width = side * scale + 2 * margin;
  for (let i = 0; i < data.length; i++) {
    const image = imageOf(data.images, i, side * side);
    const sheet = new Uint8Array(width * width);
    for (let y = 0; y < side * scale; y++) {
      for (let x = 0; x < side * scale; x++) {
        sheet[(y + margin) * width + x + margin] = image[Math.floor(y / scale) * side + Math.floor(x / scale)];
      }
    }
    yield { picture: { width, height: width, channels: 1, depth: 8, data: sheet }, label: data.labels[i] };
  }
}

function* folder(path: string): Generator<Example> {
  for (const line of readFileSync(join(path, "LABELS.csv"), "utf8").split(/\r?\n/)) {
    const [file, label] = line.split(",");
    if (!/^\d$/.test(label ?? "")) continue; // a heading, or an empty line
    yield { picture: decodePng(readFileSync(join(path, file)), file), label: Number(label) };
  }
}

function report(kind: string, examples: Iterable<Example>): void {
  let [n, right, refused, time] = [0, 0, 0, 0];
  for (const { picture, label } of examples) {
    n++;
    const start = performance.now();
    try {
      const { activations } = decider.predict(toDigit(picture, network));
      time += performance.now() - start;
      if (verdict(activations, calibration).label === label) right++;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused++;
    }
  }
  printRow(kind, n, right, refused, time / Math.max(1, n - refused));
}

function textOf({ numbers }: ReadDigits): string {
  return numbers.map(({ text, line }, i) => (i === 0 ? "" : numbers[i - 1].line === line ? " " : "\n") + text).join("");
}

/** How many pages of a kind are read whole, with all spaces and lines. */
function reportPages(kind: string, count: number): void {
  const digitAt = (index: number) => {
    const i = index % test.length;
    return { image: imageOf(test.images, i, 784), label: test.labels[i] };
  };
  let [right, refused, time] = [0, 0, 0];
  for (let i = first; i < first + count; i++) {
    const { picture, text } = drawPage(kind, digitAt, i);
    const start = performance.now();
    try {
      if (textOf(readDigits(picture, network)) === text) right++;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused++;
    }
    time += performance.now() - start;
  }
  printRow(kind, count, right, refused, time / count);
}

function printRow(kind: string, n: number, right: number, refused: number, milliseconds: number): void {
  const share = `${((100 * right) / n).toFixed(1)} %`;
  const each = `${milliseconds.toFixed(1)} ms`;
  console.log(`| ${kind.padEnd(30)} | ${String(n).padStart(5)} | ${share.padStart(7)} | ${refused} | ${each} |`);
}

const date = new Date().toISOString().slice(0, 10);
console.log(`${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}, ${date}\n`);
console.log("| kind | n | read right | refused | time |\n|---|--:|--:|--:|--:|");
for (const kind of options.kind) {
  if (kind in PAGES) reportPages(kind, Number(options.count));
  else if (kind in KINDS) report(kind, made(kind, Number(options.count)));
  else throw new RangeError(`--kind: expected one of ${Object.keys({ ...KINDS, ...PAGES }).join("; ")}, got ${kind}`);
}
if (options.idx !== undefined) {
  if (positionals.length !== 1) throw new RangeError("--idx: expected two files, IMAGES and LABELS");
  for (const scale of [1, 8]) report(`IDX pair x ${scale}`, pairs(options.idx, positionals[0], scale));
}
if (options.folder !== undefined) report("folder", folder(options.folder));
