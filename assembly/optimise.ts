// What is done with a mini-batch's mean gradient g, weight by weight; eta is the learning rate, L the weight decay:
//   momentum   g += L w,   v <- mu v + g,   w <- w - eta v,   with Nesterov  w <- w - eta (g + mu v)
//   Adam       g += L w,   m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2,
//              w <- w - eta / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
//   AdamW      the same without L in g; before it w <- w - eta L w
//   plain SGD  with decay: w <- (1 - eta L) w before its update
// Sources: Sutskever et al. 2013; Kingma, Ba 2015; Loshchilov, Hutter 2019.
// Each thread steps the weights that it owns (ownership.ts): no other thread writes to them in between.

import { ADAM, ADAMW, MOMENTUM, NESTEROV, Network, SGD } from "./layer";
import { biasEnd, biasStart, panelEnd, panelStart, rowEnd, rowStart } from "./ownership";

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
  if (kind === SGD) shrink(start, end, 1 - eta * decay);
  else if (kind === MOMENTUM || kind === NESTEROV) momentum(network, start, end, decay, eta);
  else if (kind === AVERAGE) average(network, start, end);
  else adam(network, start, end, decay, eta, t);
}

/** A step for this thread's weights and biases; biases do not decay. */
function stepOwn(network: Network, kind: u32, eta: f32, t: u32): void {
  for (let l: u32 = 1; l <= network.layers; l++) {
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

function shrink(start: usize, end: usize, factor: f32): void {
  if (factor === 1) return;
  for (let w = start; w < end; w += 16) v128.store(w, scaled(v128.load(w), f32x4.splat(factor)));
}

function momentum(network: Network, start: usize, end: usize, decay: f32, eta: f32): void {
  const slot = network.bytes;
  const mu = f32x4.splat(network.momentum);
  const rate = f32x4.splat(eta);
  const lambda = f32x4.splat(decay);
  const nesterov = network.optimizer === NESTEROV;
  for (let w = start; w < end; w += 16) {
    const weight = v128.load(w);
    const gradient = f32x4.add(v128.load(w + slot), f32x4.mul(lambda, weight));
    const velocity = f32x4.add(f32x4.mul(mu, v128.load(w + 2 * slot)), gradient);
    const direction = nesterov ? f32x4.add(gradient, f32x4.mul(mu, velocity)) : velocity;
    v128.store(w + slot, f32x4.splat(0));
    v128.store(w + 2 * slot, velocity);
    v128.store(w, f32x4.sub(weight, f32x4.mul(rate, direction)));
  }
}

function adam(network: Network, start: usize, end: usize, decay: f32, eta: f32, t: u32): void {
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
  for (let w = start; w < end; w += 16) {
    let weight = v128.load(w);
    const gradient = f32x4.add(v128.load(w + slot), f32x4.mul(lambda, weight));
    const mean = f32x4.add(f32x4.mul(beta1, v128.load(w + 2 * slot)), f32x4.mul(rest1, gradient));
    const square = f32x4.mul(rest2, f32x4.mul(gradient, gradient));
    const variance = f32x4.add(f32x4.mul(beta2, v128.load(w + 3 * slot)), square);
    if (decoupled) weight = scaled(weight, keep);
    const divisor = f32x4.add(f32x4.div(f32x4.sqrt(variance), root), epsilon);
    v128.store(w + slot, f32x4.splat(0));
    v128.store(w + 2 * slot, mean);
    v128.store(w + 3 * slot, variance);
    v128.store(w, f32x4.sub(weight, f32x4.div(f32x4.mul(rate, mean), divisor)));
  }
}

/** The average of the weights, for evaluation:  e <- e + (1 - d) (w - e). */
function average(network: Network, start: usize, end: usize): void {
  const kept = network.optimizer === SGD ? 1 : network.optimizer >= ADAM ? 4 : 3;
  const slot = network.bytes * <usize>kept;
  const rest = f32x4.splat(1 - network.average);
  for (let w = start; w < end; w += 16) {
    const mean = v128.load(w + slot);
    v128.store(w + slot, f32x4.add(mean, f32x4.mul(rest, f32x4.sub(v128.load(w), mean))));
  }
}

/** base^t by repeated squaring. */
function power(base: f32, t: u32): f64 {
  let result = 1.0;
  for (let square = <f64>base; t !== 0; t >>>= 1, square *= square) if (t & 1) result *= square;
  return result;
}
