// What is done with a mini-batch's mean gradient g, weight by weight; eta is the learning rate, L the weight decay:
//   momentum   g += L w,   v <- mu v + g,   w <- w - eta v,   with Nesterov  w <- w - eta (g + mu v)
//   Adam       g += L w,   m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2,
//              w <- w - eta / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
//   AdamW      the same without L in g; before it w <- w - eta L w
//   plain SGD  with decay: w <- (1 - eta L) w before its update
// v, and m and v of Adam, are settled (simd.ts): where there are no gradients, they decay.
// Sources: Sutskever et al. 2013; Kingma, Ba 2015; Loshchilov, Hutter 2019.
// Each thread steps the weights that it owns (ownership.ts): no other thread writes to them in between.

import { ADAM, ADAMW, MOMENTUM, NESTEROV, Network, SGD } from "./layer";
import { biasEnd, biasStart, panelEnd, panelStart, rowEnd, rowStart } from "./ownership";
import { Row1, Row2, settled } from "./simd";

/** Not an optimiser, but a step like theirs: averaging. */
const AVERAGE: u32 = 5;

/** Plain descent with decay: before the update. */
export function decayWeights(network: Network, eta: f32): void {
  if (network.optimizer === SGD && network.decay !== 0) stepOwn(network, SGD, eta, 0);
}

/** After the update of mini-batch t, from 1 on. */
export function optimise(network: Network, eta: f32, t: u32): void {
  if (network.optimizer !== SGD) stepOwn(network, network.optimizer, eta, t);
  if (network.average !== 0) stepOwn(network, AVERAGE, eta, t);
}

/** One step of this kind for the weights or biases at start..end-1. */
function step(network: Network, kind: u32, start: usize, end: usize, decay: f32, eta: f32, t: u32): void {
  // Two vectors at a time, in the shape that simd.ts explains; then the last of an odd number.
  const pairs = start + ((end - start) & ~31);
  stepRows<Row2>(network, kind, start, pairs, decay, eta, t);
  if (pairs < end) stepRows<Row1>(network, kind, pairs, end, decay, eta, t);
}

function stepRows<Row>(network: Network, kind: u32, start: usize, end: usize, decay: f32, eta: f32, t: u32): void {
  if (kind === SGD) shrink<Row>(start, end, 1 - eta * decay);
  else if (kind === MOMENTUM || kind === NESTEROV) momentum<Row>(network, start, end, decay, eta);
  else if (kind === AVERAGE) average<Row>(network, start, end);
  else adam<Row>(network, start, end, decay, eta, t);
}

/** A step for this thread's weights and biases of the layers that are not frozen; biases do not decay. */
function stepOwn(network: Network, kind: u32, eta: f32, t: u32): void {
  for (let l = network.frozen + 1; l <= network.layers; l++) {
    const layer = network.layer(l);
    const first = <usize>rowStart(layer);
    const end = <usize>rowEnd(layer);
    const to = panelEnd(layer);
    for (let p = panelStart(layer); p < to; p++) {
      const rowBytes = (<usize>layer.width(p)) << 4;
      step(network, kind, layer.panel(p) + first * rowBytes, layer.panel(p) + end * rowBytes, network.decay, eta, t);
    }
    const biases = layer.biases + ((<usize>biasStart(layer)) << 4);
    step(network, kind, biases, layer.biases + ((<usize>biasEnd(layer)) << 4), 0, eta, t);
  }
}

/** A weight never becomes -0, which sums over zeros would make 0 in some kernels, and not in others. */
function scaled(weight: v128, factor: v128): v128 {
  return f32x4.add(f32x4.mul(weight, factor), f32x4.splat(0));
}

function shrink<Row>(start: usize, end: usize, factor: f32): void {
  if (factor === 1) return;
  const factors = f32x4.splat(factor);
  for (let w = start; w < end; w += offsetof<Row>()) {
    const weight0 = scaled(v128.load(w), factors);
    if (offsetof<Row>() > 16) v128.store(w, scaled(v128.load(w, 16), factors), 16);
    v128.store(w, weight0);
  }
}

function momentum<Row>(network: Network, start: usize, end: usize, decay: f32, eta: f32): void {
  const slot = network.bytes;
  const mu = f32x4.splat(network.momentum);
  const rate = f32x4.splat(eta);
  const lambda = f32x4.splat(decay);
  const nesterov = network.optimizer === NESTEROV;
  for (let w = start; w < end; w += offsetof<Row>()) {
    const g = w + slot;
    const v = g + slot;
    const w0 = v128.load(w);
    const w1 = offsetof<Row>() > 16 ? v128.load(w, 16) : w0;
    const gradient0 = f32x4.add(v128.load(g), f32x4.mul(lambda, w0));
    const gradient1 = offsetof<Row>() > 16 ? f32x4.add(v128.load(g, 16), f32x4.mul(lambda, w1)) : w0;
    const velocity0 = settled(f32x4.add(f32x4.mul(mu, v128.load(v)), gradient0));
    const velocity1 = offsetof<Row>() > 16 ? settled(f32x4.add(f32x4.mul(mu, v128.load(v, 16)), gradient1)) : w0;
    if (offsetof<Row>() > 16) v128.store(g, f32x4.splat(0), 16);
    v128.store(g, f32x4.splat(0));
    if (offsetof<Row>() > 16) v128.store(v, velocity1, 16);
    v128.store(v, velocity0);
    const direction0 = nesterov ? f32x4.add(gradient0, f32x4.mul(mu, velocity0)) : velocity0;
    const direction1 = nesterov ? f32x4.add(gradient1, f32x4.mul(mu, velocity1)) : velocity1;
    if (offsetof<Row>() > 16) v128.store(w, f32x4.sub(w1, f32x4.mul(rate, direction1)), 16);
    v128.store(w, f32x4.sub(w0, f32x4.mul(rate, direction0)));
  }
}

function adam<Row>(network: Network, start: usize, end: usize, decay: f32, eta: f32, t: u32): void {
  const slot = network.bytes;
  const decoupled = network.optimizer === ADAMW;
  const lambda = f32x4.splat(decoupled ? 0 : decay);
  const keep = f32x4.splat(decoupled ? 1 - eta * decay : 1);
  const beta1 = f32x4.splat(network.momentum);
  const beta2 = f32x4.splat(network.beta);
  const rest1 = f32x4.splat(1 - network.momentum);
  const rest2 = f32x4.splat(1 - network.beta);
  const rate = f32x4.splat(<f32>(<f64>eta / (1 - power(network.momentum, t))));
  const root = f32x4.splat(<f32>sqrt(1 - power(network.beta, t)));
  const epsilon = f32x4.splat(network.epsilon);
  for (let w = start; w < end; w += offsetof<Row>()) {
    const g = w + slot;
    const m = g + slot;
    const v = m + slot;
    let w0 = v128.load(w);
    let w1 = offsetof<Row>() > 16 ? v128.load(w, 16) : w0;
    const gradient0 = f32x4.add(v128.load(g), f32x4.mul(lambda, w0));
    const gradient1 = offsetof<Row>() > 16 ? f32x4.add(v128.load(g, 16), f32x4.mul(lambda, w1)) : w0;
    const mean0 = settled(f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(rest1, gradient0)));
    const mean1 =
      offsetof<Row>() > 16 ? settled(f32x4.add(f32x4.mul(beta1, v128.load(m, 16)), f32x4.mul(rest1, gradient1))) : w0;
    const square0 = f32x4.mul(rest2, f32x4.mul(gradient0, gradient0));
    const square1 = f32x4.mul(rest2, f32x4.mul(gradient1, gradient1));
    const variance0 = settled(f32x4.add(f32x4.mul(beta2, v128.load(v)), square0));
    const variance1 = offsetof<Row>() > 16 ? settled(f32x4.add(f32x4.mul(beta2, v128.load(v, 16)), square1)) : w0;
    if (decoupled) {
      w0 = scaled(w0, keep);
      w1 = scaled(w1, keep);
    }
    const divisor0 = f32x4.add(f32x4.div(f32x4.sqrt(variance0), root), epsilon);
    const divisor1 = f32x4.add(f32x4.div(f32x4.sqrt(variance1), root), epsilon);
    if (offsetof<Row>() > 16) v128.store(g, f32x4.splat(0), 16);
    v128.store(g, f32x4.splat(0));
    if (offsetof<Row>() > 16) v128.store(m, mean1, 16);
    v128.store(m, mean0);
    if (offsetof<Row>() > 16) v128.store(v, variance1, 16);
    v128.store(v, variance0);
    if (offsetof<Row>() > 16) v128.store(w, f32x4.sub(w1, f32x4.div(f32x4.mul(rate, mean1), divisor1)), 16);
    v128.store(w, f32x4.sub(w0, f32x4.div(f32x4.mul(rate, mean0), divisor0)));
  }
}

/** The average of the weights, for evaluation:  e <- e + (1 - d) (w - e). */
function average<Row>(network: Network, start: usize, end: usize): void {
  const kept = network.optimizer === SGD ? 1 : network.optimizer >= ADAM ? 4 : 3;
  const slot = network.bytes * <usize>kept;
  const rest = f32x4.splat(1 - network.average);
  for (let w = start; w < end; w += offsetof<Row>()) {
    const e = w + slot;
    const e0 = v128.load(e);
    const mean0 = f32x4.add(e0, f32x4.mul(rest, f32x4.sub(v128.load(w), e0)));
    if (offsetof<Row>() > 16) {
      const e1 = v128.load(e, 16);
      v128.store(e, f32x4.add(e1, f32x4.mul(rest, f32x4.sub(v128.load(w, 16), e1))), 16);
    }
    v128.store(e, mean0);
  }
}

/** base^t by repeated squaring. */
function power(base: f32, t: u32): f64 {
  let result = 1.0;
  for (let square = <f64>base; t !== 0; t >>>= 1, square *= square) if (t & 1) result *= square;
  return result;
}
