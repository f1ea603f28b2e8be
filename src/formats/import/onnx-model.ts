// A fully connected network in an ONNX graph: Gemm, or MatMul and Add, then Sigmoid, Tanh, Relu or Softmax, one after
// the other. Before the first layer, pixels may be flattened, divided by 255, and shifted and scaled.

import { FormatError, show } from "../../errors.js";
import type { Activation } from "../../kernels/kernels.js";
import type { FoundNetwork, OutputFunction } from "./found.js";
import { type Named, transpose } from "./layers.js";
import { type OnnxGraph, type OnnxNode, readOnnxGraph } from "./onnx-graph.js";

/** Nodes that change no number of one image. */
const PASSING = ["Flatten", "Reshape", "Identity", "Dropout", "Squeeze", "Cast"];
/** LogSoftmax has the logarithms of what Softmax has. */
const FUNCTIONS: Readonly<Record<string, Activation | "softmax">> = {
  Sigmoid: "sigmoid",
  Tanh: "tanh",
  Relu: "relu",
  Softmax: "softmax",
  LogSoftmax: "softmax",
};
const EXPECTED = "Gemm, MatMul, Add, Sigmoid, Tanh, Relu, Softmax, Flatten or Reshape";

interface Found {
  readonly weights: Float32Array;
  readonly biases: Float32Array;
  readonly inputs: number;
  function?: Activation | "softmax";
}

/** What an affine step before the first layer makes of a pixel x: scale x + shift. */
interface Affine {
  scale: number;
  shift: number;
}

/**
 * The network of an ONNX file.
 * @throws {FormatError} if it has other nodes, or they are not one after the other
 */
export function readOnnxModel(bytes: Uint8Array, file: string): FoundNetwork {
  const graph = readOnnxGraph(bytes, file);
  const layers: Found[] = [];
  const before: Affine = { scale: 1, shift: 0 };
  for (const { node, input } of chainOf(graph, file)) {
    const reader = new NodeReader(graph, node, input, file);
    const last = layers.at(-1);
    if (PASSING.includes(node.type)) continue;
    if (node.type === "Gemm" || node.type === "MatMul") {
      if (last !== undefined && last.function === undefined) throw reader.refuse("a function between layers", "none");
      layers.push(reader.layer());
    } else if (node.type in FUNCTIONS && last !== undefined && last.function === undefined) {
      last.function = FUNCTIONS[node.type];
    } else if (last === undefined) reader.prepare(before);
    else reader.addTo(last);
  }
  const [first] = layers;
  if (first === undefined) throw new FormatError(file, "expected a Gemm or MatMul with weights, got none");
  fold(first, before);
  return { layers, ...functionsOf(layers, file) };
}

/** The nodes from the graph's input to its output, each with what it gets from the one before. */
function chainOf({ nodes, inputs, outputs }: OnnxGraph, file: string): { node: OnnxNode; input: string }[] {
  if (inputs.length !== 1 || outputs.length !== 1) {
    const got = `${inputs.length} inputs and ${outputs.length} outputs`;
    throw new FormatError(file, `expected a graph with one input and one output, got ${got}`);
  }
  const chain: { node: OnnxNode; input: string }[] = [];
  let input = inputs[0];
  while (input !== outputs[0]) {
    const users = nodes.filter((node) => node.inputs.includes(input));
    if (users.length !== 1 || chain.length > nodes.length) {
      const got = `${users.length} for ${show(input)}`;
      throw new FormatError(file, `expected one node after the other from the input to the output, got ${got}`);
    }
    chain.push({ node: users[0], input });
    input = users[0].outputs[0];
  }
  return chain;
}

/** One node. Its errors name it. */
class NodeReader {
  constructor(
    readonly graph: OnnxGraph,
    readonly node: OnnxNode,
    readonly input: string,
    readonly file: string,
  ) {}

  refuse(expected: string, got: string): FormatError {
    return new FormatError(this.file, `node ${show(this.node.type)}: expected ${expected}, got ${got}`);
  }

  /** The constant of an input. */
  #constant(i: number): Named {
    const name = this.node.inputs[i] ?? "";
    const constant = this.graph.constants.get(name);
    if (constant === undefined) throw this.refuse("constant floats beside what is computed", show(name));
    return constant;
  }

  /** A layer without a function. */
  layer(): Found {
    const { type, inputs, attributes } = this.node;
    if (inputs[0] !== this.input) throw this.refuse("the weights as its second input", "them as its first");
    const { shape, data } = this.#constant(1);
    if (shape.length !== 2) throw this.refuse("a matrix of weights", `shape [${shape.slice(0, 4).join(", ")}]`);
    const [rows, columns] = shape;
    for (const [name, usual] of [
      ["alpha", 1],
      ["beta", 1],
      ["transA", 0],
    ] as const) {
      const value = attributes.get(name) ?? usual;
      if (value !== usual) throw this.refuse(`${name} ${usual}`, String(value));
    }
    const turned = type === "Gemm" && attributes.get("transB") === 1;
    const outputs = turned ? rows : columns;
    const layer = {
      weights: turned ? data.slice() : transpose(data, rows, columns),
      biases: new Float32Array(outputs),
      inputs: turned ? columns : rows,
    };
    if (type === "Gemm" && inputs.length > 2) this.#addBiases(layer, this.#constant(2));
    return layer;
  }

  /** Adds biases after a MatMul. */
  addTo(layer: Found): void {
    const { type, inputs } = this.node;
    if (type !== "Add" || layer.function !== undefined) throw this.refuse(EXPECTED, "this one here");
    this.#addBiases(layer, this.#constant(inputs[0] === this.input ? 1 : 0));
  }

  #addBiases({ biases }: Found, { data }: Named): void {
    if (data.length !== biases.length && data.length !== 1) {
      throw this.refuse(`${biases.length} biases`, String(data.length));
    }
    for (let j = 0; j < biases.length; j++) biases[j] += data[data.length === 1 ? 0 : j];
  }

  /** A step on pixels, all alike. */
  prepare(before: Affine): void {
    const { type, inputs } = this.node;
    if (!["Add", "Sub", "Mul", "Div"].includes(type)) throw this.refuse(EXPECTED, "this one here");
    const second = inputs[0] === this.input;
    const { data } = this.#constant(second ? 1 : 0);
    const [c] = data;
    if (data.some((x) => x !== c) || data.length === 0) throw this.refuse("one number for all pixels", "several");
    if (!second && (type === "Sub" || type === "Div")) throw this.refuse("the pixels as its first input", "a constant");
    const factor = type === "Mul" ? c : type === "Div" ? 1 / c : 1;
    before.scale *= factor;
    before.shift = before.shift * factor + (type === "Add" ? c : type === "Sub" ? -c : 0);
  }
}

/** Of 1 / 255 in f32. */
const NEAR = 1e-6;

/** Gives a layer what is done to pixels before it. Pixels that are divided by 255 are bytes: here they are 0 to 1. */
function fold({ weights, biases, inputs }: Found, { scale, shift }: Affine): void {
  const factor = scale < 1 / 64 ? scale * 255 : scale;
  const exact = Math.abs(factor - 1) < NEAR ? 1 : factor;
  for (let j = 0; j < biases.length; j++) {
    let sum = 0;
    for (let k = j * inputs; k < (j + 1) * inputs; k++) {
      sum += weights[k];
      weights[k] *= exact;
    }
    biases[j] += shift * sum;
  }
}

function functionsOf(layers: readonly Found[], file: string): Pick<FoundNetwork, "activation" | "output"> {
  const output: OutputFunction | Activation = layers[layers.length - 1].function ?? "linear";
  if (output === "tanh" || output === "relu") {
    throw new FormatError(file, `expected Sigmoid, Softmax or no function at the end, got ${output}`);
  }
  const hidden = layers.slice(0, -1).map((layer) => layer.function);
  const [activation] = hidden;
  if (activation === "softmax" || hidden.some((other) => other !== activation)) {
    throw new FormatError(
      file,
      `expected one of Sigmoid, Tanh and Relu after all hidden layers, got ${[...new Set(hidden)].join(" and ")}`,
    );
  }
  return { activation, output };
}
