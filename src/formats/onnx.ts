// A network as an ONNX model, for ONNX Runtime and whatever else runs such models: per layer Gemm (z = a w^T + b) and
// Sigmoid, Tanh, Relu or Softmax. The initializers have the names of PyTorch's nn.Sequential(Linear, Sigmoid, Linear,
// Sigmoid, ...): 0.weight, 0.bias, 2.weight, ... Source: github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto, which gives
// the messages' fields these numbers.

import { PbfWriter } from "pbf";
import { type Activation, type Cost, type LayerParameters, outputOf, type RealArray } from "../kernels/kernels.js";
import { layerSizes } from "./json.js";
import { checkFunctions, functionsOf, type NetworkWeights, parametersOf } from "./weights.js";

const MODEL = { ir_version: 1, producer_name: 2, graph: 7, opset_import: 8 };
const OPERATOR_SET = { version: 2 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, name: 3, op_type: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, i: 3, type: 20 };
const OPERATORS = { sigmoid: "Sigmoid", tanh: "Tanh", relu: "Relu", softmax: "Softmax" };
const TENSOR = { dims: 1, data_type: 2, name: 8, raw_data: 9 };
const VALUE_INFO = { name: 1, type: 2 };
const TYPE = { tensor_type: 1 };
const TENSOR_TYPE = { elem_type: 1, shape: 2 };
const SHAPE = { dim: 1 };
const DIMENSION = { dim_value: 1, dim_param: 2 };
/** TensorProto.DataType.FLOAT and AttributeProto.AttributeType.INT. */
const FLOAT = 1;
const INT = 2;

/**
 * The bytes of an ONNX model (IR version 8, opset 13). Input "pixels": float [N, inputs], 0 to 1. Output "activations":
 * float [N, outputs], 0 to 1.
 * @example
 * ```ts
 * await writeFile("model.onnx", encodeOnnx(network));
 * ```
 * @param network a Network, or the layers of one, first to last: weights [outputs][inputs] and biases [outputs] of each
 * @param activation of the hidden layers; default: the network's, of layers alone "sigmoid"
 * @param cost decides the activation of the outputs; default: the network's, of layers alone "quadratic"
 * @throws {RangeError} if there is no layer, or they do not fit each other
 */
export function encodeOnnx(
  network: NetworkWeights | readonly LayerParameters[],
  activation: Activation = functionsOf(network).activation,
  cost: Cost = functionsOf(network).cost,
): Uint8Array {
  const layers = parametersOf(network);
  checkFunctions(activation, cost);
  const sizes = layerSizes(layers);
  const pbf = new PbfWriter();
  pbf.writeVarintField(MODEL.ir_version, 8);
  pbf.writeStringField(MODEL.producer_name, "ductus");
  writeMessage(pbf, MODEL.graph, () => {
    layers.forEach(({ weights, biases }, i) => {
      const [linear, nonlinear] = [String(2 * i), String(2 * i + 1)];
      const f = i + 1 < layers.length ? activation : outputOf(cost);
      const a = i === 0 ? "pixels" : `a${i}`;
      const next = i + 1 === layers.length ? "activations" : `a${i + 1}`;
      writeNode(pbf, linear, "Gemm", [a, `${linear}.weight`, `${linear}.bias`], `z${i + 1}`);
      writeNode(pbf, nonlinear, OPERATORS[f], [`z${i + 1}`], next);
      writeInitializer(pbf, `${linear}.weight`, [sizes[i + 1], sizes[i]], weights);
      writeInitializer(pbf, `${linear}.bias`, [sizes[i + 1]], biases);
    });
    pbf.writeStringField(GRAPH.name, "network");
    writeValueInfo(pbf, GRAPH.input, "pixels", sizes[0]);
    writeValueInfo(pbf, GRAPH.output, "activations", sizes[sizes.length - 1]);
  });
  writeMessage(pbf, MODEL.opset_import, () => pbf.writeVarintField(OPERATOR_SET.version, 13));
  return pbf.finish().slice();
}

function writeMessage(pbf: PbfWriter, field: number, write: () => void): void {
  pbf.writeMessage(field, write, undefined);
}

function writeNode(pbf: PbfWriter, name: string, type: string, inputs: readonly string[], output: string): void {
  writeMessage(pbf, GRAPH.node, () => {
    for (const input of inputs) pbf.writeStringField(NODE.input, input);
    pbf.writeStringField(NODE.output, output);
    pbf.writeStringField(NODE.name, name);
    pbf.writeStringField(NODE.op_type, type);
    // Softmax has its last axis by default.
    if (type !== "Gemm") return;
    writeMessage(pbf, NODE.attribute, () => {
      pbf.writeStringField(ATTRIBUTE.name, "transB");
      pbf.writeVarintField(ATTRIBUTE.i, 1);
      pbf.writeVarintField(ATTRIBUTE.type, INT);
    });
  });
}

function writeInitializer(pbf: PbfWriter, name: string, shape: readonly number[], data: RealArray): void {
  writeMessage(pbf, GRAPH.initializer, () => {
    for (const size of shape) pbf.writeVarintField(TENSOR.dims, size);
    pbf.writeVarintField(TENSOR.data_type, FLOAT);
    pbf.writeStringField(TENSOR.name, name);
    // Little-endian, as every float in a protocol buffer.
    writeMessage(pbf, TENSOR.raw_data, () => data.forEach((x) => void pbf.writeFloat(x)));
  });
}

/** Floats [N, neurons], for any N. */
function writeValueInfo(pbf: PbfWriter, field: number, name: string, neurons: number): void {
  const shape = () => {
    writeMessage(pbf, SHAPE.dim, () => pbf.writeStringField(DIMENSION.dim_param, "N"));
    writeMessage(pbf, SHAPE.dim, () => pbf.writeVarintField(DIMENSION.dim_value, neurons));
  };
  const tensorType = () => {
    pbf.writeVarintField(TENSOR_TYPE.elem_type, FLOAT);
    writeMessage(pbf, TENSOR_TYPE.shape, shape);
  };
  writeMessage(pbf, field, () => {
    pbf.writeStringField(VALUE_INFO.name, name);
    writeMessage(pbf, VALUE_INFO.type, () => writeMessage(pbf, TYPE.tensor_type, tensorType));
  });
}
