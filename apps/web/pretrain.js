// npm run web:pretrain -- MODEL: makes apps/web/pretrained.bin, a model file in gzip, of a model that
// `npm run train -- --preset best` saved: its weights rounded to five significant bits, which costs no accuracy and lets
// the file compress to a third.

import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Network } from "ductus";
import { encodeWeights } from "ductus/formats";
import { loadMnist } from "ductus/node";

/** Bits of an f32 that become 0. */
const DROPPED = 19;

/** To the nearest f32 with fewer bits, ties to the even one. */
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
