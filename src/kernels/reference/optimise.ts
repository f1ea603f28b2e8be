// What is done with a mini-batch's mean gradient g, weight by weight: weight decay, momentum, Nesterov's momentum,
// Adam, AdamW, and the running average of the weights. Pairs with assembly/optimise.ts, which names the sources.

import type { RealArray, TrainingConfig } from "../kernels.js";
import { averageSlot } from "../slots.js";
import { type Arithmetic, settled } from "./arithmetic.js";
import type { Layer } from "./layer.js";

/** What is kept for each parameter: [slot][l], as in slots.ts. */
export type Slots = readonly (readonly Layer[])[];

/**
 * Calls `step` with each run of parameters in all slots, and with its decay, which is 0 for biases; but not with those
 * that are frozen.
 */
function forAll(
  { frozen }: TrainingConfig,
  slots: Slots,
  decay: number,
  step: (slots: RealArray[], decay: number) => void,
): void {
  for (let l = frozen + 1; l < slots[0].length; l++) {
    const weights = slots.map((layers) => layers[l].weights);
    const biases = slots.map((layers) => layers[l].biases);
    step(weights, decay);
    step(biases, 0);
  }
}

/** Plain descent with decay, before its update:  w <- (1 - eta L) w. */
export function decayWeights({ round }: Arithmetic, config: TrainingConfig, slots: Slots, eta: number): void {
  if (config.optimizer !== "sgd" || config.weightDecay === 0) return;
  forAll(config, slots, round(config.weightDecay), ([weights], decay) => {
    if (decay === 0) return;
    const factor = round(1 - round(round(eta) * decay));
    // Never -0, which a sum over zeros would make 0.
    for (let i = 0; i < weights.length; i++) weights[i] = round(weights[i] * factor) + 0;
  });
}

/** After the update of mini-batch t, from 1 on. */
export function optimise(arithmetic: Arithmetic, config: TrainingConfig, slots: Slots, eta: number, t: number): void {
  const { optimizer, averaging } = config;
  if (optimizer === "momentum" || optimizer === "nesterov") momentum(arithmetic, config, slots, eta);
  else if (optimizer === "adam" || optimizer === "adamw") adam(arithmetic, config, slots, eta, t);
  if (averaging > 0) average(arithmetic, config, slots);
}

/** g += L w,   v <- mu v + g,   w <- w - eta v,   with Nesterov  w <- w - eta (g + mu v) */
function momentum({ round }: Arithmetic, config: TrainingConfig, slots: Slots, eta: number): void {
  const nesterov = config.optimizer === "nesterov";
  const [mu, rate] = [round(config.momentum), round(eta)];
  forAll(config, slots, round(config.weightDecay), ([w, g, v], decay) => {
    for (let i = 0; i < w.length; i++) {
      const gradient = round(g[i] + round(decay * w[i]));
      v[i] = settled(round(round(mu * v[i]) + gradient));
      w[i] -= round(rate * (nesterov ? round(gradient + round(mu * v[i])) : v[i]));
      g[i] = 0;
    }
  });
}

/**
 * g += L w,   m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2,
 * w <- w - eta / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps).
 * AdamW leaves L out of g, and takes w <- w - eta L w before.
 */
function adam({ round }: Arithmetic, config: TrainingConfig, slots: Slots, eta: number, t: number): void {
  const decoupled = config.optimizer === "adamw";
  const [beta1, beta2, epsilon] = [round(config.momentum), round(config.beta2), round(config.epsilon)];
  const [rest1, rest2] = [round(1 - beta1), round(1 - beta2)];
  const rate = round(eta);
  const meanRate = round(rate / (1 - power(beta1, t)));
  const root = round(Math.sqrt(1 - power(beta2, t)));
  forAll(config, slots, round(config.weightDecay), ([w, g, m, v], decay) => {
    const keep = round(1 - round(rate * decay));
    for (let i = 0; i < w.length; i++) {
      const gradient = round(g[i] + round((decoupled ? 0 : decay) * w[i]));
      m[i] = settled(round(round(beta1 * m[i]) + round(rest1 * gradient)));
      v[i] = settled(round(round(beta2 * v[i]) + round(rest2 * round(gradient * gradient))));
      const divisor = round(round(round(Math.sqrt(v[i])) / root) + epsilon);
      if (decoupled) w[i] = round(w[i] * keep) + 0;
      w[i] -= round(round(meanRate * m[i]) / divisor);
      g[i] = 0;
    }
  });
}

/** The running average of the weights, for evaluation:  e <- e + (1 - d) (w - e). */
function average({ round }: Arithmetic, config: TrainingConfig, slots: Slots): void {
  const rest = round(1 - round(config.averaging));
  const slot = averageSlot(config);
  forAll(config, slots, 0, (runs) => {
    const [w, mean] = [runs[0], runs[slot]];
    for (let i = 0; i < w.length; i++) mean[i] += round(rest * round(w[i] - mean[i]));
  });
}

/** base^t by repeated squaring. */
function power(base: number, t: number): number {
  let result = 1;
  for (let square = base; t !== 0; t >>>= 1, square *= square) if (t & 1) result *= square;
  return result;
}
