// ductus import: a model of another program.

import { basename, extname } from "node:path";
import { Network } from "ductus";
import { decodeModel, type ImportedModel, type ImportOptions } from "ductus/formats";
import { UsageError } from "ductus/recipe";
import { KINDS } from "./kinds.js";
import { readInput } from "./model-file.js";
import { FORCE, Output } from "./output.js";
import { printLine } from "./terminal.js";
import { type Command, helpOf, parseCommand } from "./usage.js";

export const IMPORT: Command = {
  usage: "import FILE [options]",
  summary: `Makes a model of a fully connected network of another program: safetensors with the state_dict of PyTorch's
Linear layers, ONNX, NumPy's npz, JSON of brain.js, or a file of \`ductus export\`. It reads as it did there, can be
exported, and is trained further with the library. Weights alone do not say their functions: give --activation and
--cost.`,
  arguments: 1,
  options: {
    activation: { value: "NAME", help: "of the hidden layers: sigmoid, tanh or relu (default: what the file says)" },
    cost: {
      value: "NAME",
      help: "quadratic or cross-entropy for sigmoid outputs, log-likelihood for softmax (default: what the file says)",
    },
    mean: {
      value: "M",
      help: "what pixels of 0 to 1 were shifted by in the other program: (pixel - M) / S",
      default: "0",
    },
    deviation: { value: "S", help: "what they were divided by there, above 0", default: "1" },
    out: { value: "FILE", help: "where to; - for standard output (default: FILE with the ending .ductus.safetensors)" },
    force: FORCE,
    json: { help: "print JSON: the layers and functions of the model" },
  },
};

const MEAN = { min: 0, max: 1, whole: false, description: "a number from 0 to 1" };
const DEVIATION = { min: 1e-6, max: 1e6, whole: false, description: "a number from 0.000001 to 1000000" };

export async function importModel(args: readonly string[]): Promise<void> {
  const values = parseCommand(IMPORT, args);
  if (values === undefined) return printLine(helpOf(IMPORT));
  const [path] = values.args;
  if (path === undefined) throw new UsageError("import: expected a file, got none: see ductus import --help");
  const options = {
    file: basename(path),
    activation: values.choice("activation", ["sigmoid", "tanh", "relu"]),
    cost: values.choice("cost", ["quadratic", "cross-entropy", "log-likelihood"]),
    mean: values.number("mean", MEAN),
    deviation: values.number("deviation", DEVIATION),
  };
  const out = values.path("out") ?? `${path.slice(0, path.length - extname(path).length)}.ductus.safetensors`;
  const reads = [{ path, what: "the file" }];
  const output = await Output.open(out, { kind: KINDS.model, force: values.flag("force"), reads });
  const { layers, activation, cost } = decoded(await readInput(path, "a model of another program"), options);
  using network = await Network.from(layers, { activation, cost, threads: 1 });
  await output.save(network.save());
  const functions = { activation, cost };
  if (values.flag("json")) {
    return printLine(
      JSON.stringify({ file: path, model: output.path, layers: network.layers, ...functions }, undefined, 2),
    );
  }
  const hidden = layers.length > 1 ? `${activation} neurons, ` : "";
  printLine(`${output.shown}: [${network.layers.join(", ")}], ${hidden}${cost} cost`);
}

/** @throws {UsageError} for an option that is needed, or contradicts the file */
function decoded(bytes: Uint8Array, options: ImportOptions): ImportedModel {
  try {
    return decodeModel(bytes, options);
  } catch (error) {
    // It begins with the name of the option.
    throw error instanceof RangeError ? new UsageError(`--${error.message}`) : error;
  }
}
