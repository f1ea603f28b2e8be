// The training data of the preset hand: MNIST's images, as many digits made of them as other hands and pictures show
// them, and pictures of what is no digit, as an eleventh class.

import { checkArgument } from "../arguments.js";
import { Dataset } from "../data/dataset.js";
import { checkObject } from "../errors.js";
import { checkKnown } from "../options/known.js";
import { MADE } from "../options/made.js";
import { checkRange, RANGES } from "../ranges.js";
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

/** The shares of MNIST's digits changed and of digits of strokes in made pictures, in ninths; four are no digits. */
const PARTS = { digits: 3, written: 2 } as const;

/** A digit of MNIST as other hands and pictures show it. */
function madeDigit({ image, label }: Source, draw: Draw): Uint8Array {
  return toImage(worn(leaning(withAdded(enlarged(image), label, draw), draw), draw));
}

/** What of a recipe is about made pictures. */
export interface MadeOptions {
  /** Pictures made for each image, 0 to 10; undefined for none. */
  readonly made?: number;
  /** Decides the pictures, with the images: a whole number from 0 to 2^32 - 1. */
  readonly seed: number;
}

/**
 * Images of digits, and after them the pictures that a recipe asks to be made, the last of them in a class of their
 * own: 10, no digit. The same images and seed give the same pictures on every machine.
 * @param digits images of 28 x 28 bytes in ten classes, as MNIST's
 * @throws {RangeError} if they are others, and pictures are to be made
 */
export function withMade(digits: Dataset, options: MadeOptions): Dataset {
  checkArgument("digits", "a Dataset", digits, digits instanceof Dataset);
  checkObject("options", options);
  checkKnown("withMade", options, { made: true, seed: true } satisfies Record<keyof MadeOptions, true>);
  const { made, seed } = options;
  checkRange("seed", seed, RANGES.seed);
  if (made === undefined || made === 0) return digits;
  checkRange("made", made, MADE);
  const { length, images: pixels, inputs, columns, classes } = digits;
  if (pixels instanceof Float32Array || inputs !== PIXELS || columns !== 28 || classes !== NO_DIGIT) {
    throw new RangeError(
      `made: expected images of 28 x 28 bytes in ${NO_DIGIT} classes to make pictures of, ` +
        `got ${inputs / columns} x ${columns} in ${classes} (leave out --made)`,
    );
  }
  const sourceOf = (i: number): Source => ({
    image: pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
    label: digits.labels[i],
  });
  const sources: Sources = (draw) => sourceOf(draw.below(length));
  const countOf = (part: number) => Math.round((made * length * part) / 9);
  const [changed, written] = [countOf(PARTS.digits), countOf(PARTS.written)];
  const strangers = Math.round(made * length) - changed - written;
  const total = length + changed + written + strangers;
  const images = new Uint8Array(total * PIXELS);
  const labels = new Uint8Array(total);
  images.set(pixels);
  labels.set(digits.labels);
  let at = length;
  const put = (image: Uint8Array, label: number) => {
    images.set(image, at * PIXELS);
    labels[at++] = label;
  };
  for (let i = 0; i < changed; i++) {
    const source = sourceOf(i % length);
    put(madeDigit(source, new Draw(seed, KIND.digit, i)), source.label);
  }
  for (let i = 0; i < written; i++) {
    const draw = new Draw(seed, KIND.written, i);
    const { sheet, label } = writtenDigit(draw);
    put(toImage(worn(leaning(sheet, draw), draw)), label);
  }
  for (let i = 0; i < strangers; i++) {
    const draw = new Draw(seed, KIND.stranger, i);
    put(toImage(worn(stranger(draw, sources), draw)), NO_DIGIT);
  }
  return new Dataset({ images, labels, classes: NO_DIGIT + 1, columns });
}
