// The neurons of a ReLU layer that are not 0: one in three to five, in a trained network. Leaving the others out is
// exact: a term 0 * w adds nothing, and their delta is 0. So a wide layer above goes by lists of the neurons that are
// not 0, one list for each sample.

import { Active, Layer, RELU } from "./layer";

/** With fewer vectors of neurons in the layer above, the tiles of dense.ts are faster. */
const WIDE: u32 = 16;

/** Bytes of a list of a layer's neurons; 0 if the layer above does not go by lists. */
export function listBytes(layer: Layer, above: Layer): u32 {
  return layer.activation === RELU && above.vectors >= WIDE ? offsetof<Active>() + (layer.outputs << 3) : 0;
}

/** Lists samples first..first+count-1, if the layer above goes by lists. */
export function listActive(layer: Layer, first: u32, count: u32): void {
  if (layer.listBytes === 0) return;
  for (let s = first; s < first + count; s++) {
    const list = layer.activeOf(s);
    const a = layer.activationsOf(s);
    let entry = list.entries;
    for (let k: u32 = 0; k < layer.outputs; k += 4) {
      // Padding past the last neuron is 0.
      const vector = a + (k << 2);
      for (let mask = i32x4.bitmask(f32x4.ne(v128.load(vector), f32x4.splat(0))); mask !== 0; mask &= mask - 1) {
        const i = ctz(mask);
        store<u32>(entry, load<u32>(vector + (i << 2)));
        store<u32>(entry, k + i, 4);
        entry += 8;
      }
    }
    list.length = <u32>(entry - list.entries) >>> 3;
  }
}
