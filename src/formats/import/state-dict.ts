// A safetensors file of a PyTorch network: the state_dict of Linear layers, weight [outputs, inputs] and bias
// [outputs], under any prefixes.

import { FormatError, show } from "../../errors.js";
import { decodeTensors } from "../safetensors.js";
import { decodeFloats, FLOAT_BYTES, type FloatType } from "./floats.js";
import type { FoundNetwork } from "./found.js";
import { type FoundLayer, orderLayers } from "./layers.js";

/**
 * The layers of a safetensors file.
 * @throws {FormatError} if it has other tensors than those of Linear layers
 */
export function readStateDict(bytes: Uint8Array, file: string): FoundNetwork {
  const { tensors } = decodeTensors(bytes, file, FLOAT_BYTES, (data, type) => decodeFloats(data, type as FloatType));
  const layers = new Map<string, Partial<FoundLayer>>();
  for (const [name, tensor] of tensors) {
    const [, prefix, kind] = /^(.*?)(weight|bias)$/s.exec(name) ?? [];
    const dimensions = kind === "weight" ? 2 : 1;
    if (kind === undefined || tensor.shape.length !== dimensions) {
      const got = `${show(name)} of shape [${tensor.shape.slice(0, 4).join(", ")}]`;
      throw new FormatError(
        file,
        `expected the weights [outputs, inputs] and biases [outputs] of Linear layers alone, got ${got}`,
      );
    }
    layers.set(prefix, { ...layers.get(prefix), [kind]: { name, ...tensor } });
  }
  const found = [...layers].map(([prefix, { weight, bias }]): FoundLayer => {
    if (weight === undefined) throw new FormatError(file, `expected a weight for ${show(`${prefix}bias`)}, got none`);
    return { weight, bias };
  });
  return { layers: orderLayers(found, file, false) };
}
