// Ductus itself, as its users call it; peers.ts runs it beside the others.

import { Dataset, Network } from "ductus";
import { enableWideVectors } from "ductus/node";
import { say, task, training, validation } from "./peer.js";

const wide = enableWideVectors();
const datasetOf = ({ bytes, labels }) => new Dataset({ images: bytes, labels, classes: 10, columns: 28 });
using network = await Network.create({
  layers: task.layers,
  activation: task.activation,
  cost: task.cost,
  threads: task.threads,
  ...(task.activation === "relu" && { initialWeights: "he" }),
});
const held = datasetOf(validation);
say({ name: `Ductus${wide ? ", 256-bit" : ""}` });
let seconds = 0;
const options = {
  epochs: task.rates.length,
  batchSize: task.batchSize,
  learningRate: (epoch) => task.rates[epoch - 1],
  ...(task.momentum > 0 && { optimizer: "momentum", momentum: task.momentum }),
  // Its own distortions, the time for them included.
  distortions: task.distortions,
};
for await (const { epoch, trainingSeconds } of network.train(datasetOf(training(1)), options)) {
  seconds += trainingSeconds;
  say({ epoch, seconds, correct: (await network.evaluate(held)).correct });
}
