// A network's tensors for PyTorch: a safetensors file named and oriented as the state_dict of nn.Sequential(Linear,
// Sigmoid, ...).

import type { LayerParameters } from "../kernels/kernels.js";
import { layerSizes } from "./json.js";
import { encodeSafetensors, type Tensor } from "./safetensors.js";
import { type NetworkWeights, parametersOf } from "./weights.js";

/**
 * The bytes of a safetensors file with the f32 tensors 0.weight [outputs, inputs], 0.bias [outputs], 2.weight, ... Its
 * metadata are format "pt", which PyTorch's readers ask for, and producer "ductus".
 * @example
 * ```ts
 * await writeFile("torch.safetensors", encodePyTorch(network));
 * // model = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Sigmoid())
 * // model.load_state_dict(safetensors.torch.load_file("torch.safetensors"))
 * ```
 * @param network a Network, or the layers of one, first to last: weights [outputs][inputs] and biases [outputs] of each
 * @throws {RangeError} if there is no layer, or they do not fit each other
 */
export function encodePyTorch(network: NetworkWeights | readonly LayerParameters[]): Uint8Array {
  const layers = parametersOf(network);
  const sizes = layerSizes(layers);
  const tensors = new Map<string, Tensor>();
  for (const [i, { weights, biases }] of layers.entries()) {
    tensors.set(`${2 * i}.weight`, { shape: [sizes[i + 1], sizes[i]], data: Float32Array.from(weights) });
    tensors.set(`${2 * i}.bias`, { shape: [sizes[i + 1]], data: Float32Array.from(biases) });
  }
  return encodeSafetensors({ tensors, metadata: new Map(Object.entries({ format: "pt", producer: "ductus" })) });
}
