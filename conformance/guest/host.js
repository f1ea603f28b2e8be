// A host in plain JavaScript, from docs/abi.md alone: no library, nothing of any runtime, so that it runs in every one.

const ACTIVATIONS = ["sigmoid", "tanh", "relu"];
const COSTS = ["quadratic", "cross-entropy", "log-likelihood"];
const INITIAL_WEIGHTS = ["normal", "scaled", "he"];
const OPTIMIZERS = ["sgd", "momentum", "nesterov", "adam", "adamw"];
/** Slots that an optimiser needs. */
const SLOTS = { sgd: 1, momentum: 3, nesterov: 3, adam: 4, adamw: 4 };
/** Samples that are evaluated together in each thread. */
const BLOCK = 64;
/** Images handed over at a time. */
const CHUNK = 1000;

/**
 * Trains as a recipe says, on an instance of the module; with a team by all its threads.
 * @param {any} exports of the instance
 * @param {import("./recipes.js").Recipe} recipe
 * @param {{ images: Uint8Array | Float32Array, labels: Uint8Array }} data
 * @param {import("./team.js").Team} [team]
 * @returns {Promise<{ hash: string, correct: number, seconds: number }>} SHA-256 of the weights, training images read
 * correctly in the end
 */
export async function train(exports, { network: options, training }, data, team) {
  const { layers, seed, initialWeights = "scaled", activation = "sigmoid", cost = "quadratic" } = options;
  const { epochs, batchSize, learningRate, optimizer = "sgd", averaging = 0, distortions } = training;
  const threads = team?.threads ?? 1;
  const batches = Math.ceil(data.labels.length / batchSize);
  const dataset = load(exports, layers[0], data);
  const sizes = allocate(exports, 4 * layers.length);
  new Uint32Array(exports.memory.buffer, sizes, layers.length).set(layers);
  const network = got(
    exports.createNetwork(sizes, layers.length, ACTIVATIONS.indexOf(activation), COSTS.indexOf(cost)),
  );
  exports.release(sizes);
  got(exports.reserveBatch(network, Math.max(batchSize, threads * BLOCK), threads));
  exports.initialise(network, seed, INITIAL_WEIGHTS.indexOf(initialWeights));
  got(exports.reserveSlots(network, SLOTS[optimizer] + (averaging > 0 ? 1 : 0)));
  configure(exports, network, { ...training, optimizer, averaging });
  const average = averaging > 0 ? SLOTS[optimizer] : 0;
  for (let l = 1; average > 0 && l < layers.length; l++) {
    const { block, biases } = readLayer(exports, network, layers, l, 0);
    exports.writeLayer(network, l, average, block, biases);
    exports.release(block);
  }
  if (distortions !== undefined) {
    got(exports.setDistortion(dataset, data.columns, ...boundsOf(distortions)));
    got(exports.reserveDistorted(dataset, batchSize, threads));
  }
  got(exports.arrange(network, threads));
  const call = team === undefined ? (name, ...args) => exports[name](...args) : team.call;
  const start = performance.now();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    exports.shuffle(dataset, seed, epoch);
    exports.setSteps(network, (epoch - 1) * batches);
    await call("trainBatches", network, dataset, 0, batches, learningRate, batchSize);
  }
  const seconds = (performance.now() - start) / 1000;
  if (exports.allFinite(network) !== 1) throw new Error("expected finite weights, got others");
  exports.useSlot(network, average);
  const correct = await call("evaluate", network, dataset);
  exports.useSlot(network, 0);
  const hash = await hashOf(exports, network, layers, average);
  exports.releaseNetwork(network);
  exports.releaseDataset(dataset);
  return { hash, correct, seconds };
}

/** Distortions as setDistortion takes them. */
export function boundsOf({ shift = 0, rotation = 0, scale = 0, shear = 0, elastic = 0, sigma = 4 } = {}) {
  return [shift, (rotation * Math.PI) / 180, scale, shear, elastic, sigma];
}

/** An address, or a flag, that is not 0; unsigned. */
function got(result) {
  if (result === 0) throw new Error("expected memory, got none");
  return result >>> 0;
}

function allocate(exports, bytes) {
  return got(exports.allocate(bytes));
}

/** Views of the memory are made anew after each allocation, which may detach them. */
function load(exports, inputs, { images, labels }) {
  const dataset = got(exports.createDataset(labels.length, inputs));
  const Pixels = images instanceof Float32Array ? Float32Array : Uint8Array;
  const pixels = allocate(exports, CHUNK * inputs * Pixels.BYTES_PER_ELEMENT + 16);
  const classes = allocate(exports, CHUNK * 2);
  const add = Pixels === Float32Array ? exports.addFloatImages : exports.addImages;
  for (let first = 0; first < labels.length; first += CHUNK) {
    const part = images.subarray(first * inputs, (first + CHUNK) * inputs);
    const count = part.length / inputs;
    new Pixels(exports.memory.buffer, pixels, part.length).set(part);
    new Uint16Array(exports.memory.buffer, classes, count).set(labels.subarray(first, first + count));
    got(add(dataset, first, pixels, classes, count));
  }
  exports.release(pixels);
  exports.release(classes);
  return dataset;
}

function configure(exports, network, { optimizer, averaging, ...training }) {
  const { momentum = 0, beta2 = 0, epsilon = 0, weightDecay = 0, labelSmoothing = 0, dropout = 0 } = training;
  const numbers = [momentum, beta2, epsilon, weightDecay, averaging, labelSmoothing, dropout];
  exports.configure(network, OPTIMIZERS.indexOf(optimizer), ...numbers);
}

/** Copies a layer into a block that the caller releases: its weights, then its biases. */
function readLayer(exports, network, layers, l, slot) {
  const weights = layers[l - 1] * layers[l];
  const block = allocate(exports, 4 * (weights + layers[l]));
  const biases = block + 4 * weights;
  exports.readLayer(network, l, slot, block, biases);
  return { block, biases, end: biases + 4 * layers[l] };
}

async function hashOf(exports, network, layers, slot) {
  const parts = [];
  for (let l = 1; l < layers.length; l++) {
    const { block, end } = readLayer(exports, network, layers, l, slot);
    // A copy: what is hashed may not be shared memory.
    parts.push(new Uint8Array(exports.memory.buffer, block, end - block).slice());
    exports.release(block);
  }
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
