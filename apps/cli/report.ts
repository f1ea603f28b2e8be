// ductus report: a model and its training as one HTML page.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { countWeights, type Dataset, type Network, type Parameters } from "ductus";
import { encodePng } from "ductus/formats";
import { historyOf, recipeRows, trainCommand } from "ductus/recipe";
import { MOST_MATRIX_CLASSES, type ReportData } from "../report/data.js";
import { renderReport } from "../report/render.js";
import type { Sprite } from "../ui/images.js";
import type { TestMistake } from "../ui/mistakes.js";
import { KINDS } from "./kinds.js";
import { DATA, dataFrom, dataOf, type Measured, measure } from "./measure.js";
import { MODEL, readModel, readRecipe } from "./model-file.js";
import { namesOf } from "./names.js";
import { FORCE, Output } from "./output.js";
import { formatCount, formatSeconds, percent, printLine } from "./terminal.js";
import { searchOf } from "./tune/summary.js";
import { type Command, helpOf, parseCommand } from "./usage.js";
import { packageVersion } from "./version.js";
import { printUnlike } from "./warnings.js";

export const REPORT: Command = {
  usage: "report [MODEL] [options]",
  summary: `Writes one HTML page on a model (default ${MODEL}) and its training: learning curves, confusion matrix
with the images that were misread, per-class figures, first-layer weights. The page opens from disk and loads nothing.`,
  arguments: 1,
  options: {
    ...DATA,
    out: { value: "FILE", help: "where to write the page; - for standard output", default: "report.html" },
    force: FORCE,
  },
};

/** Images in a row of a sprite. */
const SPRITE_COLUMNS = 32;

export async function report(args: readonly string[]): Promise<void> {
  const values = parseCommand(REPORT, args);
  if (values === undefined) return printLine(helpOf(REPORT));
  const [path = MODEL] = values.args;
  const out = values.path("out") as string;
  const given = dataFrom(values);
  using network = await readModel(path);
  const reads = [
    { path, what: "the model" },
    { path: given.data ?? network.metadata.get("data"), what: "the data" },
  ];
  const output = await Output.open(out, { kind: KINDS.report, force: values.flag("force"), reads });
  const dataset = await dataOf(network, given, "test");
  printUnlike(given.data ?? network.metadata.get("data"), network, dataset);
  const measured = await measure(network, dataset);
  const data = await reportData(network, basename(path), measured);
  const asset = (name: string) => readFile(new URL(`../report/${name}`, import.meta.url), "utf8");
  const [script, style, template] = await Promise.all([asset("report.js"), asset("report.css"), asset("report.html")]);
  const html = renderReport(data, { script, style, template });
  await output.save(html);
  const { accuracy, standardError } = measured.evaluation;
  const size = `${formatCount(html.length / 1024)} KB`;
  printLine(`${output.shown}: ${percent(accuracy)} ± ${percent(standardError)} on test, ${size}`);
}

async function reportData(network: Network, title: string, measured: Measured): Promise<ReportData> {
  const { layers, metadata } = network;
  const recipe = readRecipe(network, title);
  const history = historyOf(metadata, title);
  const { dataset, evaluation, confusion, classes } = measured;
  const { count, correct, cost, standardError } = evaluation;
  const mistakes = mistakesOf(network, measured);
  const seconds = history.reduce((sum, entry) => sum + entry.seconds, 0);
  const share = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    title,
    version: await packageVersion(),
    command: recipe === undefined ? null : trainCommand(recipe, layers),
    network: { layers, parameters: countWeights(layers) + layers.slice(1).reduce((sum, n) => sum + n, 0) },
    configuration: [
      ["layers", `[${layers.join(", ")}]`],
      ...(recipe === undefined ? ownRows(network) : recipeRows(recipe, layers)),
      ["epochs trained", String(network.epochs)],
      ...(seconds === 0 ? [] : [["time in epochs", formatSeconds(seconds)] as const]),
    ],
    hash: await network.hash(),
    image: { rows: dataset.inputs / dataset.columns, columns: dataset.columns },
    history,
    search: searchOf(metadata, title),
    test: {
      count,
      correct,
      cost,
      standardError,
      names: network.classNames === undefined ? null : classes.map(({ label }) => namesOf(network)(label)),
      confusion: classes.length > MOST_MATRIX_CLASSES ? null : confusion,
      classes: classes.map(({ label, count, precision, recall, f1 }) => ({
        label,
        count,
        precision: share(precision),
        recall: share(recall),
        f1: share(f1),
      })),
      mistakes,
      sprite: spriteOf(
        mistakes.map(({ index }) => imageOf(dataset, index)),
        dataset.columns,
      ),
    },
    weights: weightsOf(network.parameters(1), dataset.columns),
  };
}

/** What a network knows of its training without a recipe, as recipeRows() has it. */
function ownRows({ initialWeights, activation, cost, seed }: Network): [name: string, value: string][] {
  const options = { init: initialWeights, activation, cost, seed };
  return Object.entries(options).map(([name, value]) => [name, String(value)]);
}

/** All misread images, those first whose wrong output is the most active. */
function mistakesOf(network: Network, { dataset, evaluation }: Measured): TestMistake[] {
  const mistakes: TestMistake[] = [];
  for (const [index, prediction] of evaluation.predictions.entries()) {
    const label = dataset.labels[index];
    if (label === prediction) continue;
    const { activations } = network.predict(imageOf(dataset, index));
    mistakes.push({ index, label, prediction, activations: Array.from(activations, (a) => Number(a.toFixed(3))) });
  }
  return mistakes.sort((a, b) => b.activations[b.prediction] - a.activations[a.prediction]);
}

function imageOf({ images, inputs }: Dataset, index: number) {
  return images.subarray(index * inputs, (index + 1) * inputs);
}

/** One image for each neuron: 128 is a weight of 0, 255 the largest of all. */
function weightsOf({ weights, biases }: Parameters, columns: number): ReportData["weights"] {
  const neurons = biases.length;
  const inputs = weights.length / neurons;
  const largest = weights.reduce((max, w) => Math.max(max, Math.abs(w)), 0) || 1;
  const images = Array.from({ length: neurons }, (_, j) =>
    Uint8Array.from(weights.subarray(j * inputs, (j + 1) * inputs), (w) => 128 + Math.round((127 * w) / largest)),
  );
  return { neurons, sprite: spriteOf(images, columns) };
}

/** Images of one size side by side in a PNG. */
function spriteOf(images: readonly ArrayLike<number>[], columns: number): Sprite {
  const across = Math.max(1, Math.min(SPRITE_COLUMNS, images.length));
  const rows = images.length === 0 ? 1 : images[0].length / columns;
  const width = across * columns;
  const height = rows * Math.max(1, Math.ceil(images.length / across));
  const pixels = new Uint8Array(width * height);
  for (const [i, image] of images.entries()) {
    const corner = Math.floor(i / across) * rows * width + (i % across) * columns;
    for (let k = 0; k < image.length; k++) {
      pixels[corner + Math.floor(k / columns) * width + (k % columns)] = image[k];
    }
  }
  const png = Buffer.from(encodePng(pixels, width, height)).toString("base64");
  return { source: `data:image/png;base64,${png}`, columns: across };
}
