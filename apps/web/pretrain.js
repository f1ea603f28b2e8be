// npm run web:pretrain -- MODEL: makes apps/web/pretrained.bin, a gzipped model file, from a model that
// `npm run train -- --preset best` saved. Its weights are rounded to five significant bits: this costs no accuracy, and
// the file compresses to a third.

import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Network } from "ductus";
import { encodeWeights } from "ductus/formats";
import { loadMnist } from "ductus/node";

/** The lowest bits of an f32, which become 0. */
const DROPPED = 19;

/** Rounded to the nearest f32 without these bits, ties to even. */
function rounded(weights) {
  const bits = new Uint32Array(weights.slice().buffer);
  const even = (word) => (word >>> DROPPED) & 1;
  return new Float32Array(
    bits.map((word) => ((word + 2 ** (DROPPED - 1) - 1 + even(word)) >>> DROPPED) << DROPPED).buffer,
  );
}

const { test } = loadMnist();
const trained = await Network.load(readFileSync(process.argv[2] ?? "model.safetensors"));
const { layers, seed, initialWeights, activation, cost, epochs } = trained;
const parameters = (l) => {
  const { weights, biases } = trained.parameters(l);
  return { weights: rounded(weights), biases };
};
const network = await Network.load(
  encodeWeights({ layers, seed, initialWeights, activation, cost, epochs, parameters }),
);
const { correct } = await network.evaluate(test);
const bytes = gzipSync(network.save({ test_correct: `${correct} / ${test.length}` }), { level: 9, memLevel: 9 });
writeFileSync(new URL("pretrained.bin", import.meta.url), bytes);
console.log(`apps/web/pretrained.bin: [${layers.join(", ")}], ${correct} / ${test.length}, ${bytes.length} bytes`);
network.dispose();
trained.dispose();
