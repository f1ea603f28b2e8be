// Trains in Deno on MNIST's IDX files, and saves the model. In a folder with node_modules/ductus:
//
//   deno run --allow-read --allow-write --allow-env --node-modules-dir=manual train.js FOLDER model.safetensors

import { Network, parseDataset } from "ductus";

const [folder, model] = Deno.args;
const read = async (name) => ({ name, bytes: await Deno.readFile(`${folder}/${name}`) });
const load = async (kind) =>
  parseDataset(await read(`${kind}-images-idx3-ubyte`), await read(`${kind}-labels-idx1-ubyte`));

const [training, test] = await Promise.all(["train", "t10k"].map(load));
const network = await Network.create({ layers: [784, 30, 10], seed: 1 });
for await (const { epoch, cost, trainingSeconds } of network.train(training, {
  epochs: 2,
  batchSize: 10,
  learningRate: 3,
}))
  console.log(`epoch ${epoch}: cost ${cost.toFixed(6)}, ${Math.round(training.length / trainingSeconds)} samples/s`);

const { correct } = await network.evaluate(test);
console.log(`test accuracy ${correct} / ${test.length}`);
console.log(`weights ${await network.hash()}`);
await Deno.writeFile(model, network.save());
network.dispose();
