// Dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014), scaled while training, so that evaluation does not know of it:
// a hidden neuron's activation becomes 0 with probability p, else a / (1 - p); its delta likewise 0, or delta / (1 - p). (seed, epoch,
// place of the sample in the epoch, layer, neuron) decide: 16 random bits for each neuron, in words of two.

import { Dataset } from "./dataset";
import { Layer, Network } from "./layer";
import { DROPOUT, nextWord, openStream } from "./random";

/** The activation of a neuron that was left out: -0. No activation is; tanh and ReLU may be 0. */
const LEFT_OUT: v128 = i32x4.splat(0x80000000);

/** Activations of layer l, vectors from..to-1 (from: an even one), of samples first..first+count-1, the first of which is `visit` in the epoch's order. */
export function dropActivations(
  network: Network,
  dataset: Dataset,
  l: u32,
  first: u32,
  count: u32,
  from: u32,
  to: u32,
  visit: u32,
): void {
  if (network.dropout === 0) return;
  const layer = network.layer(l);
  const dropped = i32x4.splat(<i32>nearest(network.dropout * 65536));
  const scale = f32x4.splat(1 / (1 - network.dropout));
  for (let s: u32 = 0; s < count; s++) {
    openStream(dataset.seed, DROPOUT, visit + s, dataset.epoch, l, from / 2);
    const row = layer.activationsOf(first + s);
    const end = row + ((<usize>to) << 4);
    for (let a = row + ((<usize>from) << 4); a < end; a += 16) {
      const low = nextWord();
      const high = nextWord();
      const bits = i32x4(low & 0xffff, low >>> 16, high & 0xffff, high >>> 16);
      v128.store(a, v128.bitselect(f32x4.mul(v128.load(a), scale), LEFT_OUT, i32x4.ge_u(bits, dropped)));
    }
  }
}

/** Deltas of a layer for samples first..first+count-1: 0 for the neurons left out. */
export function dropDeltas(network: Network, layer: Layer, first: u32, count: u32): void {
  if (network.dropout === 0) return;
  const scale = f32x4.splat(1 / (1 - network.dropout));
  for (let s = first; s < first + count; s++) {
    const a = layer.activationsOf(s);
    const delta = layer.deltaOf(s);
    for (let j: u32 = 0; j < layer.vectors << 4; j += 16) {
      const kept = i32x4.ne(v128.load(a + j), LEFT_OUT);
      v128.store(delta + j, v128.and(kept, f32x4.mul(v128.load(delta + j), scale)));
    }
  }
}
