// One sample's way through a network, forward and back, to look at: z, a, delta and C of the notes.

import { checkPixels, type Pixels } from "../data/dataset.js";
import { typeName } from "../errors.js";
import { ReferenceNetwork } from "../kernels/reference/reference.js";
import { checkRange } from "../ranges.js";
import { Network } from "./network.js";
import { toFloat32 } from "./network-file.js";

/** What one sample makes of each layer: an array per layer, [neurons] each, that of layer l at l. */
export interface Backpropagation {
  /** z^l = w^l a^(l-1) + b^l; z[0] is empty. */
  readonly z: readonly Float32Array[];
  /** a^l = f(z^l); a[0] is the image, 0 to 1. */
  readonly a: readonly Float32Array[];
  /** delta^l = dC_x/dz^l, which is dC_x/db^l too, and times a^(l-1) dC_x/dw^l; delta[0] is empty. */
  readonly delta: readonly Float32Array[];
  /** C_x */
  readonly cost: number;
}

/**
 * Feedforward and backpropagation of one image, without learning from it: equations (1) to (4) of docs/math.md,
 * computed by the reference with the weights that predict() uses, and so with the bits of the module.
 * @param label 0 to the number of classes - 1
 * @throws {TypeError | RangeError} if image or label do not fit the network
 */
export function backpropagate(network: Network, image: Pixels, label: number): Backpropagation {
  if (!(network instanceof Network)) throw new TypeError(`network: expected a Network, got ${typeName(network)}`);
  const { layers, activation, cost } = network;
  const [inputs, classes] = [layers[0], layers[layers.length - 1]];
  checkPixels("image", image);
  if (image.length !== inputs) throw new RangeError(`image: expected ${inputs} pixels, got ${image.length}`);
  checkRange("label", label, { min: 0, max: classes - 1, whole: true, description: `0 to ${classes - 1}` });
  const reference = new ReferenceNetwork(layers, activation, cost, "f32");
  for (let l = 1; l < layers.length; l++) reference.writeLayer(l, network.parameters(l));
  const { z, a, delta, cost: of } = reference.backpropagate(image, label);
  return { z: z.map(toFloat32), a: a.map(toFloat32), delta: delta.map(toFloat32), cost: of };
}
