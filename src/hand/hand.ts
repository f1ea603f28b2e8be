// The training data of the preset hand: MNIST's images, as many digits made of them as other hands and pictures show
// them, and pictures of what is no digit, as an eleventh class.

import { Dataset } from "../data/dataset.js";
import { enlarged, toImage } from "./canvas.js";
import { leaning, withAdded } from "./digits.js";
import { Draw } from "./draw.js";
import { type Source, type Sources, stranger } from "./strangers.js";
import { worn } from "./wear.js";
import { writtenDigit } from "./written.js";

/** The label of what is no digit. */
export const NO_DIGIT = 10;
const PIXELS = 784;
/** The kinds of pictures, whose random draws have nothing in common. */
const KIND = { digit: 0, written: 1, stranger: 2 } as const;

/** How many pictures are made for each training image. */
export interface Shares {
  readonly digits: number;
  readonly written: number;
  readonly strangers: number;
}

/** A digit of MNIST as other hands and pictures show it. */
export function madeDigit({ image, label }: Source, draw: Draw): Uint8Array {
  return toImage(worn(leaning(withAdded(enlarged(image), label, draw), draw), draw));
}

/** @param digits images of 28 x 28 bytes in ten classes */
export function withMade(digits: Dataset, seed: number, shares: Shares): Dataset {
  const { length } = digits;
  const sourceOf = (i: number): Source => ({
    image: digits.images.subarray(i * PIXELS, (i + 1) * PIXELS) as Uint8Array,
    label: digits.labels[i],
  });
  const sources: Sources = (draw) => sourceOf(draw.below(length));
  const counts = [shares.digits, shares.written, shares.strangers].map((share) => Math.round(share * length));
  const total = length + counts[0] + counts[1] + counts[2];
  const images = new Uint8Array(total * PIXELS);
  const labels = new Uint8Array(total);
  images.set(digits.images as Uint8Array);
  labels.set(digits.labels);
  let at = length;
  const put = (image: Uint8Array, label: number) => {
    images.set(image, at * PIXELS);
    labels[at++] = label;
  };
  for (let i = 0; i < counts[0]; i++) {
    const source = sourceOf(i % length);
    put(madeDigit(source, new Draw(seed, KIND.digit, i)), source.label);
  }
  for (let i = 0; i < counts[1]; i++) {
    const draw = new Draw(seed, KIND.written, i);
    const { sheet, label } = writtenDigit(draw);
    put(toImage(worn(leaning(sheet, draw), draw)), label);
  }
  for (let i = 0; i < counts[2]; i++) {
    const draw = new Draw(seed, KIND.stranger, i);
    put(toImage(worn(stranger(draw, sources), draw)), NO_DIGIT);
  }
  return new Dataset({ images, labels, classes: NO_DIGIT + 1, columns: digits.columns });
}
