// Networks in JSON: as encodeJson() writes them, and as brain.js does, in versions 1 and 2.
//   brain.js 2   { sizes, layers: [{}, { weights: [[...]], biases: [...] }, ...], trainOpts: { activation } }
//   brain.js 1   { sizes, layers: [{}, { "0": { bias, weights: { "0": ... } }, ... }, ...], activation }
// Source: github.com/BrainJS/brain.js, toJSON() of NeuralNetwork.

import { FormatError, show } from "../../errors.js";
import { ACTIVATIONS, type Activation, type LayerParameters } from "../../kernels/kernels.js";
import type { FoundNetwork } from "./found.js";

type Members = Readonly<Record<string, unknown>>;

/**
 * The network in a JSON text.
 * @throws {FormatError} if there is none
 */
export function readJsonModel(bytes: Uint8Array, file: string): FoundNetwork {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new FormatError(file, "expected JSON, got something else (file truncated?)");
  }
  if (!isObject(json)) throw new FormatError(file, "expected a network in a JSON object, got another value");
  if (json.format === "ductus-json") return ownNetwork(json, file);
  if (Array.isArray(json.layers) && Array.isArray(json.sizes)) return brainNetwork(json, json.layers, file);
  throw new FormatError(
    file,
    "expected JSON of `ductus export` or of brain.js, with its layers and sizes, got JSON of another program",
  );
}

function ownNetwork({ version, activation, output, weights, biases }: Members, file: string): FoundNetwork {
  if (version !== 1) throw new FormatError(file, `expected version 1, got ${show(version)}`);
  if (output !== "sigmoid" && output !== "softmax") {
    throw new FormatError(file, `output: expected sigmoid or softmax, got ${show(output)}`);
  }
  const rows = listOf(weights, "weights", file);
  const offsets = listOf(biases, "biases", file);
  const layers = rows.map((matrix, i) => layerOf(matrix, offsets[i], `layer ${i + 1}`, file));
  return { layers, activation: activationIn(activation, file), output };
}

function brainNetwork(json: Members, list: readonly unknown[], file: string): FoundNetwork {
  const { trainOpts, options } = json;
  const isSet = (value: unknown) => (isObject(value) ? value.activation : undefined);
  const activation = activationIn(json.activation ?? isSet(trainOpts) ?? isSet(options) ?? "sigmoid", file);
  const layers = list.slice(1).map((layer, i): LayerParameters => {
    const name = `layer ${i + 1}`;
    if (!isObject(layer)) throw new FormatError(file, `${name}: expected an object, got ${show(layer)}`);
    if (Array.isArray(layer.weights)) return layerOf(layer.weights, layer.biases, name, file);
    const neurons = Object.values(layer).map((neuron) => (isObject(neuron) ? neuron : {}));
    const valuesOf = (weights: unknown) => (isObject(weights) ? Object.values(weights) : weights);
    return layerOf(
      neurons.map(({ weights }) => valuesOf(weights)),
      neurons.map(({ bias }) => bias),
      name,
      file,
    );
  });
  // There, all layers have one function, the last one, too.
  if (activation !== "sigmoid") {
    throw new FormatError(file, `activation: expected sigmoid, which the outputs have, too, got ${activation}`);
  }
  return { layers, activation, output: "sigmoid" };
}

function activationIn(value: unknown, file: string): Activation {
  const known = ACTIVATIONS.find((activation) => activation === value);
  if (known !== undefined) return known;
  throw new FormatError(file, `activation: expected ${ACTIVATIONS.join(", ")}, got ${show(value)}`);
}

function layerOf(rows: unknown, biases: unknown, name: string, file: string): LayerParameters {
  const matrix = listOf(rows, `weights of ${name}`, file).map((row) => numbersOf(row, `weights of ${name}`, file));
  const offsets = numbersOf(biases, `biases of ${name}`, file);
  const [first] = matrix;
  if (first === undefined || first.length === 0 || matrix.length !== offsets.length) {
    const got = `${matrix.length} rows of weights and ${offsets.length} biases`;
    throw new FormatError(file, `${name}: expected a row of weights and a bias for each neuron, got ${got}`);
  }
  const odd = matrix.find((row) => row.length !== first.length);
  if (odd !== undefined) {
    throw new FormatError(file, `${name}: expected rows of ${first.length} weights, got one of ${odd.length}`);
  }
  const weights = new Float32Array(matrix.length * first.length);
  for (const [j, row] of matrix.entries()) weights.set(row, j * first.length);
  return { weights, biases: offsets };
}

function listOf(value: unknown, name: string, file: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new FormatError(file, `${name}: expected a list, got ${show(value ?? "nothing")}`);
}

function numbersOf(value: unknown, name: string, file: string): Float32Array {
  const list = listOf(value, name, file);
  const other = list.find((item) => typeof item !== "number");
  if (other !== undefined || list.includes(undefined)) {
    throw new FormatError(file, `${name}: expected numbers, got ${show(other)}`);
  }
  return Float32Array.from(list as readonly number[]);
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
