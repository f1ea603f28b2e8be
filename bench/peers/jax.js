// jax-js with its WebAssembly backend: a step of SGD, traced by jit() once.

import { batches, countCorrect, load, PIXELS, run, task } from "./peer.js";

const { module, version } = await load("@jax-js/jax");
const { grad, init, jit, nn, numpy: np } = module;
await init("wasm");

const gaussian = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const quadratic = task.cost === "quadratic";
const hidden = { sigmoid: nn.sigmoid, relu: nn.relu }[task.activation];
let parameters = task.layers.slice(1).map((outputs, l) => {
  const inputs = task.layers[l];
  const deviation = Math.sqrt((task.activation === "relu" ? 2 : 1) / inputs);
  const w = Float32Array.from({ length: inputs * outputs }, () => gaussian() * deviation);
  return { w: np.array(w).reshape([inputs, outputs]), b: np.zeros([outputs]) };
});
let velocities = parameters.map(({ w, b }) => ({ w: np.zeros(w.shape), b: np.zeros(b.shape) }));

const weightedSums = (layers, x) => layers.reduce((a, { w, b }, l) => np.dot(l === 0 ? a : hidden(a), w).add(b), x);
const cost = (layers, x, y) => {
  const z = weightedSums(layers, x);
  return quadratic
    ? np
        .square(nn.sigmoid(z).sub(y))
        .sum()
        .mul(0.5 / task.batchSize)
    : nn
        .logSoftmax(z)
        .mul(y)
        .sum()
        .mul(-1 / task.batchSize);
};
const gradient = grad(cost);
const each = (f, ...trees) =>
  trees[0].map((_, l) => ({
    w: f(...trees.map((tree) => tree[l].w)),
    b: f(...trees.map((tree) => tree[l].b)),
  }));
const kept = (tree) => each((leaf) => leaf.ref, tree);
const plain = jit((layers, x, y, rate) => {
  const change = gradient(kept(layers), x, y);
  return each((w, g) => w.sub(g.mul(rate.ref)), layers, change);
});
const withMomentum = jit((layers, speeds, x, y, rate) => {
  const change = gradient(kept(layers), x, y);
  const moved = each((v, g) => v.mul(task.momentum).sub(g.mul(rate.ref)), speeds, change);
  return [each((w, v) => w.add(v), layers, kept(moved)), moved];
});
const outputsOf = jit((layers, x) => weightedSums(layers, x));

await run(`jax-js ${version}, wasm`, {
  async train(data, rate) {
    const eta = () => np.array(rate);
    for (const batch of batches(data)) {
      const x = np.array(batch.x).reshape([task.batchSize, PIXELS]);
      const y = np.array(batch.y).reshape([task.batchSize, 10]);
      if (task.momentum === 0) parameters = plain(parameters, x, y, eta());
      else [parameters, velocities] = withMomentum(parameters, velocities, x, y, eta());
    }
    await parameters[0].w.ref.data();
  },
  async correct({ images, labels, count }) {
    const x = np.array(images.slice()).reshape([count, PIXELS]);
    return countCorrect(await outputsOf(kept(parameters), x).data(), labels);
  },
});
