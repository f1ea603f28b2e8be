// npm run web:pretrain -- MODEL: makes src/pretrained/pretrained.bin, the network of the package and of the page, from
// a model that `npm run train -- --preset hand` saved.
// 1. The eleventh output, no digit, is subtracted from the ten others: with sigmoid outputs, e^(z_j - z_10) is
//    a_j / (1 - a_j), so the ten activations hold all that the softmax of eleven does. Logits are divided by 1.25, so
//    that f32 activations near 1 still differ; the calibration's temperature takes that back.
// 2. Weights are rounded to five significant bits: this costs no accuracy, and the file compresses to a third.
// 3. The calibration is fitted to the images that the training held back, and to pictures made of them.

import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Network } from "ductus";
import { calibrationMetadata, encodeWeights } from "ductus/formats";
import { loadMnist } from "ductus/node";
import { calibrateMade, recipeOf } from "ductus/recipe";

/** The lowest bits of an f32, which become 0. */
const DROPPED = 19;
/** What logits are divided by: outputs are near 1 where they should be, and f32 still tells them apart. */
const SOFTENED = 1.25;
const NO_DIGIT = 10;

/** Rounded to the nearest f32 without these bits, ties to even. */
function rounded(weights) {
  const bits = new Uint32Array(weights.slice().buffer);
  const even = (word) => (word >>> DROPPED) & 1;
  return new Float32Array(
    bits.map((word) => ((word + 2 ** (DROPPED - 1) - 1 + even(word)) >>> DROPPED) << DROPPED).buffer,
  );
}

/** The last layer of eleven softmax outputs as that of ten sigmoid outputs. */
function folded({ weights, biases }) {
  const inputs = weights.length / biases.length;
  const less = (all, size) =>
    all.slice(0, NO_DIGIT * size).map((value, i) => (value - all[NO_DIGIT * size + (i % size)]) / SOFTENED);
  return { weights: less(weights, inputs), biases: less(biases, 1) };
}

const file = process.argv[2] ?? "model.safetensors";
const trained = await Network.load(readFileSync(file));
const { layers, seed, initialWeights, activation, epochs, metadata } = trained;
if (layers.at(-1) !== NO_DIGIT + 1) throw new Error(`${file}: expected a network that the preset hand trained`);
const recipe = recipeOf(metadata, trained, file);
const parameters = (l) => {
  const layer = trained.parameters(l);
  const { weights, biases } = l === layers.length - 1 ? folded(layer) : layer;
  return { weights: rounded(weights), biases };
};
const network = await Network.load(
  encodeWeights({
    layers: [...layers.slice(0, -1), NO_DIGIT],
    seed,
    initialWeights,
    activation,
    cost: "cross-entropy",
    epochs,
    parameters,
  }),
);
const { validation, test } = loadMnist(undefined, { validation: recipe.validation, limit: recipe.limit });
const calibration = calibrateMade(
  { predict: (image) => network.predict(image), predictAll: (images) => network.predict(images) },
  validation,
);
const { correct } = await network.evaluate(test);
const saved = network.save({ test_correct: `${correct} / ${test.length}`, ...calibrationMetadata(calibration) });
const bytes = gzipSync(saved, { level: 9, memLevel: 9 });
writeFileSync(new URL("../../src/pretrained/pretrained.bin", import.meta.url), bytes);
console.log(
  `src/pretrained/pretrained.bin: [${network.layers.join(", ")}], ${correct} / ${test.length}, ${bytes.length} bytes`,
);
console.log(JSON.stringify(calibration));
network.dispose();
trained.dispose();
