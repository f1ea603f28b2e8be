// What is kept for each weight and bias, in slots: slot 0 is the parameter itself, then comes the optimiser's state,
// then the running average, and last the best weights so far. assembly/optimise.ts addresses the slots of the optimiser
// and of the average in the same order; the module neither reads nor writes the slot of the best weights by itself.

import type { TrainingConfig } from "./kernels.js";

/** What a slot holds. */
export type SlotName = "weights" | "gradient" | "velocity" | "mean" | "variance" | "average" | "best";

/** The optimiser's state: the gradient, which is 0 between mini-batches, and what it remembers of earlier ones. */
function optimizerSlots({ optimizer }: TrainingConfig): SlotName[] {
  if (optimizer === "sgd") return [];
  if (optimizer === "adam" || optimizer === "adamw") return ["gradient", "mean", "variance"];
  return ["gradient", "velocity"];
}

/** The slots of a network trained by `config`, in order. */
export function slotNames(config: TrainingConfig): SlotName[] {
  const names: SlotName[] = ["weights", ...optimizerSlots(config)];
  if (config.averaging > 0) names.push("average");
  if (config.keepBest) names.push("best");
  return names;
}

/** How many slots there are. */
export function slotCount(config: TrainingConfig): number {
  return slotNames(config).length;
}

/** Where the running average is kept, if there is one. */
export function averageSlot(config: TrainingConfig): number {
  return 1 + optimizerSlots(config).length;
}

/** The slot that is evaluated, shown and exported: the best weights, or their average, or the weights themselves. */
export function usedSlot(config: TrainingConfig): number {
  return config.keepBest || config.averaging > 0 ? slotCount(config) - 1 : 0;
}

/** The slot that is validated after an epoch: as usedSlot(), but never the best weights of earlier epochs. */
export function currentSlot(config: TrainingConfig): number {
  return usedSlot({ ...config, keepBest: false });
}

/** The slots that are saved: all but the gradient. The last one is usedSlot(). */
export function savedSlots(config: TrainingConfig): number[] {
  const saved = slotNames(config).flatMap((name, slot) => (name === "gradient" ? [] : [slot]));
  return usedSlot(config) === 0 ? [...saved.slice(1), 0] : saved;
}
