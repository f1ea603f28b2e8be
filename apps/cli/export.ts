// ductus export: a model for other programs.

import { extname } from "node:path";
import type { Network } from "ductus";
import { encodeJson, encodeOnnx, encodePyTorch } from "ductus/formats";
import { KINDS } from "./kinds.js";
import { MODEL, readModel } from "./model-file.js";
import { FORCE, Output } from "./output.js";
import { formatCount, printLine } from "./terminal.js";
import { type Command, helpOf, parseCommand } from "./usage.js";

const FORMATS = ["onnx", "safetensors", "json"] as const;

export const EXPORT: Command = {
  usage: "export [MODEL] [options]",
  summary: `Writes a model (default ${MODEL}) for other programs: ONNX, safetensors with the weights alone, or JSON. The
tensors have the names and orientation of PyTorch's nn.Sequential(Linear, Sigmoid, ...): 0.weight [outputs, inputs],
0.bias, 2.weight, ...`,
  arguments: 1,
  options: {
    format: { value: "FORMAT", help: "onnx, safetensors or json (default: by the ending of --out, else onnx)" },
    out: { value: "FILE", help: "where to; - for standard output (default: the model's name with another ending)" },
    force: FORCE,
  },
};

export async function exportModel(args: readonly string[]): Promise<void> {
  const values = parseCommand(EXPORT, args);
  if (values === undefined) return printLine(helpOf(EXPORT));
  const [path = MODEL] = values.args;
  const named = values.path("out");
  const ending = FORMATS.find((format) => named !== undefined && extname(named).toLowerCase() === `.${format}`);
  const format = values.choice("format", FORMATS) ?? ending ?? "onnx";
  const stem = path.slice(0, path.length - extname(path).length);
  const out = named ?? (format === "safetensors" ? `${stem}.weights.safetensors` : `${stem}.${format}`);
  using network = await readModel(path, { threads: 1 });
  const reads = [{ path, what: "the model" }];
  const output = await Output.open(out, { kind: KINDS[format], force: values.flag("force"), reads });
  const bytes = encode(network, format);
  await output.save(bytes);
  const unit = typeof bytes === "string" ? "characters" : "bytes";
  printLine(`${output.shown}: ${format}, ${formatCount(bytes.length)} ${unit}`);
}

function encode(network: Network, format: (typeof FORMATS)[number]): Uint8Array | string {
  const layers = network.layers.slice(1).map((_, i) => network.parameters(i + 1));
  if (format === "onnx") return encodeOnnx(layers, network.activation, network.cost);
  if (format === "json") return encodeJson(layers, network.activation, network.cost);
  return encodePyTorch(layers);
}
