// Several digits on one sheet, told from one digit in several strokes by the rule of `ductus predict`.

import {
  type Calibration,
  countDigits,
  type DigitReader,
  type FoundDigit,
  type Picture,
  readDigits,
  verdict,
} from "ductus/formats";

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
export function numbersIn(
  picture: Picture,
  found: FoundDigit,
  reader: DigitReader,
  calibration: Calibration | undefined,
): Numbers | undefined {
  const worth = (activations: ArrayLike<number>) => verdict(activations, calibration);
  if (countDigits(picture, found, reader, worth) < 2) return undefined;
  const { numbers } = readDigits(picture, reader, { verdict: worth });
  const all = numbers.flatMap((number) => number.digits);
  if (all.length < 2) return undefined;
  return {
    count: all.length,
    text: numbers.map(({ text }) => text).join(" "),
    sure: areSure(all, calibration),
  };
}

function areSure(digits: readonly { confidence: number }[], calibration: Calibration | undefined): boolean | undefined {
  return calibration && digits.every(({ confidence }) => confidence >= calibration.sure);
}
