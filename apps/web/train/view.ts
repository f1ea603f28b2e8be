// The view of a run: its progress and curves, the images that the network misreads, and its first layer's weights.

import { type HistoryEntry, warningIn } from "ductus/recipe";
import { makeCurves, makeHistory } from "../../ui/curves.js";
import { find, formatCost, formatCount, formatPercent, make, makeFacts } from "../../ui/elements.js";
import { Gallery, type GalleryItem } from "../../ui/gallery.js";
import { INK, makeImage, type Palette, paintImage, SIGNED } from "../../ui/images.js";
import { IMAGE } from "../digits.js";
import type { Finished, Snapshot, Started } from "./messages.js";

/** Of images, in pixels. */
const WIDTH = 56;
/** The least time between two drawings of the curves, in ms. */
const REDRAW = 250;
/** The most items that a gallery makes in one frame. */
const NEW_ITEMS = 20;

interface Shown {
  readonly pixels: ArrayLike<number>;
  readonly name: string;
  readonly text: string;
}

interface ImageItem extends GalleryItem {
  readonly canvas: HTMLCanvasElement;
  readonly text: HTMLElement;
}

/** A gallery of small images that change often. */
class LiveGallery {
  readonly #gallery: Gallery<ImageItem>;
  readonly #palette: Palette;
  #frame = 0;

  constructor(list: HTMLElement, palette: Palette) {
    this.#gallery = new Gallery(list, () => makeItem(palette));
    this.#palette = palette;
  }

  show(images: readonly Shown[]): void {
    cancelAnimationFrame(this.#frame);
    const most = this.#gallery.made + NEW_ITEMS;
    // The others are made in the next frames: making a hundred at once would block the page.
    if (images.length > most) this.#frame = requestAnimationFrame(() => this.show(images));
    const shown = images.slice(0, most);
    for (const [i, { canvas, text }] of this.#gallery.show(shown.length).entries()) {
      paintImage(canvas, shown[i].pixels, this.#palette);
      canvas.setAttribute("aria-label", shown[i].name);
      text.textContent = shown[i].text;
    }
  }
}

function makeItem(palette: Palette): ImageItem {
  const canvas = makeImage(IMAGE, "", palette, WIDTH);
  const text = make("span", { class: "index" });
  return { element: make("li", {}, canvas, text), canvas, text };
}

/** The part of the section that shows a run. */
export class View {
  readonly #wrong = new LiveGallery(find("wrong"), INK);
  readonly #neurons = new LiveGallery(find("neurons"), SIGNED);
  readonly #progress = find("run-progress") as HTMLProgressElement;
  #started: Started | undefined;
  #history: readonly HistoryEntry[] = [];
  #epoch = 0;
  #rate: number | undefined;
  #redraw: ReturnType<typeof setTimeout> | undefined;

  /** A run is about to start: nothing is known of it yet. */
  clear(): void {
    find("run").hidden = false;
    for (const id of ["result", "run-facts", "sights"]) find(id).hidden = true;
    this.#keep([]);
    this.#drawCurves();
    this.#progress.removeAttribute("value");
  }

  /** Bytes of MNIST that are loaded so far, of `total`. */
  loading(loaded: number, total: number): void {
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
    this.state(`Loading MNIST: ${megabytes(loaded)} of ${megabytes(total)} MB`);
    this.#progress.max = total;
    this.#progress.value = loaded;
  }

  /** Shows a run that was left: its curves, and how far it came. */
  left(history: readonly HistoryEntry[], epoch: number, epochs: number): void {
    this.clear();
    this.#progress.max = epochs;
    this.#progress.value = epoch;
    this.#keep(history);
    this.#drawCurves();
  }

  begin(started: Started): void {
    this.#started = started;
    this.#rate = undefined;
    this.#epoch = started.history.at(-1)?.epoch ?? 0;
    this.#progress.max = started.epochs * started.samples;
    this.#progress.value = this.#epoch * started.samples;
    this.#keep(started.history);
    find("run-facts").hidden = false;
    this.#drawFacts();
    this.#drawCurves();
  }

  /** Shows in one line what is happening. */
  state(text: string): void {
    find("run-state").textContent = text;
  }

  progress(epoch: number, samples: number, rate: number | undefined): void {
    const { samples: all } = this.#started as Started;
    this.#progress.value = (epoch - 1) * all + samples;
    if (epoch === this.#epoch && rate === this.#rate) return;
    this.#epoch = epoch;
    this.#rate = rate;
    this.#drawFacts();
  }

  epoch(history: readonly HistoryEntry[]): void {
    this.#keep(history);
    this.#epoch = history.at(-1)?.epoch ?? 0;
    this.#drawFacts();
    this.#redraw ??= setTimeout(() => this.#drawCurves(), REDRAW);
  }

  snapshot({ wrong, mistakes, neurons, weights }: Snapshot): void {
    const { watched, held } = this.#started as Started;
    find("wrong-note").textContent =
      `${formatCount(wrong)} of the first ${formatCount(watched)} images ` +
      (held ? "that are held back from training." : "that it trains on: none are held back.");
    find("sights").hidden = false;
    this.#wrong.show(
      mistakes.map(({ label, prediction, pixels, index }) => ({
        pixels,
        name: `Image ${index}, a ${label}, read as ${prediction}`,
        text: `${label} as ${prediction}`,
      })),
    );
    find("neurons-note").textContent =
      weights.length < neurons
        ? `The weights of the first ${weights.length} of ${formatCount(neurons)} neurons.`
        : `The weights of the ${neurons} neurons of the first layer.`;
    this.#neurons.show(weights.map((pixels, j) => ({ pixels, name: `Weights of neuron ${j}`, text: "" })));
  }

  /** @param command that prints the same hash */
  finish({ correct, count, standardError, hash, bestEpoch }: Finished, command: string): void {
    this.#drawCurves();
    this.#progress.value = this.#progress.max;
    find("test-accuracy").textContent = formatPercent(correct / count);
    find("test-error").textContent = `± ${formatPercent(standardError)}`;
    find("test-note").textContent =
      `${formatCount(correct)} of ${formatCount(count)} test images, which it had never seen, are read correctly` +
      `${bestEpoch === undefined ? "" : `, with the weights of epoch ${bestEpoch}`}.`;
    find("hash").textContent = hash;
    find("result-command").textContent = command;
    find("result").hidden = false;
  }

  /** Keeps the history to be drawn, and shows why an epoch learnt nothing, if one did so. */
  #keep(history: readonly HistoryEntry[]): void {
    this.#history = history;
    const warning = warningIn(history);
    find("run-warning").textContent = warning === undefined ? "" : `Warning: ${warning}.`;
  }

  #drawFacts(): void {
    const { epochs, threads, samples } = this.#started as Started;
    const last = this.#history.at(-1);
    const percent = (accuracy: number | undefined) => (accuracy === undefined ? "–" : formatPercent(accuracy));
    const rate = this.#rate !== undefined && this.#rate > 0 ? this.#rate : undefined;
    const left = rate && (epochs * samples - this.#progress.value) / rate;
    find("run-facts").replaceChildren(
      ...makeFacts([
        ["Epoch", `${formatCount(this.#epoch)} of ${formatCount(epochs)}`],
        ["Cost", last === undefined ? "–" : formatCost(last.cost)],
        ["Training", percent(last?.accuracy)],
        ["Validation", percent(last?.validationAccuracy)],
        ["Images a second", rate === undefined ? "–" : formatCount(Math.round(rate))],
        ["Time left", left === undefined || left <= 0 ? "–" : formatTime(left)],
        ["Threads", String(threads)],
      ]),
    );
  }

  #drawCurves(): void {
    clearTimeout(this.#redraw);
    this.#redraw = undefined;
    const before = find("run-history").querySelector("details");
    const some = this.#history.length > 0;
    find("run-curves").replaceChildren(...(some ? makeCurves(this.#history) : []));
    find("run-history").replaceChildren(...(some ? [makeHistory(this.#history)] : []));
    find("run-history")
      .querySelector("details")
      ?.toggleAttribute("open", before?.open ?? false);
  }
}

/** 12 s, or 3 min. */
function formatTime(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${formatCount(Math.round(seconds / 60))} min`;
}
