// Federated averaging: three clients train on data of their own; a server sees their weights only, and averages them.
// In whatever order they arrive, the network has the same bits. In a folder with node_modules/ductus:
//
//   node federated.js [ROUNDS]

import { averageParameters, Network } from "ductus";
import { loadMnist } from "ductus/node";

const rounds = Number(process.argv[2] ?? 3);
const { training, test } = loadMnist();
const parts = [training.slice(0, 10_000), training.slice(10_000, 25_000), training.slice(25_000)];
const create = () => Network.create({ layers: [784, 30, 10], threads: 1 });
const [server, ...clients] = await Promise.all([create(), ...parts.map(create)]);

for (let round = 1; round <= rounds; round++) {
  for (const [i, client] of clients.entries()) {
    for (let l = 1; l < server.layers.length; l++) client.setParameters(l, server.parameters(l));
    await client.fit(parts[i], { epochs: 1, batchSize: 10 });
  }
  // As they arrive; each counts by its samples.
  const arrived = [...clients.keys()].sort(() => Math.random() - 0.5);
  const mean = averageParameters(
    arrived.map((i) => clients[i]),
    arrived.map((i) => parts[i].length),
  );
  for (const [i, parameters] of mean.entries()) server.setParameters(i + 1, parameters);
  const { correct, count } = await server.evaluate(test);
  console.log(`round ${round}: test accuracy ${correct} / ${count}, weights ${await server.hash()}`);
}
for (const network of [server, ...clients]) network.dispose();
