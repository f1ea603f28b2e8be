// The section that shows one sample going forward and its error coming back, and lets visitors make single steps.
// Nothing is computed before the section comes into view.

import type { Network } from "ductus";
import { checkRange, RANGES, type Range } from "ductus/recipe";
import { find, make } from "../../ui/elements.js";
import { INK, makeImage, paintImage } from "../../ui/images.js";
import { DIGITS, digitOf, IMAGE } from "../digits.js";
import type { Model, Models } from "../models.js";
import { drawCost } from "./cost.js";
import { copyNetwork, createNetwork, Experiment, type ExperimentView, NEW_LAYERS } from "./experiment.js";
import { formula } from "./formula.js";
import { makeLayers } from "./layers.js";
import { formatC } from "./numbers.js";

const ETA = { min: 1e-6, max: 100, whole: false, description: "a number from 0.000001 to 100" };
/** At most so many steps wait: a key that is held down must not keep the page busy for long. */
const MAX_WAITING_STEPS = 50;
/** The value of the list's entry for a new network. */
const NEW = "new";
/** With a cost below this, steps have no visible effect. */
const NEGLIGIBLE_COST = 0.001;
const FIRST_DIGIT = 3;

/** Fills the section once it is about to be seen, or focused. */
export function startBackprop(models: Models): void {
  const section = find("backprop-section");
  const start = () => {
    observer.disconnect();
    section.removeEventListener("focusin", start);
    new Section(models);
  };
  const observer = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && start(), {
    rootMargin: "25%",
  });
  observer.observe(section);
  section.addEventListener("focusin", start);
}

type Task = () => Promise<void> | void;

/** What an experiment's network was copied from: the choice in the list, and its file at that time. */
interface Copied {
  readonly choice: string;
  readonly bytes?: Uint8Array;
}

class Section {
  readonly #models: Models;
  /** By digit. */
  readonly #images = DIGITS.map(digitOf);
  readonly #networks = find("backprop-network") as HTMLSelectElement;
  readonly #label = find("backprop-label") as HTMLSelectElement;
  readonly #seed = find("backprop-seed") as HTMLInputElement;
  readonly #eta = find("backprop-eta") as HTMLInputElement;
  #digit = FIRST_DIGIT;
  #experiment: Experiment | undefined;
  #layers: ExperimentView | undefined;
  #copied: Copied = { choice: NEW };
  /** How often a network was chosen. */
  #choices = 0;
  /** The steps that are under way or waiting; any other change drops them. */
  #run: { waiting: number; eta: number } | undefined;
  #lastTask = Promise.resolve();

  constructor(models: Models) {
    this.#models = models;
    this.#fillImages();
    const choose = () => this.#chooseNetwork();
    this.#label.addEventListener("change", () => this.#showSample());
    this.#networks.addEventListener("change", choose);
    this.#seed.addEventListener("change", choose);
    find("backprop-begin").addEventListener("click", choose);
    find("backprop-one").addEventListener("click", () => this.#step(1));
    find("backprop-ten").addEventListener("click", () => this.#step(10));
    models.subscribe(() => this.#listNetworks());
    this.#listNetworks();
    choose();
  }

  #fillImages(): void {
    find("backprop-update").append(formula("w ← w − η ∂C/∂w"));
    this.#label.append(...this.#images.map((_, y) => make("option", {}, String(y))));
    this.#label.selectedIndex = this.#digit;
    const thumbnails = this.#images.map((image, digit) =>
      makeThumbnail(image, digit, () => {
        this.#digit = digit;
        this.#label.selectedIndex = digit;
        this.#showSample();
      }),
    );
    find("backprop-images").append(...thumbnails);
  }

  /** Lists the networks that there are, and notes whether the copied one has changed since. */
  #listNetworks(): void {
    const networks = this.#networks;
    const entries = [
      { value: NEW, title: `New: [${NEW_LAYERS.join(", ")}]` },
      ...this.#models.all.map(({ source, title }) => ({ value: source, title })),
    ];
    // Changed in place: the list may be open, and its selection stays.
    for (const [i, { value, title }] of entries.entries()) {
      const there = networks.options[i];
      const option = Array.from(networks.options).find((one) => one.value === value) ?? make("option", { value });
      if (option.textContent !== title) option.textContent = title;
      if (option !== there) networks.insertBefore(option, there ?? null);
    }
    find("backprop-later").hidden = this.#modelOf(this.#copied.choice)?.bytes === this.#copied.bytes;
  }

  #modelOf(choice: string): Model | undefined {
    return this.#models.all.find(({ source }) => source === choice);
  }

  /** Begins with the network that is chosen in the list. */
  #chooseNetwork(): void {
    const turn = ++this.#choices;
    const choice = this.#networks.value;
    (this.#seed.closest("label") as HTMLElement).hidden = choice !== NEW;
    this.#change(async () => {
      // Another one was chosen meanwhile.
      if (turn !== this.#choices) return;
      showError();
      const model = this.#modelOf(choice);
      let network: Network;
      try {
        network = await (model
          ? copyNetwork(model.network)
          : createNetwork(readNumber("seed", this.#seed, RANGES.seed)));
      } catch (error) {
        // A wrong seed stays, to be corrected.
        if (model && turn === this.#choices) this.#networks.value = this.#copied.choice;
        throw error;
      }
      this.#begin(network, { choice, bytes: model?.bytes });
    });
  }

  #begin(network: Network, copied: Copied): void {
    this.#experiment?.dispose();
    this.#experiment = new Experiment(network, this.#images[this.#digit], this.#label.selectedIndex);
    this.#copied = copied;
    this.#layers = makeLayers(this.#experiment);
    find("backprop-layers").replaceChildren(this.#layers.element);
    this.#listNetworks();
    this.#draw();
  }

  /** Continues with the chosen image and label. */
  #showSample(): void {
    find("backprop-wrong").hidden = this.#label.selectedIndex === this.#digit;
    this.#change(() => {
      this.#experiment?.show(this.#images[this.#digit], this.#label.selectedIndex);
      this.#draw();
    });
  }

  #step(count: number): void {
    showError();
    let eta: number;
    try {
      eta = readNumber("eta", this.#eta, ETA);
    } catch (error) {
      showError(error);
      return;
    }
    if (this.#run !== undefined) {
      this.#run.waiting = Math.min(MAX_WAITING_STEPS, this.#run.waiting + count);
      this.#run.eta = eta;
      return;
    }
    const run = { waiting: count, eta };
    this.#run = run;
    this.#enqueue(async () => {
      const costBefore = this.#experiment?.pass.cost;
      try {
        while (this.#experiment !== undefined && run.waiting > 0) {
          run.waiting--;
          await this.#experiment.step(run.eta);
          this.#draw(costBefore);
          // The page handles its events between two steps.
          await new Promise((resolve) => setTimeout(resolve));
        }
      } finally {
        if (this.#run === run) this.#run = undefined;
      }
    });
  }

  /** Runs a task that ends the steps under way. */
  #change(task: Task): void {
    if (this.#run !== undefined) this.#run.waiting = 0;
    this.#run = undefined;
    this.#enqueue(task);
  }

  /** Runs tasks one after the other: a network is neither changed nor disposed of within a step. */
  #enqueue(task: Task): void {
    this.#lastTask = this.#lastTask.then(task).catch(showError);
  }

  /** @param costBefore the cost before the steps that are shown */
  #draw(costBefore?: number): void {
    if (this.#experiment === undefined) return;
    const { steps, pass, prediction } = this.#experiment;
    find("backprop-sure").hidden = steps > 0 || pass.cost > NEGLIGIBLE_COST;
    this.#layers?.update(this.#experiment);
    drawCost(this.#experiment);
    const before = costBefore === undefined ? "" : `, was ${formatC(costBefore)}`;
    find("backprop-status").textContent = `Step ${steps}: cost ${formatC(pass.cost)}${before}; read as ${prediction}`;
  }
}

function makeThumbnail(image: Uint8Array, digit: number, choose: () => void): HTMLElement {
  const radio = make("input", { type: "radio", name: "backprop-image", value: String(digit), class: "unseen" });
  radio.defaultChecked = digit === FIRST_DIGIT;
  radio.addEventListener("change", choose);
  const canvas = makeImage(IMAGE, `A written ${digit}`, INK, 56);
  paintImage(canvas, image, INK);
  return make("label", {}, radio, canvas);
}

/**
 * The number in a field, which is marked as invalid if this throws.
 * @throws {TypeError | RangeError} if the text is not a number, or outside the range
 */
function readNumber(name: string, input: HTMLInputElement, range: Range): number {
  const text = input.value.trim();
  const number = text === "" ? Number.NaN : Number(text);
  input.setAttribute("aria-invalid", "true");
  checkRange(name, Number.isNaN(number) ? (text as unknown as number) : number, range);
  input.removeAttribute("aria-invalid");
  return number;
}

/** Shows what went wrong; without an error, nothing. */
function showError(error?: unknown): void {
  find("backprop-error").textContent = error === undefined ? "" : (error as Error).message;
}
