// ductus export: a model for other programs.

import { basename, dirname, extname, join } from "node:path";
import { FormatError, type Network } from "ductus";
import { encodeC, encodeJson, encodeNpz, encodeOnnx, encodePyTorch } from "ductus/formats";
import { historyOf, UsageError } from "ductus/recipe";
import { KINDS } from "./kinds.js";
import { MODEL, readModel } from "./model-file.js";
import { FORCE, Output } from "./output.js";
import { STANDARD_OUTPUT } from "./targets.js";
import { formatCount, printLine } from "./terminal.js";
import { type Command, helpOf, parseCommand } from "./usage.js";

const FORMATS = ["onnx", "safetensors", "json", "npz", "c", "csv"] as const;
type Format = (typeof FORMATS)[number];

/** By the ending of a name. */
const ENDINGS: Readonly<Record<string, Format>> = {
  ".onnx": "onnx",
  ".safetensors": "safetensors",
  ".json": "json",
  ".npz": "npz",
  ".c": "c",
  ".h": "c",
  ".csv": "csv",
};

export const EXPORT: Command = {
  usage: "export [MODEL] [options]",
  summary: `Writes a model (default ${MODEL}) for other programs: ONNX, safetensors with the weights alone, JSON,
NumPy's npz, or C. The tensors have the names and orientation of PyTorch's nn.Sequential(Linear, Sigmoid, ...): 0.weight
[outputs, inputs], 0.bias, 2.weight, ... In npz they are W1, b1, W2, ...

C is a header and a source file in C99 without libraries and allocation, for microcontrollers: digits.h and digits.c of
--out digits.c. Their functions, digits_predict() and others, give the bits of this program; the header says how images
have to be made. CSV is the history of the training, a row for each epoch.`,
  arguments: 1,
  options: {
    format: {
      value: "FORMAT",
      help: "onnx, safetensors, json, npz, c or csv (default: by the ending of --out, else onnx)",
    },
    int8: { help: "in C, weights of 8 bits instead of 32, with a scale for each neuron: a quarter of the size" },
    out: { value: "FILE", help: "where to; - for standard output (default: the model's name with another ending)" },
    force: FORCE,
    json: { help: "print JSON: the files that were written" },
  },
};

/** A file to write. */
interface Written {
  readonly path: string;
  readonly kind: (typeof KINDS)[keyof typeof KINDS];
  readonly encode: (network: Network) => Uint8Array | string;
}

export async function exportModel(args: readonly string[]): Promise<void> {
  const values = parseCommand(EXPORT, args);
  if (values === undefined) return printLine(helpOf(EXPORT));
  const [path = MODEL] = values.args;
  const named = values.path("out");
  const format = values.choice("format", FORMATS) ?? formatOf(named);
  const int8 = values.flag("int8");
  if (int8 && format !== "c") throw new UsageError(`--int8: expected --format c beside it, got ${format}`);
  const files = format === "c" ? filesInC(named ?? `${stemOf(path)}.c`, int8) : [fileOf(format, named, path)];
  using network = await readModel(path, { threads: 1 });
  const reads = [{ path, what: "the model" }];
  const written: { output: Output; contents: Uint8Array | string }[] = [];
  for (const { path, kind, encode } of files) {
    const output = await Output.open(path, { kind, force: values.flag("force"), reads });
    written.push({ output, contents: encode(network) });
  }
  for (const { output, contents } of written) await output.save(contents);
  if (values.flag("json")) {
    const list = written.map(({ output, contents }) => ({ file: output.path, bytes: Buffer.byteLength(contents) }));
    return printLine(JSON.stringify({ model: path, format, files: list }, undefined, 2));
  }
  for (const { output, contents } of written) {
    const unit = typeof contents === "string" ? "characters" : "bytes";
    printLine(`${output.shown}: ${format}, ${formatCount(contents.length)} ${unit}`);
  }
}

/** @throws {UsageError} if the ending of a name is none of those that there are */
function formatOf(named: string | undefined): Format {
  const ending = named === undefined ? "" : extname(named).toLowerCase();
  if (ending === "") return "onnx";
  const format = ENDINGS[ending];
  if (format !== undefined) return format;
  const endings = Object.keys(ENDINGS);
  throw new UsageError(
    `--out: expected a name that ends in ${endings.slice(0, -1).join(", ")} or ${endings.at(-1)}, or a --format, ` +
      `got ${named}`,
  );
}

function fileOf(format: Exclude<Format, "c">, named: string | undefined, path: string): Written {
  const stem = stemOf(path);
  if (format === "csv") {
    const encode = (network: Network) => encodeHistory(network, basename(path));
    return { path: named ?? `${stem}.csv`, kind: KINDS.history, encode };
  }
  const encode = { onnx: encodeOnnx, json: encodeJson, npz: encodeNpz, safetensors: encodePyTorch }[format];
  const usual = format === "safetensors" ? `${stem}.weights.safetensors` : `${stem}.${format}`;
  return { path: named ?? usual, kind: KINDS[format], encode: (network) => encode(network) };
}

/** A name without its ending. */
function stemOf(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

const COLUMNS = ["epoch", "cost", "accuracy", "validationCost", "validationAccuracy", "seconds"] as const;

/**
 * The learning curves: costs, shares from 0 to 1, and seconds; a long training has some of its epochs only.
 * @throws {FormatError} if the model has none
 */
function encodeHistory({ metadata }: Network, file: string): string {
  const history = historyOf(metadata, file);
  if (history.length === 0) {
    throw new FormatError(
      file,
      "expected the history of `ductus train`, got a model without one, as the library saves",
    );
  }
  const heads = COLUMNS.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  const rows = history.map((entry) => COLUMNS.map((name) => entry[name] ?? "").join(","));
  return `${[heads.join(","), ...rows].join("\n")}\n`;
}

/** What functions in C may begin with. */
const C_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/;

/** The source and the header. */
function filesInC(named: string, int8: boolean): Written[] {
  const name = basename(named).replace(/\.[ch]$/i, "");
  if (named === STANDARD_OUTPUT || !C_NAME.test(name)) {
    throw new UsageError(
      "--out: expected for C a name of 1 to 40 letters, digits, _, - and ., the first a letter, with which its " +
        `functions begin, got ${named}`,
    );
  }
  const place = join(dirname(named), name);
  const encode = (network: Network) => encodeC(network, { name, int8 });
  return [
    { path: `${place}.c`, kind: KINDS.source, encode: (network) => encode(network).source },
    { path: `${place}.h`, kind: KINDS.header, encode: (network) => encode(network).header },
  ];
}
