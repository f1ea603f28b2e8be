// Which thread owns what: the only file that knows. Each number has one writer, and no sum is split between threads.
// Samples are shared out evenly. The weights and biases of a layer are shared out by one of three rules:
//   NEURONS  Layer 1: each thread owns the panels of its neurons, whole cache lines of a sample's activations.
//   PANELS   Layers above one with lists: panels are shared out evenly. No list is overwritten before the next barrier.
//   ROWS     Other layers: of every panel, a thread owns the rows of its neurons in the layer before. They must be the
//            same neurons: a thread that is done proceeds to the next mini-batch and overwrites their activations in
//            layer 1. Biases are shared out evenly.

import { Layer } from "./layer";
import { threadCount, threadIndex } from "./team";

const NEURONS: u32 = 0;
const PANELS: u32 = 1;
const ROWS: u32 = 2;

/** The rule for layer l; `aboveLists` says whether the layer before has lists. */
export function sharingOf(l: u32, aboveLists: bool): u32 {
  return l === 1 ? NEURONS : aboveLists ? PANELS : ROWS;
}

/** This thread's share of n things: shareStart(n)..shareEnd(n) - 1. */
export function shareStart(n: u32): u32 {
  return shareBoundary(n, 0);
}

export function shareEnd(n: u32): u32 {
  return shareBoundary(n, 1);
}

/** Panels of a layer in which this thread owns weights: panelStart(layer)..panelEnd(layer) - 1. */
export function panelStart(layer: Layer): u32 {
  return panelBoundary(layer, 0);
}

export function panelEnd(layer: Layer): u32 {
  return panelBoundary(layer, 1);
}

/** Rows that this thread owns of each of these panels: rowStart(layer)..rowEnd(layer) - 1, which may be none. */
export function rowStart(layer: Layer): u32 {
  return rowBoundary(layer, 0);
}

export function rowEnd(layer: Layer): u32 {
  return rowBoundary(layer, 1);
}

/** Vectors of biases that this thread owns: biasStart(layer)..biasEnd(layer) - 1. */
export function biasStart(layer: Layer): u32 {
  return biasBoundary(layer, 0);
}

export function biasEnd(layer: Layer): u32 {
  return biasBoundary(layer, 1);
}

/** The first vector of thread t's neurons, of a layer shared out to `threads` threads: a multiple of 4, or the end. */
export function neuronBoundary(neurons: u32, t: u32, threads: u32): u32 {
  const vectors = (neurons + 3) >>> 2;
  // The even split of shareBoundary(), of cache lines. One function for both took 0.5 % of a mini-batch at 30 neurons.
  return min(vectors, ((((vectors + 3) >>> 2) * t) / threads) << 2);
}

// Below: where this thread's part begins, or with `next` 1 where the part of the thread after it does.

function shareBoundary(n: u32, next: u32): u32 {
  const t = threadIndex() + next;
  const threads = threadCount();
  return threads === 1 ? n * t : <u32>((<u64>n * t) / threads);
}

function panelBoundary(layer: Layer, next: u32): u32 {
  if (layer.sharing === ROWS) return next * layer.panels;
  if (layer.sharing === PANELS) return shareBoundary(layer.panels, next);
  return layer.panelOf(neuronBoundary(layer.outputs, threadIndex() + next, threadCount()));
}

function rowBoundary(layer: Layer, next: u32): u32 {
  if (layer.sharing !== ROWS) return next * layer.inputs;
  return min(layer.inputs, neuronBoundary(layer.inputs, threadIndex() + next, threadCount()) << 2);
}

function biasBoundary(layer: Layer, next: u32): u32 {
  if (layer.sharing === ROWS) return shareBoundary(layer.vectors, next);
  return layer.firstVector(panelBoundary(layer, next));
}
