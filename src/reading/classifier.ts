// How the choices of a line are read: all that may be digits once, and in the end those closer that are in doubt.

import { checkArgument } from "../arguments.js";
import type { Grid } from "./grid.js";
import type { Choice, Classify, Reading } from "./lattice.js";
import { normalise } from "./normalise.js";
import type { DigitReader, Judge } from "./reader.js";
import type { Segment } from "./segments.js";
import { deciderOf } from "./variants.js";
import { calibrationOf } from "./verdict.js";
import { CROWDED } from "./view.js";

/** What is read of a page at most: choices of segments, and their cells. */
const MOST_READ = { choices: 1400, cells: 2 ** 26 };

/**
 * Reads neighbouring segments in MNIST's form; each choice of segments once.
 * @throws {RangeError} if there are more choices to read than a page of digits has
 */
export function classifierOf(reader: DigitReader, ink: Grid, judge: Judge): Classify {
  // By the first of the segments, then by how many they are.
  const known = new Map<Segment, ReturnType<Judge>[]>();
  let [count, cells] = [0, 0];
  return (choices) => {
    const unread = choices.filter(({ segments }) => known.get(segments[0])?.[segments.length] === undefined);
    count += unread.length;
    for (const { box } of unread) cells += (box.right - box.left) * (box.bottom - box.top);
    if (count > MOST_READ.choices || cells > MOST_READ.cells) throw new RangeError(CROWDED);
    const forms = unread.map((choice) => formOf(ink, choice));
    const predictions = reader.predictAll?.(forms) ?? forms.map((form) => reader.predict(form));
    const isWhole = Array.isArray(predictions) && predictions.length === forms.length;
    checkArgument("network.predictAll()", `an array of ${forms.length} predictions`, predictions, isWhole);
    for (const [i, { segments }] of unread.entries()) {
      const worths = known.get(segments[0]) ?? [];
      known.set(segments[0], worths);
      worths[segments.length] = judge(predictions[i].activations);
    }
    return choices.map(({ segments }) => (known.get(segments[0]) as ReturnType<Judge>[])[segments.length]);
  };
}

/** Ink in MNIST's form. */
function formOf(ink: Grid, { segments, box }: Choice): Uint8Array {
  return normalise(
    ink,
    box,
    segments.map((segment) => segment.cells),
  );
}

/** Reads the digits of a page again that the network is not sure of, by variants if its calibration says so. */
export function secondLook(reader: DigitReader, ink: Grid, judge: Judge): (digit: Reading) => Reading {
  const decider = deciderOf(reader);
  if (decider === reader) return (digit) => digit;
  const sure = calibrationOf(reader.metadata ?? new Map(), "network")?.sure ?? 1;
  return (digit) => {
    if (digit.confidence >= sure) return digit;
    const { label, confidence } = judge(decider.predict(formOf(ink, digit)).activations);
    return { ...digit, label, confidence };
  };
}
