// brain.js: one sample after the other, plain arrays, sigmoid or ReLU in all layers, quadratic cost.

import { load, PIXELS, run, shuffled, task } from "./peer.js";

const { module: brain, version } = await load("brain.js");
const net = new brain.NeuralNetwork({
  inputSize: task.layers[0],
  hiddenLayers: task.layers.slice(1, -1),
  outputSize: 10,
  activation: "sigmoid",
});
const inputOf = ({ images }, i) => images.subarray(i * PIXELS, (i + 1) * PIXELS);
const outputs = Array.from({ length: 10 }, (_, digit) => Float32Array.from({ length: 10 }, (_, j) => +(j === digit)));

await run(`brain.js ${version}`, {
  train(data) {
    const samples = Array.from(shuffled(data.count), (i) => ({
      input: inputOf(data, i),
      output: outputs[data.labels[i]],
    }));
    net.train(samples, { iterations: 1, learningRate: 0.3, momentum: 0.1, errorThresh: 1e-9, errorCheckInterval: 1e9 });
  },
  correct(data) {
    let correct = 0;
    for (let i = 0; i < data.count; i++) {
      const output = Object.values(net.run(inputOf(data, i)));
      if (output.indexOf(Math.max(...output)) === data.labels[i]) correct++;
    }
    return correct;
  },
});
