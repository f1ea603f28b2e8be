// Networks of other programs, from the files that they write: told apart by their first bytes.

import { checkBytes, checkChoice } from "../../arguments.js";
import { checkObject, FormatError } from "../../errors.js";
import { ACTIVATIONS, type Activation, COSTS, type Cost, outputOf } from "../../kernels/kernels.js";
import { architectureOf } from "../../network/architecture.js";
import { decodeNetwork, toFloat32 } from "../../network/network-file.js";
import type { Parameters } from "../../network/results.js";
import { checkKnown } from "../../options/known.js";
import { checkRange } from "../../ranges.js";
import { layerSizes } from "../json.js";
import { kindOfFile } from "../kind.js";
import { decodeSafetensors } from "../safetensors.js";
import type { FoundNetwork } from "./found.js";
import { readJsonModel } from "./json-model.js";
import { readNpzModel } from "./npz-model.js";
import { readOnnxModel } from "./onnx-model.js";
import { readStateDict } from "./state-dict.js";

/** What decodeModel() is told beside the bytes. */
export interface ImportOptions {
  /** The name by which errors call the bytes. Default "model". */
  readonly file?: string;
  /** The activation function of the hidden layers, needed where the file does not say it. */
  readonly activation?: Activation;
  /** Decides the function of the outputs; needed where the file does not say that function. */
  readonly cost?: Cost;
  /** What pixels of 0 to 1 were shifted by for the network: it got (pixel - mean) / deviation. 0 to 1, default 0. */
  readonly mean?: number;
  /** What they were divided by then, 0.000001 to 1,000,000. Default 1. */
  readonly deviation?: number;
}

const OPTIONS = {
  file: true,
  activation: true,
  cost: true,
  mean: true,
  deviation: true,
} as const satisfies Record<keyof ImportOptions, true>;

const MEAN = { min: 0, max: 1, whole: false, description: "a number from 0 to 1" };
const DEVIATION = { min: 1e-6, max: 1e6, whole: false, description: "a number from 0.000001 to 1000000" };

/** A network of a file: Network.from() makes one of it. */
export interface ImportedModel {
  /** First to last, finite. */
  readonly layers: readonly Parameters[];
  /** Of the hidden layers; sigmoid if there are none. */
  readonly activation: Activation;
  /** What it was trained by, if that is known, else one that goes with its outputs. */
  readonly cost: Cost;
}

/** What files cannot be read, by what kindOfFile() calls them, and what to do instead. */
const ADVICE: Readonly<Record<string, string>> = {
  "a PyTorch zip": torchAdvice(),
  "a Python pickle (of PyTorch?)": torchAdvice(),
  "an HDF5 file (of Keras?)": kerasAdvice(),
  "a Keras model": kerasAdvice(),
  "a NumPy array": "save all arrays together: numpy.savez(FILE, W1=..., b1=..., W2=..., b2=...)",
};

function torchAdvice(): string {
  return (
    'a pickle can run any program, and is not read: write the weights in Python, as "from safetensors.torch import ' +
    'save_file" and "save_file(model.state_dict(), \'model.safetensors\')"'
  );
}

function kerasAdvice(): string {
  return "write the weights in Python, as \"numpy.savez('model.npz', *model.get_weights())\"";
}

/**
 * The network in a file of another program, or in one that this one wrote: safetensors of PyTorch's Linear layers,
 * ONNX, JSON of encodeJson() or brain.js, and NumPy's npz.
 * @example
 * ```ts
 * const { layers, activation, cost } = decodeModel(await readFile("model.onnx"), { file: "model.onnx" });
 * using network = await Network.from(layers, { activation, cost });
 * ```
 * @throws {FormatError} if the file is none of these, or has what no fully connected network here has
 * @throws {TypeError | RangeError} for an option that cannot be used, is needed, or contradicts the file
 */
export function decodeModel(bytes: Uint8Array, options: ImportOptions = {}): ImportedModel {
  checkObject("options", options);
  checkKnown("decodeModel", options, OPTIONS);
  const { file = "model", mean = 0, deviation = 1 } = options;
  checkBytes(file, bytes);
  if (options.activation !== undefined) checkChoice("activation", options.activation, ACTIVATIONS);
  if (options.cost !== undefined) checkChoice("cost", options.cost, COSTS);
  checkRange("mean", mean, MEAN);
  checkRange("deviation", deviation, DEVIATION);
  const found = readModel(bytes, file);
  const layers = found.layers.map(({ weights, biases }) => ({
    // -0 becomes 0, as in the model file.
    weights: toFloat32(weights).map((w) => w + 0),
    biases: toFloat32(biases).map((b) => b + 0),
  }));
  try {
    architectureOf({ layers: layerSizes(layers) });
  } catch (error) {
    throw new FormatError(file, (error as Error).message);
  }
  const activation = activationOf(found, options, file);
  const cost = costOf(found, options, file);
  normalise(layers[0], mean, deviation);
  for (const [i, { weights, biases }] of layers.entries()) {
    if (!weights.every(Number.isFinite) || !biases.every(Number.isFinite)) {
      throw new FormatError(file, `layer ${i + 1}: expected finite numbers only`);
    }
  }
  return { layers, activation, cost };
}

function readModel(bytes: Uint8Array, file: string): FoundNetwork {
  const kind = kindOfFile(bytes);
  if (kind === "a safetensors file") return readSafetensors(bytes, file);
  if (kind === "an ONNX model") return readOnnxModel(bytes, file);
  if (kind === "a JSON file") return readJsonModel(bytes, file);
  if (kind === "a NumPy archive") return readNpzModel(bytes, file);
  const advice = kind === undefined ? undefined : ADVICE[kind];
  const hint = advice === undefined ? "" : `: ${advice}`;
  throw new FormatError(
    file,
    `expected a model in safetensors, ONNX, JSON or npz, got ${kind ?? "another file"}${hint}`,
  );
}

/** A model of Ductus says all; its other tensors are for training on. */
function readSafetensors(bytes: Uint8Array, file: string): FoundNetwork {
  if (!isOwn(bytes)) return readStateDict(bytes, file);
  const { architecture, state } = decodeNetwork(bytes, file);
  return {
    layers: state[state.length - 1],
    activation: architecture.activation,
    output: outputOf(architecture.cost),
    cost: architecture.cost,
  };
}

function isOwn(bytes: Uint8Array): boolean {
  try {
    return decodeSafetensors(bytes).metadata.get("format") === "ductus";
  } catch {
    return false;
  }
}

function activationOf({ layers, activation }: FoundNetwork, options: ImportOptions, file: string): Activation {
  const given = options.activation;
  const expected = ACTIVATIONS.join(", ");
  if (activation !== undefined && given !== undefined && given !== activation) {
    throw new RangeError(`activation: expected ${activation}, which ${file} has, got ${given}`);
  }
  const known = activation ?? given;
  if (known === undefined && layers.length > 1) {
    throw new RangeError(`activation: expected ${expected}, since ${file} does not say its own, got none`);
  }
  return known ?? "sigmoid";
}

function costOf({ output, cost: trained }: FoundNetwork, options: ImportOptions, file: string): Cost {
  const { cost = trained } = options;
  const expected = COSTS.join(", ");
  const known = output === "linear" ? undefined : output;
  if (cost === undefined) {
    if (known !== undefined) return known === "softmax" ? "log-likelihood" : "quadratic";
    throw new RangeError(
      `cost: expected ${expected}, since ${file} does not say the function of its outputs (log-likelihood has ` +
        "softmax, as PyTorch's CrossEntropyLoss; the others have the sigmoid), got none",
    );
  }
  if (known !== undefined && outputOf(cost) !== known) {
    throw new RangeError(`cost: expected one with ${known} outputs, which ${file} has, got ${cost}`);
  }
  return cost;
}

/** w (x - m) / s + b = (w / s) x + (b - m sum of w / s) */
function normalise({ weights, biases }: Parameters, mean: number, deviation: number): void {
  if (mean === 0 && deviation === 1) return;
  const inputs = weights.length / biases.length;
  for (let j = 0; j < biases.length; j++) {
    let sum = 0;
    for (let k = j * inputs; k < (j + 1) * inputs; k++) {
      const w = weights[k] / deviation;
      sum += w;
      weights[k] = w;
    }
    biases[j] -= mean * sum;
  }
}
