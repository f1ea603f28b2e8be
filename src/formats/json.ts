// A network as plain JSON, for languages and tools that read nothing else:
//   { "format": "ductus-json", "version": 1, "layers": [784, 30, 10], "activation": "sigmoid", "output": "sigmoid",
//     "weights": [layer][output][input], "biases": [layer][output] }
// so that a^l = f(weights[l-1] a^(l-1) + biases[l-1]), with pixels 0 to 1 as a^0 and f sigmoid, tanh, relu or (output)
// softmax.

import { type Activation, type Cost, type LayerParameters, outputOf } from "../kernels/kernels.js";
import { checkFunctions, functionsOf, type NetworkWeights, parametersOf } from "./weights.js";

/**
 * The network in JSON, a line per neuron. Each number has as many of 6 to 9 digits as give back the same f32; -0 stays
 * -0.
 * @example
 * ```ts
 * await writeFile("model.json", encodeJson(network));
 * ```
 * @param network a Network, or the layers of one, first to last: weights [outputs][inputs] and biases [outputs] of each
 * @param activation of the hidden layers; default: the network's, of layers alone "sigmoid"
 * @param cost decides the activation of the outputs; default: the network's, of layers alone "quadratic"
 * @throws {RangeError} if the layers do not fit each other, or a weight or bias is not finite
 */
export function encodeJson(
  network: NetworkWeights | readonly LayerParameters[],
  activation: Activation = functionsOf(network).activation,
  cost: Cost = functionsOf(network).cost,
): string {
  const layers = parametersOf(network);
  checkFunctions(activation, cost);
  const sizes = layerSizes(layers);
  const weights = layers.map(({ weights }, i) => {
    const inputs = sizes[i];
    const rows = Array.from({ length: sizes[i + 1] }, (_, j) =>
      printArray(weights.subarray(j * inputs, (j + 1) * inputs)),
    );
    return `[${rows.join(",\n")}]`;
  });
  const biases = layers.map(({ biases }) => printArray(biases));
  const head = JSON.stringify({ format: "ductus-json", version: 1, layers: sizes, activation, output: outputOf(cost) });
  return `${head.slice(0, -1)},\n"weights":[${weights.join(",\n\n")}],\n\n"biases":[${biases.join(",\n")}]}\n`;
}

/**
 * Neurons per layer, input layer first.
 * @throws {RangeError} if there is no layer, or one does not have as many inputs as the layer before it has outputs
 */
export function layerSizes(layers: readonly LayerParameters[]): number[] {
  if (layers.length === 0) throw new RangeError("layers: expected at least one, got none");
  const sizes = [layers[0].weights.length / layers[0].biases.length];
  for (const [i, { weights, biases }] of layers.entries()) {
    const inputs = sizes[i];
    if (!(Number.isInteger(inputs) && inputs > 0 && biases.length > 0 && weights.length === inputs * biases.length)) {
      throw new RangeError(
        `layer ${i + 1}: expected weights [outputs][${i === 0 ? "inputs" : inputs}] for ${biases.length} outputs, ` +
          `got ${weights.length}`,
      );
    }
    sizes.push(biases.length);
  }
  return sizes;
}

function printArray(numbers: LayerParameters["biases"]): string {
  return `[${Array.from(numbers, printF32).join(",")}]`;
}

/** The f32 nearest to x in decimal. */
function printF32(x: number): string {
  const real = Math.fround(x);
  if (!Number.isFinite(real)) throw new RangeError(`weights and biases: expected finite numbers, got ${x}`);
  if (Object.is(real, -0)) return "-0";
  let decimal = 0;
  // 9 digits always suffice.
  for (let digits = 6; digits <= 9; digits++) {
    decimal = Number(real.toPrecision(digits));
    if (Math.fround(decimal) === real) break;
  }
  return String(decimal);
}
