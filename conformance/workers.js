// workerd, which runs Cloudflare's workers: bundles of modules, with the compiled module and other files beside the
// script.

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { during, freePort, output } from "./process.js";

/** The recipes in workerd. @param {string} workerd @param {import("./runtimes.js").Place} place */
export async function trainInWorkerd(workerd, place) {
  const folder = await bundleWorker(place, "conformance/guest/workerd.js", "conformance/guest/workerd.capnp");
  const { results, error } = await request(workerd, folder, `/?base=${encodeURIComponent(place.server.base)}`, {});
  if (error !== undefined) throw new Error(error);
  return results;
}

/** The example: answers POSTed images, as many of MNIST's as the network reads that was trained before. */
export async function answerImages(workerd, place) {
  const folder = await bundleWorker(place, "examples/worker/worker.js", "examples/worker/config.capnp");
  await writeFile(join(place.project, "model.mjs"), MAKE_MODEL);
  const made = JSON.parse(
    await output(process.execPath, ["model.mjs", join(folder, "model.safetensors")], { cwd: place.project }),
  );
  const answer = await request(workerd, folder, "/", { method: "POST", body: Uint8Array.from(made.images) });
  const labels = answer.map?.(({ label }) => label);
  if (String(labels) !== String(made.labels)) {
    throw new Error(`expected the labels ${made.labels}, got ${JSON.stringify(answer)}`);
  }
  return { way: "example", hashes: [], rate: 0 };
}

/** Saves a small network, and prints images with what it makes of them. */
const MAKE_MODEL = `
import { writeFileSync } from "node:fs";
import { Dataset, Network } from "ductus";
const inked = (pixel, label) => (pixel * 7919) % 784 < 80 * (1 + label);
const images = Uint8Array.from({ length: 50 * 784 }, (_, i) => (inked(i, Math.floor(i / 784) % 5) ? 255 : 0));
const labels = Uint8Array.from({ length: 50 }, (_, i) => i % 5);
const network = await Network.create({ layers: [784, 30, 10], threads: 1 });
for await (const _ of network.train(new Dataset({ images, labels }), { epochs: 20, batchSize: 5, learningRate: 3 }));
writeFileSync(process.argv[2], network.save());
const some = images.subarray(0, 5 * 784);
console.log(JSON.stringify({
  images: [...some],
  labels: [0, 1, 2, 3, 4].map((i) => network.predict(some.subarray(i * 784, (i + 1) * 784)).label),
}));
`;

/** A folder with what a worker's configuration names: the script as one file, and the module. */
async function bundleWorker({ scratch, project }, script, config) {
  const folder = join(scratch, script.replaceAll("/", "-"));
  await mkdir(folder, { recursive: true });
  const bundle = await rolldown({
    cwd: project,
    input: script,
    platform: "browser",
    external: [/\.wasm$/, /\.safetensors$/],
    logLevel: "silent",
  });
  await bundle.write({ file: join(folder, "bundle.js"), format: "esm" });
  await bundle.close();
  await copyFile(join(project, "node_modules/ductus/build/ductus.wasm"), join(folder, "ductus.wasm"));
  await copyFile(join(project, config), join(folder, "config.capnp"));
  return folder;
}

/** One request to a worker that runs as long; what it answers. */
async function request(workerd, folder, path, options) {
  const port = await freePort();
  const args = ["serve", "config.capnp", `--socket-addr=http=127.0.0.1:${port}`];
  return during(workerd, args, () => ask(`http://127.0.0.1:${port}${path}`, options), folder);
}

/** Asks until somebody listens. */
async function ask(url, options) {
  for (;;) {
    try {
      return await (await fetch(url, options)).json();
    } catch (error) {
      if (error.cause?.code !== "ECONNREFUSED") throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
