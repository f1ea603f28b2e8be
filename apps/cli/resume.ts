// ductus resume: continues an interrupted training run from its last checkpoint, to the same bits.

import { resolve } from "node:path";
import { FormatError } from "ductus";
import { escapeControls, historyOf, RANGES, UsageError } from "ductus/recipe";
import { withData } from "./data.js";
import { KINDS, readHeader } from "./kinds.js";
import { MODEL, readModel, readRecipe } from "./model-file.js";
import { FORCE, Output } from "./output.js";
import { type Input, isSame } from "./targets.js";
import { printLine } from "./terminal.js";
import { JSON_LINES, runTraining } from "./training-run.js";
import { type Command, helpOf, parseCommand } from "./usage.js";
import { NO_WIDE, useWide } from "./wide.js";

export const RESUME: Command = {
  usage: "resume [MODEL] [options]",
  summary: `Continues an interrupted training run, from the model it saved last (default ${MODEL}), with the
same recipe: the final weights have the same bits as if it had not been interrupted. With --epochs, a finished run is
trained for more. With other data or other options: ductus train --from.`,
  arguments: 1,
  options: {
    epochs: { value: "N", help: "train to epoch N instead of the recipe's last" },
    patience: { value: "N", help: "stop after N epochs without better validation, instead of the recipe's" },
    data: { value: "PATH", help: "file or folder with the data, if it has moved" },
    threads: {
      value: "N",
      help: `threads that train: ${RANGES.threads.description} (default: by batch, layers and cores)`,
    },
    "no-wide": NO_WIDE,
    out: { value: "FILE", help: "where to save the model; - for standard output (default: where it was)" },
    force: FORCE,
    "checkpoint-every": {
      value: "N",
      help: `save it after every N epochs: ${RANGES.epochs.description}`,
      default: "1",
    },
    json: JSON_LINES,
  },
};

export async function resume(args: readonly string[]): Promise<void> {
  const start = performance.now();
  const values = parseCommand(RESUME, args);
  if (values === undefined) return printLine(helpOf(RESUME));
  const [path = MODEL] = values.args;
  const epochs = values.number("epochs", RANGES.epochs);
  const patience = values.number("patience", RANGES.epochs);
  const threads = values.number("threads", RANGES.threads);
  const checkpointEvery = values.number("checkpoint-every", RANGES.epochs) as number;
  const named = values.path("out");
  const data = values.path("data");
  const wide = useWide(values);
  using network = await readModel(path, { threads });
  const saved = readRecipe(network, path);
  if (saved === undefined) {
    throw new FormatError(
      path,
      "expected a model of ductus train, got one without a recipe, as the library's save() writes it: " +
        "continue with the library's train(), or start over with `ductus train`",
    );
  }
  // Learning curves that cannot be read are refused before any work.
  historyOf(network.metadata, path);
  const target = epochs ?? saved.epochs;
  if (epochs !== undefined && epochs < network.epochs) {
    throw new UsageError(
      `--epochs: expected at least ${network.epochs}, the epochs that ${path} was trained for, got ${epochs}`,
    );
  }
  if (target === network.epochs) {
    return printLine(`${escapeControls(path)}: all ${network.epochs} epochs are done (more: --epochs N)`);
  }
  const method = patience === undefined ? saved.method : { ...saved.method, patience };
  const { bestEpoch } = network;
  if (bestEpoch !== undefined && network.epochs - bestEpoch >= (method.patience ?? Number.POSITIVE_INFINITY)) {
    const ended = `ended with epoch ${network.epochs}, the best being epoch ${bestEpoch}`;
    return printLine(`${escapeControls(path)}: ${ended} (more: --patience N)`);
  }
  const folder = data === undefined ? undefined : resolve(data);
  const reads = [{ path: folder ?? saved.data, what: "the data" }];
  const out = await openOutput(named ?? path, { path, epochs: network.epochs }, values.flag("force"), reads);
  const { recipe, split } = await withData({ ...saved, method, epochs: target }, folder);
  await runTraining({ network, recipe, split, out, checkpointEvery, wide, json: values.flag("json"), start });
}

/**
 * Where the model is saved that was read, after so many epochs.
 * @throws {Error} if another program writes there, or has done so since it was read
 */
async function openOutput(
  out: string,
  { path, epochs }: { readonly path: string; readonly epochs: number },
  force: boolean,
  reads: readonly Input[],
): Promise<Output> {
  const same = await isSame(out, path);
  const output = await Output.open(out, { kind: KINDS.model, force, keepOthers: !same, exclusive: true, reads });
  if (same && (await readHeader(path))?.metadata.epochs !== String(epochs)) {
    throw new Error(`${path}: expected the model that was read, got a later one: give the same command again`);
  }
  return output;
}
