// A network's tensors for PyTorch: a safetensors file named and oriented as the state_dict of nn.Sequential(Linear,
// Sigmoid, ...).

import type { LayerParameters } from "../kernels/kernels.js";
import { layerSizes } from "./json.js";
import { encodeSafetensors, type Tensor } from "./safetensors.js";

/**
 * The bytes of a safetensors file with the tensors 0.weight [outputs, inputs], 0.bias [outputs], 2.weight, ...
 * @param layers weights [outputs][inputs] and biases [outputs] of each layer, first to last
 * @throws {RangeError} if there is no layer, or they do not fit each other
 */
export function encodePyTorch(layers: readonly LayerParameters[]): Uint8Array {
  const sizes = layerSizes(layers);
  const tensors = new Map<string, Tensor>();
  for (const [i, { weights, biases }] of layers.entries()) {
    tensors.set(`${2 * i}.weight`, { shape: [sizes[i + 1], sizes[i]], data: Float32Array.from(weights) });
    tensors.set(`${2 * i}.bias`, { shape: [sizes[i + 1]], data: Float32Array.from(biases) });
  }
  return encodeSafetensors({ tensors, metadata: new Map([["format", "pt"]]) });
}
