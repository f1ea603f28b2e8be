// Networks in ONNX as other programs write it: which graphs are taken, and which are refused and why.

import { describe, expect, test } from "vitest";
import { constant, LAYERS, type NodeSpec, onnxOf, read, refusal, SIZES, transposed } from "./model-files.js";

const [FIRST, SECOND] = LAYERS;

describe("ONNX", () => {
  const weights = (name: string, i: number, rows: "inputs" | "outputs") => {
    const shape = rows === "inputs" ? [SIZES[i], SIZES[i + 1]] : [SIZES[i + 1], SIZES[i]];
    return { name, shape, data: rows === "inputs" ? transposed(LAYERS[i]) : LAYERS[i].weights };
  };
  const constants = [
    weights("w1", 0, "inputs"),
    weights("w2", 1, "outputs"),
    { name: "b1", shape: [1, 5], data: FIRST.biases },
    { name: "b2", shape: [4], data: SECOND.biases },
    constant("byte", 255),
    constant("one", 1 / 255),
    constant("mean", 0.25),
    constant("deviation", 0.5),
    { name: "vector", shape: [6], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  ];
  const start: NodeSpec[] = [
    ["Flatten", ["x"], "f"],
    ["MatMul", ["f", "w1"], "m"],
    ["Add", ["b1", "m"], "z"],
    ["Relu", ["z"], "a"],
  ];
  const end: NodeSpec[] = [
    ["Gemm", ["a", "w2", "b2"], "z2", { transB: 1 }],
    ["Softmax", ["z2"], "y"],
  ];
  const found = { layers: LAYERS, activation: "relu", cost: "log-likelihood" };

  test.each([true, false])("of MatMul, Add, Gemm and Flatten, its numbers raw or in lists: %s", (raw) => {
    expect(read(onnxOf([...start, ...end], constants, { raw }), {})).toEqual(found);
  });

  test("with pixels divided by 255, in either way, and with sums at the end", () => {
    for (const divide of [
      ["Div", ["x", "byte"], "p"],
      ["Mul", ["one", "x"], "p"],
    ] as NodeSpec[]) {
      const nodes: NodeSpec[] = [divide, ["Flatten", ["p"], "f"], ...start.slice(1), ...end];
      expect(read(onnxOf(nodes, constants), {})).toEqual(found);
    }
    const open = onnxOf([...start, ["Gemm", ["a", "w2", "b2"], "y", { transB: 1 }]], constants);
    expect(read(open, { cost: "log-likelihood" })).toEqual(found);
    expect(() => read(open, {})).toThrow(/^cost: expected .*, since m does not say the function of its outputs/);
  });

  test("with pixels shifted and scaled, as the options do it", () => {
    const nodes: NodeSpec[] = [
      ["Sub", ["x", "mean"], "s"],
      ["Div", ["s", "deviation"], "f"],
      ...start.slice(1),
      ...end,
    ];
    const shifted = read(onnxOf(nodes, constants), {});
    const { layers } = read(onnxOf([...start, ...end], constants), { mean: 0.25, deviation: 0.5 });
    const x = Float32Array.of(0, 0.25, 1, 0.5, 0.75, 0.125);
    for (const found of [shifted.layers, layers]) {
      for (let j = 0; j < 5; j++) {
        const [sum, expected] = [0, 1].map((way) => {
          const [{ weights, biases }] = way === 0 ? found : LAYERS;
          const terms = x.map((xk, k) => weights[6 * j + k] * (way === 0 ? xk : (xk - 0.25) / 0.5));
          return terms.reduce((sum, term) => sum + term, biases[j]);
        });
        expect(sum).toBeCloseTo(expected, 4);
      }
    }
  });

  test.each<readonly [string, NodeSpec[], RegExp]>([
    ["a convolution", [["Conv", ["x", "w1"], "y"]], /node "Conv": expected Gemm, MatMul, .*, got this one here/],
    ["two functions", [...start, ["Tanh", ["a"], "y"]], /node "Tanh": expected Gemm, .*, got this one here/],
    [
      "two layers in one",
      [...start.slice(0, 3), ["Gemm", ["z", "w2"], "y", { transB: 1 }]],
      /expected a function between/,
    ],
    ["other weights", [["Gemm", ["x", "nothing"], "y"]], /node "Gemm": expected constant floats .*, got "nothing"/],
    ["a scale", [["Gemm", ["x", "w1", "b1"], "y", { beta: 2 }]], /node "Gemm": expected beta 1, got 2/],
    ["a vector of weights", [["MatMul", ["x", "vector"], "y"]], /expected a matrix of weights, got shape \[6\]/],
    ["weights first", [["MatMul", ["w1", "x"], "y"]], /expected the weights as its second input/],
    ["pixels of their own", [["Mul", ["x", "vector"], "y"]], /expected one number for all pixels, got several/],
    ["a branch", [...start, ["Relu", ["z"], "y"]], /one node after the other .*, got 2 for "z"/],
    [
      "a loop",
      [
        ["Identity", ["x"], "a"],
        ["Identity", ["a"], "a"],
      ],
      /one node after the other from the input/,
    ],
    [
      "relu at the end",
      [
        ["Gemm", ["x", "w1"], "z"],
        ["Relu", ["z"], "y"],
      ],
      /expected Sigmoid, Softmax or no function/,
    ],
    ["biases of another size", [["Gemm", ["x", "w1", "b2"], "y"]], /node "Gemm": expected 5 biases, got 4/],
    ["nothing", [["Identity", ["x"], "y"]], /expected a Gemm or MatMul with weights, got none/],
  ])("refuses %s", (_, nodes, message) => {
    expect(refusal(onnxOf(nodes, constants), {})).toMatch(message);
  });

  test("refuses functions that differ, several inputs, and weights in other files", () => {
    const third: NodeSpec[] = [...start, ["Gemm", ["a", "w2"], "t", { transB: 1 }], ["Tanh", ["t"], "u"]];
    const w3 = { name: "w3", shape: [4, 2], data: new Float32Array(8) };
    const nodes: NodeSpec[] = [...third, ["MatMul", ["u", "w3"], "y"]];
    expect(refusal(onnxOf(nodes, [...constants, w3]))).toMatch(
      /expected one of Sigmoid, Tanh and Relu .*, got relu and tanh/,
    );
    expect(refusal(onnxOf([...start, ...end], constants, { inputs: ["x", "t"] }))).toMatch(
      /got 2 inputs and 1 outputs/,
    );
    expect(refusal(onnxOf([...start, ...end], constants, { external: true }))).toMatch(/without external data/);
  });
});

test("a file of more fields or nodes than a network has is refused before it takes memory", () => {
  const fields = new Uint8Array(2_000_000).fill(0x08);
  expect(refusal(Uint8Array.from([0x08, 8, 0x12, 0, ...fields]))).toMatch(/expected an ONNX model with a graph/);
  const nodes = Array.from({ length: 1001 }, (_, i): NodeSpec => ["Identity", [`a${i}`], `a${i + 1}`]);
  expect(refusal(onnxOf(nodes, []))).toMatch(/expected a graph of at most 1000 nodes, got 1001/);
});
