// Runs in the page of a report: reads the data from the file itself, and fills in the template.

import { makeCurves, makeHistory } from "../ui/curves.js";
import {
  countOf,
  find,
  formatCost,
  formatCount,
  formatPercent,
  make,
  makeFacts,
  makeTable,
  offerCopy,
} from "../ui/elements.js";
import { makeGallery } from "../ui/gallery.js";
import { ImageSheet, INK, SIGNED } from "../ui/images.js";
import { makeMistakes } from "../ui/mistakes.js";
import { makeConfusion } from "./confusion.js";
import { type ClassRow, MOST_MATRIX_CLASSES, type ReportData } from "./data.js";
import { describeSearch, makeSearch, makeTrials } from "./search.js";

const data = JSON.parse(find("data").textContent ?? "") as ReportData;
/** So many classes are listed if there are more than a matrix can have. */
const WORST_CLASSES = 100;

fillHeader(data);
fillCurves(data);
fillSearch(data);
fillMistakes(data);
fillClasses(data);
fillWeights(data);
fillConfiguration(data);

function fillHeader({ version, network, hash, test }: ReportData): void {
  find("accuracy").textContent = formatPercent(test.correct / test.count);
  find("uncertainty").textContent = `± ${formatPercent(test.standardError)}`;
  find("summary").textContent =
    `The network reads ${formatCount(test.correct)} of ${countOf(test.count, "test image")} correctly. ` +
    "The uncertainty is one standard error.";
  find("facts").append(
    ...makeFacts([
      ["Layers", network.layers.map(formatCount).join(" – ")],
      ["Parameters", formatCount(network.parameters)],
      ["Test cost", formatCost(test.cost)],
      ["Weights (SHA-256)", make("code", {}, hash)],
    ]),
  );
  find("made").textContent = `Made by Ductus ${version}.`;
}

function fillCurves({ history }: ReportData): void {
  if (history.length === 0) {
    find("curves-note").textContent = "The model was saved without the history of its training.";
    return;
  }
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const time = seconds < 10 ? seconds.toFixed(1) : formatCount(Math.round(seconds));
  // A search keeps no times.
  const duration = seconds === 0 ? "" : ` in ${time} seconds`;
  find("curves-note").textContent = `${countOf(history.length, "epoch")} of training${duration}.`;
  const warning = history.find(({ warning }) => warning !== undefined)?.warning;
  if (warning !== undefined) find("curves-note").append(make("strong", {}, ` Warning: ${warning}.`));
  find("curves").append(...makeCurves(history));
  find("history").append(makeHistory(history));
}

function fillSearch({ search }: ReportData): void {
  if (search === null) {
    find("search-section").remove();
    return;
  }
  find("search-note").textContent = describeSearch(search);
  find("search").append(...makeSearch(search));
  find("trials").append(makeTrials(search));
}

/** The confusion matrix, with the images of the count that is chosen, and the most confident mistakes of all. */
function fillMistakes({ image, test: { confusion, names, mistakes, sprite } }: ReportData): void {
  const nameOf = namesOf(names);
  const sheet = new ImageSheet(sprite, image, INK);
  const open = (label: number, prediction: number, count: number) => {
    const correct = label === prediction;
    const chosen = mistakes.flatMap((mistake, i) =>
      mistake.label === label && mistake.prediction === prediction ? [i] : [],
    );
    find("opened-heading").textContent = `${nameOf(label)} read as ${nameOf(prediction)}: ${countOf(count, "image")}`;
    find("opened").replaceChildren(
      correct
        ? make("p", {}, "These are read correctly. The report keeps only the images that are misread.")
        : makeMistakes(sheet, mistakes, chosen, 12, nameOf),
    );
  };
  if (confusion === null) {
    find("confusion-note").textContent = "The network has too many classes for a matrix.";
    find("beside").remove();
  } else {
    find("confusion").append(makeConfusion(confusion, open, nameOf));
  }

  if (mistakes.length === 0) {
    find("mistakes-note").textContent = "The network misreads no test image.";
    return;
  }
  find("mistakes-note").textContent =
    `${mistakes.length === 1 ? "One test image is" : `${formatCount(mistakes.length)} test images are`} misread; ` +
    "here the answer is surest where it is wrong. The bars are the activations of the output layer.";
  find("mistakes").append(makeMistakes(sheet, mistakes, Array.from(mistakes.keys()), 24, nameOf));
}

function fillClasses({ test: { classes, names } }: ReportData): void {
  const nameOf = namesOf(names);
  const percent = (ratio: number | null) => (ratio === null ? "–" : formatPercent(ratio));
  const shown = classes.length > MOST_MATRIX_CLASSES ? worstOf(classes) : classes;
  if (shown.length < classes.length) {
    find("classes-note").hidden = false;
    find("classes-note").textContent =
      `Of ${formatCount(classes.length)} classes these are the ${formatCount(shown.length)} with the lowest F1.`;
  }
  find("classes").append(
    makeTable(
      "Precision, recall and F1 of each class",
      ["Label", "Images", "Precision", "Recall", "F1"],
      shown.map(({ label, count, precision, recall, f1 }) => [
        nameOf(label),
        formatCount(count),
        percent(precision),
        percent(recall),
        percent(f1),
      ]),
    ),
  );
}

/** What a class is called: its name, or its number. */
function namesOf(names: readonly string[] | null): (label: number) => string {
  return (label) => names?.[label] ?? String(label);
}

/** The classes with the lowest F1. One that is never predicted has no F1, and ranks as 0; one without images, last. */
function worstOf(classes: readonly ClassRow[]): ClassRow[] {
  const rank = ({ count, f1 }: ClassRow) => f1 ?? (count === 0 ? 2 : 0);
  return [...classes].sort((a, b) => rank(a) - rank(b)).slice(0, WORST_CLASSES);
}

function fillWeights({ image, weights }: ReportData): void {
  if (weights === null) {
    find("weights-section").hidden = true;
    return;
  }
  const sheet = new ImageSheet(weights.sprite, image, SIGNED);
  find("weights").append(
    makeGallery(weights.neurons, 100, (i) => [
      sheet.draw(i, `Weights of neuron ${i}`),
      make("p", { class: "index" }, `neuron ${i}`),
    ]),
  );
}

function fillConfiguration({ configuration, command }: ReportData): void {
  find("configuration").append(...makeFacts(configuration));
  if (command === null) {
    find("again").remove();
    return;
  }
  find("command").textContent = command;
  offerCopy(find("copy"), find("command"), find("copied"));
}
