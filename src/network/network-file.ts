// A network as a safetensors file: its architecture, how it is trained, how far it is, and its state. Its tensors are
// those of PyTorch's nn.Sequential(Linear, Sigmoid, ...): 0.weight [outputs, inputs], 0.bias [outputs], 2.weight, ...

import { parseClassNames } from "../data/names.js";
import { type Preparation, parsePreparation } from "../data/preparation.js";
import { checkObject, FormatError, show } from "../errors.js";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../formats/safetensors.js";
import {
  type Activation,
  type Cost,
  type InitialWeights,
  type LayerParameters,
  type Optimizer,
  type RealArray,
  SGD,
  type TrainingConfig,
} from "../kernels/kernels.js";
import { savedSlots, slotNames } from "../kernels/slots.js";
import { checkKnown } from "../options/known.js";
import { type Architecture, architectureOf } from "./architecture.js";
import { methodOf } from "./method.js";

/** The epoch with the most validation images read correctly so far, the first of equals. */
export interface BestEpoch {
  readonly epoch: number;
  readonly correct: number;
}

/** What a file holds. */
export interface SavedNetwork {
  readonly architecture: Architecture;
  readonly config: TrainingConfig;
  /** Epochs that it was trained for. */
  readonly epochs: number;
  /** The best of them, if the network keeps its weights. */
  readonly best?: BestEpoch;
  /** How the pictures were made that it was trained on last; undefined if that is not known. */
  readonly preparation?: Preparation;
  /** What its classes are called; undefined if they have numbers only. */
  readonly classNames?: readonly string[];
  /** Of each slot of savedSlots() the parameters of layers 1..L. The last slot is the one that is used. */
  readonly state: readonly (readonly LayerParameters[])[];
}

/** Characters of a list of layers, enough for a thousand of them: longer lists are not read. */
const MAX_LAYERS_TEXT = 10_000;

const FORMAT = { format: "ductus", version: "1" };

/** The keys of a network's own metadata. */
export const NETWORK_METADATA = [
  "format",
  "version",
  "layers",
  "activation",
  "cost",
  "initial_weights",
  "method",
  "seed",
  "epochs",
  "preparation",
  "classes",
  "best_epoch",
  "best_correct",
] as const;

/** The bytes of a file. `metadata` is added to its own. */
export function encodeNetwork(
  { architecture, config, epochs, best, preparation, classNames, state }: SavedNetwork,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  checkObject("metadata", metadata);
  const tensors = new Map<string, Tensor>();
  for (const [s, prefix] of slotPrefixes(config).entries()) {
    for (const [i, { weights, biases }] of state[s].entries()) {
      const [inputs, outputs] = architecture.layers.slice(i);
      tensors.set(`${prefix}${2 * i}.weight`, { shape: [outputs, inputs], data: toFloat32(weights) });
      tensors.set(`${prefix}${2 * i}.bias`, { shape: [outputs], data: toFloat32(biases) });
    }
  }
  const own: Readonly<Partial<Record<(typeof NETWORK_METADATA)[number], string>>> = {
    ...FORMAT,
    layers: JSON.stringify(architecture.layers),
    activation: architecture.activation,
    cost: architecture.cost,
    initial_weights: architecture.initialWeights,
    method: JSON.stringify(configMetadata(config)),
    seed: String(architecture.seed),
    epochs: String(epochs),
    ...(preparation === undefined ? {} : { preparation: JSON.stringify(preparation) }),
    ...(classNames === undefined ? {} : { classes: JSON.stringify(classNames) }),
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
  const architecture = parseArchitecture(metadata, file);
  const epochs = parseNumber(metadata, "epochs", file);
  const config = parseConfig(metadata, architecture.layers.length - 2, file);
  const best = metadata.has("best_epoch")
    ? {
        epoch: parseNumber(metadata, "best_epoch", file),
        correct: parseNumber(metadata, "best_correct", file),
      }
    : undefined;
  const text = metadata.get("preparation");
  const preparation = text === undefined ? undefined : parsePreparation(text, architecture.layers[0], file);
  const names = metadata.get("classes");
  const outputs = architecture.layers[architecture.layers.length - 1];
  const classNames = names === undefined ? undefined : parseClassNames(names, outputs, file);
  // Every tensor is checked before a network is made of what the metadata claim.
  const state = slotPrefixes(config).map((prefix) =>
    architecture.layers.slice(1).map((outputs, i) => ({
      weights: finiteTensor(tensors, `${prefix}${2 * i}.weight`, [outputs, architecture.layers[i]], file),
      biases: finiteTensor(tensors, `${prefix}${2 * i}.bias`, [outputs], file),
    })),
  );
  const expected = 2 * state.length * (architecture.layers.length - 1);
  if (tensors.size !== expected) throw new FormatError(file, `expected ${expected} tensors, got ${tensors.size}`);
  return { architecture, config, epochs, best, preparation, classNames, metadata, state };
}

/** How the names of each slot's tensors begin. Those of the slot that is used bear PyTorch's names alone. */
function slotPrefixes(config: TrainingConfig): string[] {
  const slots = savedSlots(config);
  return slots.map((slot, s) => (s === slots.length - 1 ? "" : `${slotNames(config)[slot]}.`));
}

/** A TrainingConfig by the names that the file format has for its parts, in the format's order. */
interface ConfigMetadata {
  readonly optimizer: Optimizer;
  readonly momentum: number;
  readonly beta: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly average: number;
  readonly labelSmoothing: number;
  readonly dropout: number;
  /** Left out if it is 0. */
  readonly frozen?: number;
  readonly keepBest: boolean;
}

function configMetadata(config: TrainingConfig): ConfigMetadata {
  const { optimizer, momentum, beta2: beta, epsilon, weightDecay, averaging: average } = config;
  const { labelSmoothing, dropout, frozen, keepBest } = config;
  const kept = frozen === 0 ? {} : { frozen };
  return { optimizer, momentum, beta, epsilon, weightDecay, average, labelSmoothing, dropout, ...kept, keepBest };
}

/** @param most layers that can be frozen */
function parseConfig(metadata: ReadonlyMap<string, string>, most: number, file: string): TrainingConfig {
  try {
    const config: ConfigMetadata = JSON.parse(metadata.get("method") ?? "");
    checkObject("method", config);
    checkKnown("method", config, configMetadata({ ...SGD, frozen: 1 }));
    if ((config.frozen ?? 0) > most) throw new RangeError("more are frozen than there are");
    const { beta, average, keepBest, ...options } = config;
    const patience = keepBest ? 1 : undefined; // any will do
    return methodOf({ ...options, beta2: beta, averaging: average, epsilon: options.epsilon || undefined, patience });
  } catch {
    throw new FormatError(
      file,
      `metadata method: expected a method of training, got ${show(metadata.get("method") ?? "nothing")}`,
    );
  }
}

/** The numbers as f32: the array itself if it is a Float32Array, else a copy. */
export function toFloat32(numbers: RealArray): Float32Array {
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}

function parseArchitecture(metadata: ReadonlyMap<string, string>, file: string): Architecture {
  const seed = parseNumber(metadata, "seed", file);
  const sizes = metadata.get("layers") ?? "";
  if (sizes.length > MAX_LAYERS_TEXT || !/^\[[1-9]\d*(, ?[1-9]\d*)*\]$/.test(sizes)) {
    throw new FormatError(file, `metadata layers: expected a list of whole numbers, got ${show(sizes)}`);
  }
  try {
    const layers = JSON.parse(sizes) as number[];
    return architectureOf({
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
  if (!/^(0|[1-9]\d{0,14})$/.test(text))
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
    // -0 becomes 0, as training leaves it: adding a product with a pixel of 0 is then the same as leaving it out.
    data[i] = tensor.data[i] + 0;
    // Once a number is not finite, the sum is NaN and stays so.
    sum += data[i] * 0;
  }
  if (sum !== 0) throw new FormatError(file, `tensor ${name}: expected finite numbers only`);
  return data;
}
