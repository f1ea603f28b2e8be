// The steps of a mini-batch one by one, for bench/kernels.ts, and the peak that they are measured against: a loop of
// nothing but multiplications and additions, as fast as WebAssembly can do them on this machine. Not part of the
// shipped module.

import { Dataset } from "./dataset";
import { feedforwardFirst as feedforwardFirstOf } from "./feedforward";
import { mostlyZero } from "./images";
import { Layer, Network } from "./layer";
import { updateFirst as updateFirstOf } from "./sgd";

export { backprop } from "./backprop";
export { outputErrors } from "./cost";
export { distortImages } from "./distort";
export { feedforwardRest } from "./feedforward";
export * from "./index";
export { updateLayer } from "./sgd";

/** Layer 1, panels from..to-1, with the choice between sparse and dense that a mini-batch takes once. */
export function feedforwardFirst(network: Network, images: usize, first: u32, count: u32, from: u32, to: u32): void {
  const sparse = mostlyZero(images, count, network.layer(1).inputs);
  feedforwardFirstOf(network, images, first, count, from, to, sparse);
}

/** The update of layer 1, with the same choice. */
export function updateFirst(network: Network, images: usize, m: u32, step: f32): void {
  const layer = network.layer(1);
  updateFirstOf(network, images, m, 0, layer.panels, step, mostlyZero(images, m, layer.inputs));
}

/** Layer l of a network, 1..L. */
export function layerOf(network: Network, l: u32): Layer {
  return network.layer(l);
}

/** How many panels a layer has. */
export function panelsOf(layer: Layer): u32 {
  return layer.panels;
}

/** Addresses of a data set's images, u32, in the order of the epoch. */
export function orderOf(dataset: Dataset): usize {
  return dataset.order;
}

/** Rounds of 96 f32 multiplications and 96 additions, in chains independent of each other. Returns their total. */
export function multiplyAdd(rounds: u32, factor: f32): f32 {
  const one = f32x4.splat(factor);
  let sum0 = one;
  let product0 = one;
  let sum1 = one;
  let product1 = one;
  let sum2 = one;
  let product2 = one;
  let sum3 = one;
  let product3 = one;
  let sum4 = one;
  let product4 = one;
  let sum5 = one;
  let product5 = one;
  for (let i: u32 = 0; i < rounds; i++) {
    for (let j: u32 = 0; j < 4; j++) {
      sum0 = f32x4.add(sum0, one);
      product0 = f32x4.mul(product0, one);
      sum1 = f32x4.add(sum1, one);
      product1 = f32x4.mul(product1, one);
      sum2 = f32x4.add(sum2, one);
      product2 = f32x4.mul(product2, one);
      sum3 = f32x4.add(sum3, one);
      product3 = f32x4.mul(product3, one);
      sum4 = f32x4.add(sum4, one);
      product4 = f32x4.mul(product4, one);
      sum5 = f32x4.add(sum5, one);
      product5 = f32x4.mul(product5, one);
    }
  }
  const sum = f32x4.add(f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3)), f32x4.add(sum4, sum5));
  const product = f32x4.mul(
    f32x4.mul(f32x4.mul(product0, product1), f32x4.mul(product2, product3)),
    f32x4.mul(product4, product5),
  );
  return f32x4.extract_lane(f32x4.add(sum, product), 0);
}
