// What reads a digit, and what its activations say.

import { checkArgument, checkScores } from "../arguments.js";
import type { Pixels } from "../data/samples.js";
import type { Cost } from "../kernels/kernels.js";
import { type Calibration, calibrationOf, type Verdict, verdict } from "./verdict.js";

/** What reads images: Network does. */
export interface ImageReader<P extends Pixels = Uint8Array> {
  /** The activations of an image. */
  predict(image: P): {
    /** [classes], 0 to 1 */
    readonly activations: ArrayLike<number>;
  };
  /** As predict(), of many images, where that takes less time than as many calls. */
  predictAll?(images: readonly P[]): readonly ReturnType<ImageReader<P>["predict"]>[];
  /** Where its calibration is, if it has one: see calibrationOf(). */
  readonly metadata?: ReadonlyMap<string, string>;
  /** Its cost: with "log-likelihood" the activations are shares of one whole. */
  readonly cost?: Cost;
}

/**
 * What reads digits in MNIST's form: 28 x 28 levels, 0 paper to 255 ink. Its first ten classes are the digits 0 to 9;
 * those from the eleventh on are no digits.
 */
export type DigitReader = ImageReader<Uint8Array>;

/** What activations say: the digit, and how sure it is; its kind, where the network knows what is no digit. */
export type Judge = (activations: ArrayLike<number>) => {
  /** The likeliest digit, 0 to 9. */
  readonly label: number;
  /** How sure that is, 0 to 1; from 0.9 on, what was looked at is taken for one digit. */
  readonly confidence: number;
  /** Whether it is a digit at all, and sure. */
  readonly kind?: Verdict["kind"];
};

/** Classes from the eleventh on are no digits. */
const DIGIT_CLASSES = 10;

/** @throws {TypeError} if it cannot read */
export function checkReader(reader: DigitReader): void {
  checkArgument("network", "an object with predict()", reader, typeof reader?.predict === "function");
  if (reader.predictAll !== undefined) {
    checkArgument("network.predictAll", "a function", reader.predictAll, typeof reader.predictAll === "function");
  }
}

/** What a reader's activations say: by its own calibration, if it has one. */
export function judgeOf({ metadata }: DigitReader): Judge {
  if (metadata === undefined || calibrationOf(metadata, "network") === undefined) return shareOfLargest;
  let calibration: Calibration | undefined;
  return (activations) => {
    checkScores("activations", activations);
    calibration ??= calibrationOf(metadata, "network", activations.length);
    const worth = verdict(activations, calibration);
    return worth.label < DIGIT_CLASSES ? worth : shareOfLargest(activations);
  };
}

/** The largest of the ten digits' activations, as a share of all activations; those of other classes are no digits'. */
function shareOfLargest(activations: ArrayLike<number>): { label: number; confidence: number } {
  const all = Array.from(activations);
  const digits = all.slice(0, DIGIT_CLASSES);
  const largest = Math.max(...digits);
  return {
    label: digits.indexOf(largest),
    confidence:
      largest /
      Math.max(
        1,
        all.reduce((sum, a) => sum + a, 0),
      ),
  };
}
