// The mean of networks, as in federated averaging: each was trained on data that stay where they are. Source: McMahan
// et al., Communication-efficient learning of deep networks from decentralized data (AISTATS 2017).

import { checkArgument, hasObjects } from "../arguments.js";
import { checkRange, type Range } from "../ranges.js";
import type { Network } from "./network.js";
import type { Parameters } from "./results.js";

const SHARE: Range = { min: 0, max: Number.MAX_VALUE, whole: false, description: "a number from 0" };

/**
 * The weighted mean of each weight and bias of networks with the same layers: sum of n_i w_i / sum of n_i. Their order
 * does not matter, to the bit: each sum is taken in f64 by ascending n_i w_i, then rounded to f32.
 * @param networks one or more
 * @param counts n_i, as the samples that each was trained on, 0 or more and not all 0; default: 1 for each
 * @returns of each layer, first to last: Network.from() and setParameters() take them
 * @throws {TypeError | RangeError} if the layers differ, or the counts are not as many such numbers
 */
export function averageParameters(
  networks: readonly Network[],
  counts: readonly number[] = new Array(networks?.length).fill(1),
): Parameters[] {
  const areNetworks = Array.isArray(networks) && networks.every((network) => hasObjects(network, "layers"));
  checkArgument("networks", "an array of networks", networks, areNetworks);
  checkArgument("counts", "an array of numbers", counts, Array.isArray(counts));
  if (networks.length === 0) throw new RangeError("networks: expected at least one, got none");
  if (counts.length !== networks.length) {
    throw new RangeError(`counts: expected ${networks.length}, one for each network, got ${counts.length}`);
  }
  for (const count of counts) checkRange("count", count, SHARE);
  const [{ layers }] = networks;
  const other = networks.find((network) => network.layers.join() !== layers.join());
  if (other !== undefined) {
    throw new RangeError(
      `networks: expected the same layers, got [${layers.join(", ")}] and [${other.layers.join(", ")}]`,
    );
  }
  const total = sum(counts);
  if (!(total > 0 && total < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`counts: expected a sum above 0, got ${total}`);
  }
  return layers.slice(1).map((_, i) => {
    const all = networks.map((network) => network.parameters(i + 1));
    const mean = (part: (parameters: Parameters) => Float32Array) => {
      const parts = all.map(part);
      return parts[0].map((_, k) => sum(parts.map((numbers, n) => numbers[k] * counts[n])) / total);
    };
    return { weights: mean(({ weights }) => weights), biases: mean(({ biases }) => biases) };
  });
}

/** In an order that does not depend on theirs. */
function sum(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b).reduce((total, number) => total + number, 0);
}
