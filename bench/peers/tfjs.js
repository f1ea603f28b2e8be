// TensorFlow.js with its WebAssembly backend: layers, compile(), fit().

import { createRequire } from "node:module";
import { join } from "node:path";
import { countCorrect, load, PIXELS, run, task } from "./peer.js";

const { module: tf, version } = await load("@tensorflow/tfjs");
const { module: wasm } = await load("@tensorflow/tfjs-backend-wasm");
const folder = createRequire(join(process.env.PEERS_FOLDER, "package.json")).resolve("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(join(folder, "..", "/"));
await tf.setBackend("wasm");

const [inputs, ...sizes] = task.layers;
const quadratic = task.cost === "quadratic";
const model = tf.sequential();
for (const [l, units] of sizes.entries()) {
  const last = l === sizes.length - 1;
  const activation = last ? (quadratic ? "sigmoid" : "softmax") : task.activation;
  model.add(tf.layers.dense({ units, activation, ...(l === 0 && { inputShape: [inputs] }) }));
}
// meanSquaredError is 2 / 10 of the notes' cost.
const factor = quadratic ? 5 : 1;
const optimizer = task.momentum === 0 ? tf.train.sgd(1) : tf.train.momentum(1, task.momentum);
model.compile({
  optimizer,
  loss: quadratic ? "meanSquaredError" : "categoricalCrossentropy",
});

await run(`TensorFlow.js ${version}, wasm`, {
  async train({ images, labels, count }, rate) {
    optimizer.setLearningRate(factor * rate);
    const x = tf.tensor2d(images, [count, PIXELS]);
    const y = tf.oneHot(tf.tensor1d(Int32Array.from(labels), "int32"), 10).toFloat();
    await model.fit(x, y, { batchSize: task.batchSize, epochs: 1, shuffle: true, verbose: 0, yieldEvery: "never" });
    tf.dispose([x, y]);
  },
  correct({ images, labels, count }) {
    return tf.tidy(() => countCorrect(model.predict(tf.tensor2d(images, [count, PIXELS])).dataSync(), labels));
  },
});
