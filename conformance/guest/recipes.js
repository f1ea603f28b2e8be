// What is trained: MNIST, and small odd shapes that between them reach every kernel, cost, activation, optimiser and
// tail.

/**
 * @typedef {object} Recipe options as the library takes them
 * @property {string} name
 * @property {{ layers: number[], seed: number, initialWeights?: string, activation?: string, cost?: string }} network
 * @property {Record<string, any>} training
 * @property {{ samples: number, columns: number, floats?: boolean, zeros?: number } | undefined} data made from these;
 * undefined: MNIST
 */

/** @type {readonly Recipe[]} */
export const RECIPES = [
  {
    name: "MNIST",
    network: { layers: [784, 30, 10], seed: 1 },
    training: { epochs: 2, batchSize: 10, learningRate: 3 },
    data: undefined,
  },
  {
    name: "one of each",
    network: { layers: [1, 1, 2], seed: 0xffffffff, initialWeights: "normal" },
    training: { epochs: 3, batchSize: 1, learningRate: 1 },
    data: { samples: 5, columns: 1 },
  },
  {
    name: "no hidden layer",
    network: { layers: [16, 5], seed: 2, cost: "cross-entropy" },
    training: { epochs: 3, batchSize: 7, learningRate: 0.5, weightDecay: 0.01 },
    data: { samples: 40, columns: 4 },
  },
  {
    name: "tanh, momentum, three layers",
    network: { layers: [12, 33, 31, 3], seed: 3, activation: "tanh", cost: "cross-entropy" },
    training: { epochs: 3, batchSize: 9, learningRate: 0.1, optimizer: "momentum", momentum: 0.9, labelSmoothing: 0.1 },
    data: { samples: 100, columns: 4 },
  },
  {
    name: "ReLU by lists, Adam, dropout, average",
    network: { layers: [64, 100, 65, 4], seed: 4, activation: "relu", cost: "log-likelihood", initialWeights: "he" },
    training: {
      epochs: 3,
      batchSize: 70,
      learningRate: 0.01,
      optimizer: "adam",
      momentum: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      averaging: 0.9,
      dropout: 0.25,
    },
    data: { samples: 150, columns: 8 },
  },
  {
    name: "wide gaps, Nesterov",
    network: { layers: [1000, 37, 17], seed: 5 },
    training: { epochs: 2, batchSize: 16, learningRate: 0.5, optimizer: "nesterov", momentum: 0.5, weightDecay: 0.001 },
    data: { samples: 60, columns: 100, zeros: 0.997 },
  },
  {
    name: "distorted bytes",
    network: { layers: [63, 30, 10], seed: 6 },
    training: {
      epochs: 2,
      batchSize: 10,
      learningRate: 2,
      distortions: { shift: 1, rotation: 20, scale: 0.2, shear: 0.1, elastic: 10, sigma: 2 },
    },
    data: { samples: 200, columns: 9, zeros: 0.6 },
  },
  {
    name: "distorted numbers, AdamW",
    network: { layers: [35, 100, 6], seed: 7, activation: "tanh", cost: "log-likelihood" },
    training: {
      epochs: 2,
      batchSize: 8,
      learningRate: 0.005,
      optimizer: "adamw",
      momentum: 0.9,
      beta2: 0.99,
      epsilon: 1e-7,
      weightDecay: 0.1,
      distortions: { elastic: 5, sigma: 1 },
    },
    data: { samples: 90, columns: 5, floats: true },
  },
];

/**
 * Data for a recipe without MNIST: pseudo-random, the share `zeros` of the pixels 0.
 * @param {Recipe} recipe
 */
export function makeData({ network: { layers, seed }, data }) {
  const { samples, columns, floats = false, zeros = 0.3 } = /** @type {NonNullable<Recipe["data"]>} */ (data);
  let state = seed;
  // The low bits of such a generator repeat soon: the upper 16 are used.
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 16;
  };
  const length = samples * layers[0];
  const images = floats ? new Float32Array(length) : new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const zero = next() < zeros * 65536;
    const value = next() >>> 8;
    images[i] = zero ? 0 : floats ? value / 100 - 1 : value;
  }
  const classes = layers[layers.length - 1];
  return { images, labels: Uint8Array.from({ length: samples }, () => next() % classes), columns };
}
