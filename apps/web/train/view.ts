// What is seen of a training: how far it is, its curves, the images that it misreads, and its first layer's weights.

import type { HistoryEntry } from "ductus/recipe";
import { makeCurves, makeHistory } from "../../ui/curves.js";
import { find, formatCost, formatCount, formatPercent, make, makeFacts } from "../../ui/elements.js";
import { INK, makeImage, paintImage, SIGNED } from "../../ui/images.js";
import { IMAGE } from "../digits.js";
import type { Finished, Snapshot, Started } from "./messages.js";

const TARGET = 56;
/** At least so long, in ms, between two drawings of the curves. */
const REDRAW = 250;

/** Items that a gallery makes in a frame. */
const NEW_ITEMS = 20;

interface Shown {
  readonly pixels: ArrayLike<number>;
  readonly name: string;
  readonly text: string;
}

/** A list of small images, whose items are used again. */
class Gallery {
  #rest = 0;
  readonly #items: { readonly item: HTMLElement; readonly canvas: HTMLCanvasElement; readonly text: HTMLElement }[] =
    [];

  constructor(
    readonly list: HTMLElement,
    readonly palette: Parameters<typeof paintImage>[2],
  ) {}

  show(images: readonly Shown[]): void {
    cancelAnimationFrame(this.#rest);
    const most = this.#items.length + NEW_ITEMS;
    // The others are made in the next frames: to make a hundred at once would keep the page waiting.
    if (images.length > most) this.#rest = requestAnimationFrame(() => this.show(images));
    for (const [i, { pixels, name, text }] of images.slice(0, most).entries()) {
      this.#items[i] ??= this.#makeItem();
      const { item, canvas, text: caption } = this.#items[i];
      paintImage(canvas, pixels, this.palette);
      canvas.setAttribute("aria-label", name);
      caption.textContent = text;
      item.hidden = false;
    }
    for (const { item } of this.#items.slice(images.length)) item.hidden = true;
  }

  #makeItem() {
    const canvas = makeImage(IMAGE, "", this.palette, TARGET);
    const text = make("span", { class: "index" });
    const item = make("li", {}, canvas, text);
    this.list.append(item);
    return { item, canvas, text };
  }
}

/** The part of the section that shows one training. */
export class View {
  readonly #wrong = new Gallery(find("wrong"), INK);
  readonly #neurons = new Gallery(find("neurons"), SIGNED);
  readonly #progress = find("run-progress") as HTMLProgressElement;
  #started: Started | undefined;
  #history: readonly HistoryEntry[] = [];
  #epoch = 0;
  #rate: number | undefined;
  #redraw: ReturnType<typeof setTimeout> | undefined;

  /** A training is asked for: nothing is known of it yet. */
  clear(): void {
    find("run").hidden = false;
    for (const id of ["result", "run-facts", "sights"]) find(id).hidden = true;
    this.#history = [];
    this.#drawCurves();
    this.#progress.removeAttribute("value");
  }

  /** How far the images are loaded. */
  loading(loaded: number, total: number): void {
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
    this.state(`Loading MNIST: ${megabytes(loaded)} of ${megabytes(total)} MB`);
    this.#progress.max = total;
    this.#progress.value = loaded;
  }

  /** A training that was left: its curves, and how far it came. */
  left(history: readonly HistoryEntry[], epoch: number, epochs: number): void {
    this.clear();
    this.#progress.max = epochs;
    this.#progress.value = epoch;
    this.#history = history;
    this.#drawCurves();
  }

  begin(started: Started): void {
    this.#started = started;
    this.#rate = undefined;
    this.#epoch = started.history.at(-1)?.epoch ?? 0;
    this.#progress.max = started.epochs * started.samples;
    this.#progress.value = this.#epoch * started.samples;
    this.#history = started.history;
    find("run-facts").hidden = false;
    this.#drawFacts();
    this.#drawCurves();
  }

  /** One line that says what happens. */
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
    this.#history = history;
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
    find("hash").textContent = hash || "not known: a browser has no SHA-256 for pages without https";
    find("result-command").textContent = command;
    find("result").hidden = false;
  }

  #drawFacts(): void {
    const { epochs, threads, samples } = this.#started as Started;
    const last = this.#history.at(-1);
    const percent = (share: number | undefined) => (share === undefined ? "–" : formatPercent(share));
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
