// Trains in Node on own pictures, in a folder for each class, and reads one of them. In a folder with
// node_modules/ductus:
//
//   node own-pictures.js FOLDER PICTURE [MODEL]

import { readFileSync, writeFileSync } from "node:fs";
import { Network } from "ductus";
import { decodePicture, preparePicture } from "ductus/formats";
import { loadData } from "ductus/node";

const [folder, picture, model = "own.safetensors"] = process.argv.slice(2);
const { training, validation, test, warnings } = await loadData(folder);
for (const { message } of warnings) console.log(`note: ${message}`);
console.log(`${training.length} images of the classes ${training.classNames?.join(", ") ?? training.classes}`);

const network = await Network.create({ layers: [training.inputs, 30, training.classes], seed: 1 });
await network.fit(training, { epochs: 10, batchSize: 10, patience: 3, validation });
const { correct, count } = await network.evaluate(test);
console.log(`test accuracy ${correct} / ${count}`);

// A picture of any size, made as the training pictures were.
const image = preparePicture(decodePicture(readFileSync(picture), picture), network.preparation);
const { label } = network.predict(image);
console.log(`${picture}: ${network.classNames?.[label] ?? label}`);
writeFileSync(model, network.save());
network.dispose();
