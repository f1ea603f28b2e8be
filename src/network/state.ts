// All that training changes: of each slot that is saved, the parameters of layers 1..L. A copy of it is what a network
// falls back on when an epoch fails, and what its file holds.

import type { KernelNetwork, LayerParameters, TrainingConfig } from "../kernels/kernels.js";
import { currentSlot, type SlotName, savedSlots, slotNames, usedSlot } from "../kernels/slots.js";

/** [slot of savedSlots()][l - 1] */
export type State = readonly (readonly LayerParameters[])[];

/** A copy of the state of a network of so many layers, the input's included. */
export function readState(network: KernelNetwork, config: TrainingConfig, layers: number): State {
  return savedSlots(config).map((slot) => Array.from({ length: layers - 1 }, (_, i) => network.readLayer(i + 1, slot)));
}

/** Gives a network a state of the same configuration. */
export function writeState(network: KernelNetwork, config: TrainingConfig, state: State): void {
  for (const [s, slot] of savedSlots(config).entries()) {
    for (const [i, layer] of state[s].entries()) network.writeLayer(i + 1, layer, slot);
  }
}

/**
 * The state under another configuration. With the same optimiser, what it remembers is kept, else it begins at 0. An
 * average, or the best weights, begin with the weights unless there were some.
 */
export function convertState(state: State, before: TrainingConfig, after: TrainingConfig): State {
  const slots = new Map<SlotName, readonly LayerParameters[]>();
  for (const [s, slot] of savedSlots(before).entries()) slots.set(slotNames(before)[slot], state[s]);
  const weights = slots.get("weights") as readonly LayerParameters[];
  const zeros = weights.map(({ weights, biases }) => ({
    weights: weights.slice().fill(0),
    biases: biases.slice().fill(0),
  }));
  const sameOptimizer = before.optimizer === after.optimizer;
  return savedSlots(after).map((slot) => {
    const name = slotNames(after)[slot];
    if (name === "weights" || name === "average" || name === "best") return slots.get(name) ?? weights;
    return (sameOptimizer && slots.get(name)) || zeros;
  });
}

/** Copies the weights after an epoch to where the best ones are kept, in a network of so many layers. */
export function copyCurrent(network: KernelNetwork, config: TrainingConfig, layers: number): void {
  for (let l = 1; l < layers; l++) {
    network.writeLayer(l, network.readLayer(l, currentSlot(config)), usedSlot(config));
  }
}
