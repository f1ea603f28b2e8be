// Several digits on one sheet, told from one digit in several strokes by the rule of `ductus predict`.

import { type Calibration, type FoundDigit, type Picture, type Region, readDigits, verdict } from "ductus/formats";
import type { Model } from "../models.js";

/** From this confidence on, one piece is one digit, and a part of a sheet is a digit of its own. */
const SURE = 0.9;

/** The digits of a sheet. */
export interface Numbers {
  /** How many there are: at least 2. */
  readonly count: number;
  /** The numbers that they form, in reading order, with spaces between. */
  readonly text: string;
  /** Whether the network is sure of each digit; undefined if it has no calibration. */
  readonly sure: boolean | undefined;
}

/**
 * Reads the numbers of a picture; undefined if it shows one digit.
 * @param found what findDigit() finds on it
 */
export function numbersIn(picture: Picture, found: FoundDigit, { network, calibration }: Model): Numbers | undefined {
  const worth = (activations: ArrayLike<number>) => verdict(activations, calibration);
  const { pixels, box, digits, pieces } = found;
  const looksLikeOne = digits === 1 && pieces.length === 1;
  if (looksLikeOne && worth(network.predict(pixels).activations).confidence >= SURE) return undefined;
  const { numbers } = readDigits(picture, network, { verdict: worth });
  const all = numbers.flatMap((number) => number.digits);
  const own = all.filter((digit) => digit.confidence >= SURE && isWithin(digit.box, box));
  if (all.length < 2 || Math.max(digits, own.length) < 2) return undefined;
  return {
    count: all.length,
    text: numbers.map(({ text }) => text).join(" "),
    sure: areSure(all, calibration),
  };
}

function areSure(digits: readonly { confidence: number }[], calibration: Calibration | undefined): boolean | undefined {
  return calibration && digits.every(({ confidence }) => confidence >= calibration.sure);
}

/** Whether the middle of one region is in the other. */
function isWithin({ left, top, right, bottom }: Region, outer: Region): boolean {
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return outer.left < x && x < outer.right && outer.top < y && y < outer.bottom;
}
