// A network as a safetensors file: what decides it, by what method it is trained, how far it is, and its state. Pairs with the
// tensors of PyTorch's nn.Sequential(Linear, Sigmoid, ...): 0.weight [outputs, inputs], 0.bias [outputs], 2.weight, ...

import { FormatError, show, typeName } from "../errors.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../formats/safetensors.js";
import {
  ACTIVATIONS,
  type Activation,
  COSTS,
  type Cost,
  INITIAL_WEIGHTS,
  type InitialWeights,
  type LayerParameters,
  type Method,
  type RealArray,
} from "../kernels/kernels.js";
import { checkRange, RANGES } from "../ranges.js";
import { methodOf, slotNames, usedSlot } from "./method.js";

/** What decides a network before training. */
export interface Origin {
  readonly layers: readonly number[];
  readonly seed: number;
  readonly initialWeights: InitialWeights;
  readonly activation: Activation;
  readonly cost: Cost;
}

/** Where an Origin comes from; the defaults are in NetworkOptions. */
export type OriginOptions = Pick<Origin, "layers"> & Partial<Origin>;

/** The epoch with the most validation images read correctly so far, the first of equals. */
export interface BestEpoch {
  readonly epoch: number;
  readonly correct: number;
}

/** What a file holds. */
export interface SavedNetwork {
  readonly origin: Origin;
  readonly method: Method;
  /** Epochs that it was trained for. */
  readonly epochs: number;
  /** With a method that keeps it: the best of them. */
  readonly best?: BestEpoch;
  /** Of each slot of savedSlots() the layers' parameters: the last are those that are used. */
  readonly state: readonly (readonly LayerParameters[])[];
}

/** Longer lists of layers are not read: enough for a thousand. */
const MAX_LAYERS_TEXT = 10_000;

const FORMAT = { format: "ductus", version: "1" };

/** The bytes of a file, with more metadata than its own. */
export function encodeNetwork(
  { origin, method, epochs, best, state }: SavedNetwork,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const tensors = new Map<string, Tensor>();
  for (const [s, prefix] of slotPrefixes(method).entries()) {
    for (const [i, { weights, biases }] of state[s].entries()) {
      const [inputs, outputs] = origin.layers.slice(i);
      tensors.set(`${prefix}${2 * i}.weight`, { shape: [outputs, inputs], data: toFloat32(weights) });
      tensors.set(`${prefix}${2 * i}.bias`, { shape: [outputs], data: toFloat32(biases) });
    }
  }
  const own = {
    ...FORMAT,
    layers: JSON.stringify(origin.layers),
    activation: origin.activation,
    cost: origin.cost,
    initial_weights: origin.initialWeights,
    method: JSON.stringify(method),
    seed: String(origin.seed),
    epochs: String(epochs),
    ...(best === undefined ? {} : { best_epoch: String(best.epoch), best_correct: String(best.correct) }),
  };
  return encodeSafetensors({ tensors, metadata: new Map(Object.entries({ ...metadata, ...own })) });
}

/**
 * What the bytes of a file hold, and all its metadata.
 * @throws {FormatError} if they are not a network, whole and finite
 */
export function decodeNetwork(
  bytes: Uint8Array,
  file: string,
): SavedNetwork & { readonly metadata: ReadonlyMap<string, string> } {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  for (const [key, value] of Object.entries(FORMAT)) {
    if (metadata.get(key) !== value) {
      throw new FormatError(
        file,
        `expected ${key} "${value}" in its metadata, got ${show(metadata.get(key) ?? "nothing")}`,
      );
    }
  }
  const origin = parseOrigin(metadata, file);
  const epochs = parseNumber(metadata, "epochs", file);
  const method = parseMethod(metadata, file);
  const best = metadata.has("best_epoch")
    ? {
        epoch: parseNumber(metadata, "best_epoch", file),
        correct: parseNumber(metadata, "best_correct", file),
      }
    : undefined;
  // Every tensor is checked before a network is made of what the metadata claim.
  const state = slotPrefixes(method).map((prefix) =>
    origin.layers.slice(1).map((outputs, i) => ({
      weights: finiteTensor(tensors, `${prefix}${2 * i}.weight`, [outputs, origin.layers[i]], file),
      biases: finiteTensor(tensors, `${prefix}${2 * i}.bias`, [outputs], file),
    })),
  );
  const expected = 2 * state.length * (origin.layers.length - 1);
  if (tensors.size !== expected) throw new FormatError(file, `expected ${expected} tensors, got ${tensors.size}`);
  return { origin, method, epochs, best, metadata, state };
}

/** The slots that are saved: not the gradient, which is 0 between mini-batches. The last one is what is used: see usedSlot(). */
export function savedSlots(method: Method): number[] {
  const slots = slotNames(method).flatMap((name, slot) => (name === "gradient" ? [] : [slot]));
  return usedSlot(method) === 0 ? [...slots.slice(1), 0] : slots;
}

/** How the names of their tensors begin. What is used bears PyTorch's names alone. */
function slotPrefixes(method: Method): string[] {
  const slots = savedSlots(method);
  return slots.map((slot, s) => (s === slots.length - 1 ? "" : `${slotNames(method)[slot]}.`));
}

function parseMethod(metadata: ReadonlyMap<string, string>, file: string): Method {
  try {
    const { beta, average, keepBest, ...method } = JSON.parse(metadata.get("method") ?? "") as Method;
    const patience = keepBest ? 1 : undefined; // any will do
    return methodOf({ ...method, beta2: beta, averaging: average, epsilon: method.epsilon || undefined, patience });
  } catch {
    throw new FormatError(
      file,
      `metadata method: expected a method of training, got ${show(metadata.get("method") ?? "nothing")}`,
    );
  }
}

export function toFloat32(numbers: RealArray): Float32Array {
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}

/** The options with defaults filled in. Throws TypeError or RangeError for one that cannot be used. */
export function checkOrigin(options: OriginOptions): Origin {
  const { layers, seed = 1, initialWeights = "scaled", activation = "sigmoid", cost = "quadratic" } = options;
  if (!Array.isArray(layers)) throw new TypeError(`layers: expected an array of sizes, got ${typeName(layers)}`);
  if (layers.length < 2) {
    throw new RangeError(`layers: expected at least an input and an output layer, got [${layers}]`);
  }
  for (const [l, neurons] of layers.entries()) {
    const range = l === 0 ? RANGES.inputs : l === layers.length - 1 ? RANGES.classes : RANGES.hidden;
    checkRange(`layers[${l}]`, neurons, range);
  }
  checkRange("seed", seed, RANGES.seed);
  checkChoice("initial weights", initialWeights, INITIAL_WEIGHTS);
  checkChoice("activation", activation, ACTIVATIONS);
  checkChoice("cost", cost, COSTS);
  return { layers, seed, initialWeights, activation, cost };
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) {
    throw new RangeError(
      `${name}: expected ${choices.map((choice) => `"${choice}"`).join(" or ")}, got ${show(value)}`,
    );
  }
}

function parseOrigin(metadata: ReadonlyMap<string, string>, file: string): Origin {
  const seed = parseNumber(metadata, "seed", file);
  const sizes = metadata.get("layers") ?? "";
  if (sizes.length > MAX_LAYERS_TEXT || !/^\[\d+(, ?\d+)*\]$/.test(sizes)) {
    throw new FormatError(file, `metadata layers: expected a list of whole numbers, got ${show(sizes)}`);
  }
  try {
    const layers = JSON.parse(sizes) as number[];
    return checkOrigin({
      layers,
      seed,
      initialWeights: (metadata.get("initial_weights") ?? "") as InitialWeights,
      activation: (metadata.get("activation") ?? "") as Activation,
      cost: (metadata.get("cost") ?? "") as Cost,
    });
  } catch (error) {
    throw new FormatError(file, `metadata: ${(error as Error).message}`);
  }
}

function parseNumber(metadata: ReadonlyMap<string, string>, key: string, file: string): number {
  const text = metadata.get(key) ?? "";
  if (!/^\d{1,15}$/.test(text))
    throw new FormatError(file, `metadata ${key}: expected a whole number, got ${show(text)}`);
  return Number(text);
}

function finiteTensor(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  shape: readonly number[],
  file: string,
): Float32Array {
  const tensor = tensors.get(name);
  if (tensor?.shape.join() !== shape.join()) {
    throw new FormatError(
      file,
      `tensor ${name}: expected shape [${shape.join(", ")}], got ${JSON.stringify(tensor?.shape)}`,
    );
  }
  const data = new Float32Array(tensor.data.length);
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    // -0 becomes 0, as training leaves it: then to add a product with a pixel of 0 is the same as to leave it out.
    data[i] = tensor.data[i] + 0;
    // NaN for ever, once a number is not finite.
    sum += data[i] * 0;
  }
  if (sum !== 0) throw new FormatError(file, `tensor ${name}: expected finite numbers only`);
  return data;
}
