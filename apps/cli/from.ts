// ductus train --from: another model's weights instead of random ones.

import type { Dataset, Network } from "ductus";
import { shellWord, UsageError, Values } from "ductus/recipe";
import { readModel } from "./model-file.js";
import { formatCount } from "./terminal.js";

/**
 * The model that a training starts from, and the options with its layers and functions; undefined and the same options
 * if there is none.
 * @throws {UsageError} for options that contradict the model
 */
export async function readStart(values: Values): Promise<{ readonly start?: Network; readonly values: Values }> {
  const path = values.path("from");
  if (path === undefined) return { values };
  const start = await readModel(path, { threads: 1 });
  const own = { hidden: start.layers.slice(1, -1).join(",") || "none", activation: start.activation };
  for (const [name, text] of Object.entries(own)) {
    const given = values.given[name];
    if (given === undefined || given === text) continue;
    throw new UsageError(
      `--${name}: expected ${text}, as ${path} has it, got ${given}: leave it out, or leave out --from`,
    );
  }
  const given = { cost: start.cost, ...values.given, ...own };
  return { start, values: new Values(given, values.args, values.options) };
}

/**
 * Gives a network the weights of a model, all layers or, where its classes are others, all but the last. Returns what a
 * user is told of it.
 * @throws {Error} if the model is for images of another size
 */
export function startFrom(start: Network, network: Network, training: Dataset, path: string): string {
  const [inputs] = start.layers;
  if (training.inputs !== inputs) {
    throw new Error(
      `${path}: expected a model for images of ${formatCount(training.inputs)} pixels, as the data have, ` +
        `got one for ${formatCount(inputs)}: train another with \`ductus train\`, or give other data`,
    );
  }
  const last = start.layers.length - 1;
  const same = start.layers[last] === training.classes && sameNames(start.classNames, training.classNames);
  for (let l = 1; l <= (same ? last : last - 1); l++) network.setParameters(l, start.parameters(l));
  const layers = same ? "all layers" : last === 1 ? "no layer, since its classes are others" : othersOf(last);
  return `from ${shellWord(path)}: ${layers}`;
}

function othersOf(last: number): string {
  const kept = last === 2 ? "layer 1" : `layers 1 to ${last - 1}`;
  return `${kept}; layer ${last} is new, since its classes are others`;
}

/** Whether classes are the same: those without names are called by their numbers. */
function sameNames(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
