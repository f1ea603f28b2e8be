// The section that shows one sample's way forward and back, and what single steps do to it. Nothing is computed until it is looked at.

import type { Network } from "ductus";
import { checkRange, RANGES, type Range } from "ductus/recipe";
import { find, make } from "../../ui/elements.js";
import { INK, makeImage, paintImage } from "../../ui/images.js";
import { DIGITS, digitOf, IMAGE } from "../digits.js";
import type { Models } from "../models.js";
import { drawCost } from "./cost.js";
import { copyNetwork, createNetwork, Experiment, NEW_LAYERS } from "./experiment.js";
import { formula } from "./formula.js";
import { makeLayers, type View } from "./layers.js";
import { formatC } from "./numbers.js";

const ETA = { min: 1e-6, max: 100, whole: false, words: "a number from 0.000001 to 100" };
/** More steps than these do not wait: a key that is held down must not keep the page busy for long. */
const MOST_WAITING = 50;
/** The choice of a network that is none of the page's. */
const NEW = "new";
/** With a cost below this, steps change nothing that one could see. */
const SURE = 0.001;
/** The digit that is shown first. */
const FIRST = 3;

/** Shows the section once it is about to be seen, or focused. */
export function startBackprop(models: Models): void {
  const section = find("backprop-section");
  const start = () => {
    observer.disconnect();
    section.removeEventListener("focusin", start);
    show(models);
  };
  const observer = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && start(), {
    rootMargin: "25%",
  });
  observer.observe(section);
  section.addEventListener("focusin", start);
}

function show(models: Models): void {
  const images = DIGITS.map(digitOf);
  const [networks, label] = [find("backprop-network"), find("backprop-label")] as HTMLSelectElement[];
  const [seed, eta] = [find("backprop-seed"), find("backprop-eta")] as HTMLInputElement[];
  const [status, wrong, sure, later] = ["status", "wrong", "sure", "later"].map((name) => find(`backprop-${name}`));

  let digit = FIRST;
  let experiment: Experiment | undefined;
  let view: View;
  /** What the experiment's network was made of. */
  let source: { readonly choice: string; readonly bytes?: Uint8Array } = { choice: NEW };
  let beginnings = 0;
  /** The steps that are being made, or about to be: a change ends them. */
  let run: { waiting: number; eta: number } | undefined;
  let last = Promise.resolve();

  /** One thing after the other: within a step a network is neither changed nor left. */
  const enqueue = (task: () => Promise<void> | void) => {
    last = last.then(task).catch(complain);
  };
  const change = (task: () => Promise<void> | void) => {
    if (run !== undefined) run.waiting = 0;
    run = undefined;
    enqueue(task);
  };
  const modelOf = (choice: string) => models.all.find(({ origin }) => origin === choice);

  const draw = (was?: number) => {
    if (experiment === undefined) return;
    const { steps, pass, prediction } = experiment;
    sure.hidden = steps > 0 || pass.cost > SURE;
    view.update(experiment);
    drawCost(experiment);
    const before = was === undefined ? "" : `, was ${formatC(was)}`;
    status.textContent = `Step ${steps}: cost ${formatC(pass.cost)}${before}; read as ${prediction}`;
  };

  const begin = () => {
    const turn = ++beginnings;
    const choice = networks.value;
    (seed.closest("label") as HTMLElement).hidden = choice !== NEW;
    change(async () => {
      // Another choice was made meanwhile.
      if (turn !== beginnings) return;
      complain();
      const model = modelOf(choice);
      let network: Network;
      try {
        network = await (model ? copyNetwork(model.network) : createNetwork(readNumber("seed", seed, RANGES.seed)));
      } catch (error) {
        // A seed can be mended where it stands.
        if (model && turn === beginnings) networks.value = source.choice;
        throw error;
      }
      experiment?.dispose();
      experiment = new Experiment(network, images[digit], label.selectedIndex);
      source = { choice, bytes: model?.bytes };
      view = makeLayers(experiment);
      find("backprop-layers").replaceChildren(view.element);
      list();
      draw();
    });
  };

  const look = () => {
    wrong.hidden = label.selectedIndex === digit;
    change(() => {
      experiment?.show(images[digit], label.selectedIndex);
      draw();
    });
  };

  const step = (count: number) => {
    complain();
    let rate: number;
    try {
      rate = readNumber("eta", eta, ETA);
    } catch (error) {
      return complain(error);
    }
    if (run !== undefined) {
      run.waiting = Math.min(MOST_WAITING, run.waiting + count);
      run.eta = rate;
      return;
    }
    const own = { waiting: count, eta: rate };
    run = own;
    enqueue(async () => {
      const was = experiment?.pass.cost;
      try {
        while (experiment !== undefined && own.waiting > 0) {
          own.waiting--;
          await experiment.step(own.eta);
          draw(was);
          // The page answers between two steps.
          await new Promise((resolve) => setTimeout(resolve));
        }
      } finally {
        if (run === own) run = undefined;
      }
    });
  };

  /** The networks that there are, and whether the one that is shown has changed since. */
  const list = () => {
    const choices = [
      { value: NEW, title: `New: [${NEW_LAYERS.join(", ")}]` },
      ...models.all.map(({ origin, title }) => ({ value: origin, title })),
    ];
    // In place: the list may be open, and keeps what was chosen.
    for (const [i, { value, title }] of choices.entries()) {
      const there = networks.options[i];
      const option = Array.from(networks.options).find((one) => one.value === value) ?? make("option", { value });
      if (option.textContent !== title) option.textContent = title;
      if (option !== there) networks.insertBefore(option, there ?? null);
    }
    later.hidden = modelOf(source.choice)?.bytes === source.bytes;
  };

  find("backprop-update").append(formula("w ← w − η ∂C/∂w"));
  label.append(...images.map((_, y) => make("option", {}, String(y))));
  label.selectedIndex = digit;
  find("backprop-images").append(
    ...images.map((image, of) =>
      makeThumbnail(image, of, () => {
        digit = of;
        label.selectedIndex = of;
        look();
      }),
    ),
  );
  label.addEventListener("change", look);
  networks.addEventListener("change", begin);
  seed.addEventListener("change", begin);
  find("backprop-begin").addEventListener("click", begin);
  find("backprop-one").addEventListener("click", () => step(1));
  find("backprop-ten").addEventListener("click", () => step(10));
  models.subscribe(list);
  list();
  begin();
}

function makeThumbnail(image: Uint8Array, digit: number, choose: () => void): HTMLElement {
  const radio = make("input", { type: "radio", name: "backprop-image", value: String(digit), class: "unseen" });
  radio.defaultChecked = digit === FIRST;
  radio.addEventListener("change", choose);
  const canvas = makeImage(IMAGE, `A written ${digit}`, INK, 56);
  paintImage(canvas, image, INK);
  return make("label", {}, radio, canvas);
}

/**
 * The number that stands in a field.
 * @throws {TypeError | RangeError} if it is none, or outside the range
 */
function readNumber(name: string, input: HTMLInputElement, range: Range): number {
  const text = input.value.trim();
  const number = text === "" ? Number.NaN : Number(text);
  input.setAttribute("aria-invalid", "true");
  checkRange(name, Number.isNaN(number) ? (text as unknown as number) : number, range);
  input.removeAttribute("aria-invalid");
  return number;
}

/** Says what is wrong; without an error, nothing. */
function complain(error?: unknown): void {
  find("backprop-error").textContent = error === undefined ? "" : (error as Error).message;
}
