// Learning rates that change from epoch to epoch. They take additions, multiplications and divisions only, and so have
// the same bits in every engine.

import { checkArgument } from "../arguments.js";
import { series } from "../kernels/reference/series.js";
import { checkRange, RANGES } from "../ranges.js";

/** The learning rate of an epoch, counted from 1. */
export type Schedule = (epoch: number) => number;

/**
 * Rises to `rate` over so many epochs, 0 to 1,000,000, then follows `schedule`, whose first epoch is the one after.
 * @throws {TypeError | RangeError} for a number that cannot be used, or if the schedule is not a function
 */
export function warmUp(epochs: number, rate: number, schedule: Schedule): Schedule {
  checkRange("epochs", epochs, RANGES.warmUp);
  checkRange("learning rate", rate, RANGES.learningRate);
  checkArgument("schedule", "a function, as cosineSchedule() makes it", schedule, typeof schedule === "function");
  return (epoch) => (epoch <= epochs ? (rate * epoch) / (epochs + 1) : schedule(epoch - epochs));
}

/**
 * rate * factor^k in epochs k * every + 1 to (k + 1) * every, but not less than the smallest f32.
 * @throws {TypeError | RangeError} unless `every` is a whole number from 1 on, and `factor` above 0 and at most 1
 */
export function stepSchedule(rate: number, every: number, factor: number): Schedule {
  checkRange("learning rate", rate, RANGES.learningRate);
  checkRange("every", every, RANGES.epochs);
  checkRange("factor", factor, RANGES.factor);
  return (epoch) => {
    let eta = rate;
    for (let k = Math.floor((epoch - 1) / every); k > 0 && eta > RANGES.learningRate.min; k--) eta *= factor;
    return Math.max(eta, RANGES.learningRate.min);
  };
}

/**
 * Falls along half a cosine from `rate` in epoch 1 towards 0, which it would reach in epoch `epochs` + 1.
 * @throws {TypeError | RangeError} unless `epochs` is a whole number from 1 on
 */
export function cosineSchedule(rate: number, epochs: number): Schedule {
  checkRange("learning rate", rate, RANGES.learningRate);
  checkRange("epochs", epochs, RANGES.epochs);
  return (epoch) => (rate * (1 + cosine(Math.min(1, (epoch - 1) / epochs)))) / 2;
}

/** cos(pi x) for 0 <= x <= 1, by its series about the middle, where it is an odd function: -sin(pi (x - 1/2)). */
function cosine(x: number): number {
  const t = Math.PI * (x - 0.5);
  return -series(t, t * t, 3);
}
