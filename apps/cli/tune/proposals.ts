// What is tried next: random settings, or those that a model of the results so far finds promising, a tree-structured
// Parzen estimator (Bergstra and others, 2011): of the settings x that it draws, the one where l(x) / g(x) is largest,
// with the density l of the best trials and g of the others. Proposals come in generations of fixed size, each from the
// results of all before it: so they depend neither on the number of workers nor on who is ready first. The kernels are
// quotients, since exp and log differ between engines.

import { RandomStream, TUNE } from "ductus/recipe";
import type { Outcome } from "./halving.js";
import { ranked } from "./halving.js";
import { type Draw, drawTrial, type Parameter, type Space, settingsAt } from "./space.js";

/** The part of the trials that is random, and the part that each later generation has. */
const RANDOM_PART = 3;
const GENERATION_PART = 9;
/** The part of the results that counts as good. */
const GOOD_PART = 4;
/** Settings that are drawn for each that is proposed. */
const CANDIDATES = 24;
/** The weight of the uniform density beside those of the trials: what is far from all of them is possible, too. */
const PRIOR = 1;
/** Apart from the streams of random trials, which have the numbers of the trials. */
const STREAM = 2 ** 20;

/** How many trials each generation has. */
export function generationsOf(trials: number): number[] {
  const sizes = [Math.ceil(trials / RANDOM_PART)];
  const size = Math.ceil(trials / GENERATION_PART);
  for (let left = trials - sizes[0]; left > 0; left -= size) sizes.push(Math.min(size, left));
  return sizes;
}

/**
 * Trials `first` to `first + count - 1`, from 0, by the results of all before them.
 * @param before the draws of the trials before, with which the outcomes agree
 */
export function propose(
  space: Space,
  seed: number,
  before: readonly Draw[],
  outcomes: readonly Outcome[],
  count: number,
): Draw[] {
  const first = before.length;
  if (first === 0) return Array.from({ length: count }, (_, i) => drawTrial(space, seed, i));
  const order = ranked(outcomes).map(({ trial }) => before[trial - 1].point);
  const goods = Math.max(2, Math.ceil(order.length / GOOD_PART));
  const [good, bad] = [order.slice(0, goods), order.slice(goods)];
  return Array.from({ length: count }, (_, i) =>
    promising(space, new RandomStream(seed, TUNE, STREAM + first + i), good, bad),
  );
}

/** The most promising of some settings that are drawn about the good ones. */
function promising(
  { parameters }: Space,
  random: RandomStream,
  good: readonly (readonly number[])[],
  bad: readonly (readonly number[])[],
): Draw {
  const width = widthOf(good.length);
  let best: { readonly point: readonly number[]; readonly ratio: number } | undefined;
  for (let candidate = 0; candidate < CANDIDATES; candidate++) {
    const point = parameters.map((parameter, k) => {
      const centre = random.nextBelow(good.length + PRIOR);
      return centre === good.length ? anywhere(parameter, random) : about(parameter, good[centre][k], width, random);
    });
    const ratio = parameters.reduce(
      (product, parameter, k) =>
        (product * density(parameter, good, k, point[k])) / density(parameter, bad, k, point[k]),
      1,
    );
    if (best === undefined || ratio > best.ratio) best = { point, ratio };
  }
  return settingsAt(parameters, (_, k) => (best as { readonly point: readonly number[] }).point[k]);
}

function anywhere(parameter: Parameter, random: RandomStream): number {
  return "choices" in parameter ? random.nextBelow(parameter.choices.length) : random.nextWord() / 2 ** 32;
}

/** A place near another one: the sum of three even numbers is nearly normal. A choice is the same. */
function about(parameter: Parameter, centre: number, width: number, random: RandomStream): number {
  if ("choices" in parameter) return centre;
  const even = () => random.nextWord() / 2 ** 32 - 0.5;
  const place = centre + 2 * width * (even() + even() + even());
  return Math.min(1 - 2 ** -32, Math.max(0, place));
}

/** The width of a kernel: the more trials, the narrower. */
function widthOf(trials: number): number {
  return Math.max(0.03, 0.5 / Math.sqrt(1 + trials));
}

/** The density of trials at a place of a parameter, up to a factor. */
function density(parameter: Parameter, points: readonly (readonly number[])[], k: number, place: number): number {
  const total = points.length + PRIOR;
  if ("choices" in parameter) {
    const same = points.filter((point) => point[k] === place).length;
    return (same + PRIOR / parameter.choices.length) / total;
  }
  const width = widthOf(points.length);
  const sum = points.reduce((sum, point) => {
    const distance = (place - point[k]) / width;
    const quotient = 1 / (1 + distance * distance);
    return sum + (quotient * quotient) / width;
  }, 0);
  return (sum + PRIOR) / total;
}
