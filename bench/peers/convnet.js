// ConvNetJS: volumes, fully connected layers, a trainer with mini-batches; its quadratic cost has linear outputs.

import { load, PIXELS, run, shuffled, task } from "./peer.js";

const { module: convnetjs, version } = await load("convnetjs");
const net = new convnetjs.Net();
const quadratic = task.cost === "quadratic";
net.makeLayers([
  { type: "input", out_sx: 1, out_sy: 1, out_depth: PIXELS },
  ...task.layers.slice(1, -1).map((num_neurons) => ({ type: "fc", num_neurons, activation: task.activation })),
  quadratic ? { type: "regression", num_neurons: 10 } : { type: "softmax", num_classes: 10 },
]);
const trainer = new convnetjs.SGDTrainer(net, {
  momentum: task.momentum,
  batch_size: task.batchSize,
  l2_decay: 0,
});
const volume = new convnetjs.Vol(1, 1, PIXELS);
const input = ({ images }, i) => {
  volume.w = images.subarray(i * PIXELS, (i + 1) * PIXELS);
  return volume;
};
const desired = Array.from({ length: 10 }, (_, digit) => Array.from({ length: 10 }, (_, j) => +(j === digit)));

await run(`ConvNetJS ${version}`, {
  train(data, rate) {
    // With linear outputs the notes' rate diverges.
    trainer.learning_rate = quadratic ? rate / 25 : rate;
    for (const i of shuffled(data.count)) {
      const label = data.labels[i];
      trainer.train(input(data, i), quadratic ? desired[label] : label);
    }
  },
  correct(data) {
    let correct = 0;
    for (let i = 0; i < data.count; i++) {
      const { w } = net.forward(input(data, i));
      if (w.indexOf(Math.max(...w)) === data.labels[i]) correct++;
    }
    return correct;
  },
});
