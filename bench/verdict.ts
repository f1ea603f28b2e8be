// npm run bench:verdict: how well a network tells digits from what is none, and what its confidence is worth.
// --model FILE                another network than that of the package
// --count N                   pictures of each kind drawn here, 200 if not given
// --digits IMAGES,LABELS      an IDX pair of digits by other hands; enlarged to 160 pixels at least; may be repeated
// --strangers IMAGES,LABELS   an IDX pair of what is no digit; may be repeated

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { Network } from "ductus";
import {
  areaUnderCurve,
  calibrationError,
  calibrationOf,
  deciderOf,
  type Picture,
  parseDataset,
  sharesOf,
  toDigit,
  type Verdict,
  verdict,
} from "ductus/formats";
import { loadMnist } from "ductus/node";
import { randomOf } from "./reading/canvas.js";
import { STRANGERS } from "./reading/strangers.js";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "src/pretrained/pretrained.bin" },
    count: { type: "string", default: "200" },
    digits: { type: "string", multiple: true, default: [] },
    strangers: { type: "string", multiple: true, default: [] },
  },
});

/** The bytes of a file, unpacked if they are gzip's. */
function bytesOf(file: string): Uint8Array {
  const bytes = readFileSync(file);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

const network = await Network.load(bytesOf(options.model), { threads: 1 });
const calibration = calibrationOf(network.metadata, options.model, network.layers.at(-1));
const decider = deciderOf(network);
const { test } = loadMnist();
const imageOf = (i: number) => test.images.slice(i * 784, (i + 1) * 784) as Uint8Array;

/** A verdict, and the share of what is no digit, by which it rejects. */
interface Reading extends Verdict {
  readonly none: number;
}

function read(image: Uint8Array): Reading {
  const { activations } = decider.predict(image);
  return { ...verdict(activations, calibration), none: sharesOf(activations, calibration).none };
}

/** A picture that is seen as blank is not read at all. */
function readPicture(picture: Picture): Reading | undefined {
  try {
    return read(toDigit(picture));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Images of an IDX pair, ink light, enlarged and with a margin. */
function* pictures(pair: string): Generator<{ picture: Picture; label: number }> {
  const [images, labels] = pair.split(",").map((name) => ({ name, bytes: bytesOf(name) }));
  const { images: pixels, labels: truth, length, columns } = parseDataset(images, labels);
  const scale = Math.max(1, Math.ceil(128 / columns));
  const margin = 2 * scale;
  const width = columns * scale + 2 * margin;
  for (let i = 0; i < length; i++) {
    const data = new Uint8Array(width * width);
    for (let y = 0; y < columns * scale; y++) {
      for (let x = 0; x < columns * scale; x++) {
        const pixel = pixels[(i * columns + Math.floor(y / scale)) * columns + Math.floor(x / scale)];
        data[(y + margin) * width + x + margin] = pixel;
      }
    }
    yield { picture: { width, height: width, channels: 1, depth: 8, data }, label: truth[i] };
  }
}

interface Group {
  readonly name: string;
  readonly verdicts: readonly (Reading | undefined)[];
  readonly labels?: readonly number[];
}

const digits: Group[] = [
  {
    name: "MNIST test",
    verdicts: Array.from({ length: test.length }, (_, i) => read(imageOf(i))),
    labels: Array.from(test.labels),
  },
  ...options.digits.map((pair) => {
    const all = [...pictures(pair)];
    const name = basename(pair.split(",")[0]);
    return { name, verdicts: all.map(({ picture }) => readPicture(picture)), labels: all.map(({ label }) => label) };
  }),
];
const random = randomOf(7);
const anyDigit = (next: () => number) => imageOf(Math.floor(next() * test.length));
const strangers: Group[] = [
  ...Object.entries(STRANGERS).map(([name, draw]) => ({
    name,
    verdicts: Array.from({ length: Number(options.count) }, () => readPicture(draw(random, anyDigit))),
  })),
  ...options.strangers.map((pair) => ({
    name: basename(pair.split(",")[0]),
    verdicts: [...pictures(pair)].map(({ picture }) => readPicture(picture)),
  })),
];

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const shareOf = <T>(all: readonly T[], is: (one: T) => boolean) => percent(all.filter(is).length / all.length);

console.log("| digits | n | read right | refused | called no digit | sure | of these right | confidence | ECE |");
console.log("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
const wellRead: Reading[] = [];
for (const { name, verdicts, labels = [] } of digits) {
  const answers = verdicts.flatMap((one, i) =>
    one === undefined ? [] : [{ ...one, isRight: one.label === labels[i] }],
  );
  const right = answers.filter(({ isRight }) => isRight);
  wellRead.push(...(name === "MNIST test" && digits.length > 1 ? [] : right));
  const sure = answers.filter(({ kind }) => kind === "sure");
  const error = calibrationError(
    answers.map(({ confidence }) => confidence),
    answers.map(({ isRight }) => isRight),
  );
  const mean = answers.reduce((sum, { confidence }) => sum + confidence, 0) / answers.length;
  const cells = [
    name,
    labels.length,
    `${right.length} = ${percent(right.length / labels.length)}`,
    labels.length - answers.length,
    shareOf(answers, ({ kind }) => kind === "not a digit"),
    shareOf(answers, ({ kind }) => kind === "sure"),
    shareOf(sure, ({ isRight }) => isRight),
    percent(mean),
    percent(error),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

/** What says that it is a digit: the share of all digits together. A picture without ink is surely none. */
const scoreOf = (one: Reading | undefined) => 1 - (one?.none ?? 1);
const scores = wellRead.map(scoreOf);
const least = [...scores].sort((a, b) => a - b)[Math.floor(0.05 * scores.length)];
console.log(`\n95 % of ${scores.length} pictures read right have a share of digits of ${least.toFixed(3)} or more.\n`);
console.log(
  "| no digits | n | called no digit | called sure | rejected at 95 % kept | AUROC |\n|---|--:|--:|--:|--:|--:|",
);
for (const { name, verdicts } of [
  ...strangers,
  { name: "all", verdicts: strangers.flatMap((group) => group.verdicts) },
]) {
  const others = verdicts.map(scoreOf);
  const cells = [
    name,
    verdicts.length,
    shareOf(verdicts, (one) => one === undefined || one.kind === "not a digit"),
    shareOf(verdicts, (one) => one?.kind === "sure"),
    shareOf(others, (score) => score < least),
    percent(areaUnderCurve(scores, others)),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
// However many pictures of a kind there are.
const mean = (of: (others: readonly number[]) => number) =>
  percent(strangers.reduce((sum, { verdicts }) => sum + of(verdicts.map(scoreOf)), 0) / strangers.length);
const rejected = mean((others) => others.filter((score) => score < least).length / others.length);
console.log(`| each kind alike | | | | ${rejected} | ${mean((others) => areaUnderCurve(scores, others))} |`);
network.dispose();
