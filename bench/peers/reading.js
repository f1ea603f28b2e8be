// Reading, not training: 10,000 images by the same network in Ductus and in ONNX Runtime, native and WebAssembly, in
// turns. One call for all images, and a call for each of 1,000. Prints a row for each as a line of JSON.

import { Network } from "ductus";
import { encodeOnnx } from "ductus/formats";
import { enableWideVectors } from "ductus/node";
import { load, PIXELS, say, task, validation } from "./peer.js";

const ROUNDS = 9;
const SINGLE = 1000;

const wide = enableWideVectors();
using network = await Network.create({ layers: task.layers, threads: 1 });
const images = Array.from({ length: validation.count }, (_, i) =>
  validation.bytes.subarray(i * PIXELS, (i + 1) * PIXELS),
);
const model = encodeOnnx(network);
const expected = network.predict(images).map(({ activations }) => activations);

const readers = [
  {
    name: `Ductus${wide ? ", 256-bit" : ""}`,
    all: async () => network.predict(images).map(({ activations }) => activations),
    one: async (i) => network.predict(images[i]),
  },
  await onnx("onnxruntime-node", { intraOpNumThreads: 1 }),
  await onnx("onnxruntime-web", {}, (runtime) => {
    runtime.env.wasm.numThreads = 1;
  }),
];

async function onnx(packageName, options, prepare = () => {}) {
  const { module: runtime, version } = await load(packageName);
  prepare(runtime);
  const session = await runtime.InferenceSession.create(model, { logSeverityLevel: 3, ...options });
  const run = async (pixels, count) => {
    const { activations } = await session.run({ pixels: new runtime.Tensor("float32", pixels, [count, PIXELS]) });
    return activations.data;
  };
  return {
    name: `${packageName} ${version}`,
    all: async () => {
      const data = await run(validation.images, validation.count);
      return images.map((_, i) => data.subarray(i * 10, (i + 1) * 10));
    },
    one: (i) => run(validation.images.subarray(i * PIXELS, (i + 1) * PIXELS), 1),
  };
}

const seconds = async (work) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};
const times = readers.map(() => ({ all: [], one: [] }));
for (let round = -1; round < ROUNDS; round++) {
  for (const [r, reader] of readers.entries()) {
    const all = await seconds(reader.all);
    const one = await seconds(async () => {
      for (let i = 0; i < SINGLE; i++) await reader.one(i);
    });
    if (round < 0) continue;
    times[r].all.push(all);
    times[r].one.push(one);
  }
}
const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
for (const [r, { name, all }] of readers.entries()) {
  const outputs = await all();
  let off = 0;
  for (const [i, row] of outputs.entries()) {
    for (let j = 0; j < row.length; j++) off = Math.max(off, Math.abs(row[j] - expected[i][j]));
  }
  const rates = { all: validation.count / median(times[r].all), one: SINGLE / median(times[r].one) };
  say({ name, off, ...rates });
}
process.exit();
