// Dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014), inverted: scaled while training, so that
// evaluation need not know of it. A hidden neuron's activation becomes 0 with probability p, else a / (1 - p); its
// delta likewise 0, or delta / (1 - p). 16 random bits for each neuron, two neurons to a word, are a function of (seed,
// epoch, position of the sample in the epoch, layer, neuron).

import { Dataset } from "./dataset";
import { Layer, Network } from "./layer";
import { DROPOUT, nextWord, openStream } from "./random";
import { Row1, Row2 } from "./simd";

/** The activation of a neuron that was left out: -0, which no other activation is. Tanh and ReLU may be 0. */
const LEFT_OUT: v128 = i32x4.splat(0x80000000);

/**
 * Drops activations of layer l, vectors from..to-1 (`from` is even), of samples first..first+count-1. The first of
 * these is number `visit` in the epoch's order.
 */
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

/** Drops the deltas of the same neurons, of samples first..first+count-1, and scales the others. */
export function dropDeltas(network: Network, layer: Layer, first: u32, count: u32): void {
  if (network.dropout === 0) return;
  const scale = f32x4.splat(1 / (1 - network.dropout));
  for (let s = first; s < first + count; s++) {
    let a = layer.activationsOf(s);
    let d = layer.deltaOf(s);
    const end = d + ((<usize>layer.vectors) << 4);
    for (; d + 16 < end; d += 32, a += 32) dropRow<Row2>(d, a, scale);
    if (d < end) dropRow<Row1>(d, a, scale);
  }
}

/** Drops and scales the deltas of a row of one or two vectors. */
function dropRow<Row>(delta: usize, a: usize, scale: v128): void {
  const delta0 = v128.and(i32x4.ne(v128.load(a), LEFT_OUT), f32x4.mul(v128.load(delta), scale));
  if (offsetof<Row>() > 16) {
    const kept1 = i32x4.ne(v128.load(a, 16), LEFT_OUT);
    v128.store(delta, v128.and(kept1, f32x4.mul(v128.load(delta, 16), scale)), 16);
  }
  v128.store(delta, delta0);
}
