// The section where a network is trained: what is chosen, the buttons, and what is seen of it. The worker does the work.

import { offerCopy } from "../../src/page/copy.js";
import { find } from "../../src/page/elements.js";
import type { Models } from "../models.js";
import { restore } from "./checkpoint.js";
import { type Choices, choicesIn, commandsOf, fragmentOf, planOf } from "./choices.js";
import { Form } from "./form.js";
import type { News, Order } from "./messages.js";
import { View } from "./view.js";

const FILE = "model.safetensors";

/** Fills the section, and goes on with what was chosen or trained before. */
export function startTraining(models: Models): void {
  new Section(models);
}

type State = "idle" | "running" | "paused" | "stopped";

class Section {
  readonly #form = new Form(() => this.#changed());
  readonly #view = new View();
  readonly #go = find("go");
  #worker: Worker | undefined;
  #state: State = "idle";
  /** What is trained, or was stopped: its choices, and its file once there is one. */
  #training: { readonly choices: Choices; readonly epochs: number; model?: Uint8Array; epoch: number } | undefined;
  /** Starts anew as soon as the worker has stopped. */
  #again = false;

  constructor(readonly models: Models) {
    addEventListener("hashchange", () => this.#follow());
    find("recipe").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#press();
    });
    find("stop").addEventListener("click", () => this.#stop());
    find("again").addEventListener("click", () => this.#startOver());
    offerCopy(find("copy-clone"), find("clone-command"), find("copied-clone"));
    offerCopy(find("copy-installed"), find("installed-command"), find("copied-installed"));
    this.#follow();
    this.#restore();
  }

  /** The fields follow the link. */
  #follow(): void {
    const choices = choicesIn(location.hash);
    this.#form.choices = choices;
    this.#changed();
    try {
      planOf(choices);
    } catch (error) {
      this.#problem(this.#form.blame((error as Error).message).text);
    }
  }

  /** The address bar, the commands and the message follow the fields. */
  #changed(): void {
    const { choices } = this.#form;
    const fragment = fragmentOf(choices);
    history.replaceState(null, "", `${location.pathname}${location.search}${fragment && `#${fragment}`}`);
    const { clone, installed } = commandsOf(choices);
    find("clone-command").textContent = clone;
    find("installed-command").textContent = installed;
    this.#form.forgive();
    this.#problem("");
  }

  #problem(message: string): void {
    find("train-problem").textContent = message;
  }

  /** The main button: Train, Pause or Continue. */
  #press(): void {
    if (this.#state === "running") this.#pause();
    else if (this.#state === "paused") this.#continue();
    else if (this.#state === "stopped") this.#resume();
    else this.#train();
  }

  /** Trains anew by what is chosen. */
  #train(): void {
    const { choices } = this.#form;
    try {
      const { recipe } = planOf(choices);
      this.#training = { choices, epochs: recipe.epochs, epoch: 0 };
    } catch (error) {
      const { text, field } = this.#form.blame((error as Error).message);
      this.#problem(text);
      field?.focus();
      return;
    }
    this.#begin({ kind: "train", choices });
  }

  /** Goes on with the training that was stopped. */
  #resume(): void {
    const { choices, model } = this.#training as { choices: Choices; model?: Uint8Array };
    this.#begin({ kind: "train", choices, model });
  }

  #begin(order: Order): void {
    this.#problem("");
    this.#worker ??= this.#startWorker();
    this.#send(order);
    this.#enter("running");
    find("run").hidden = false;
    this.#view.state("Starting");
    this.#announce("Training started.");
  }

  #pause(): void {
    this.#send({ kind: "pause" });
    this.#enter("paused");
  }

  #continue(): void {
    this.#send({ kind: "continue" });
    this.#enter("running");
    this.#view.state("Training");
    this.#announce("Training goes on.");
  }

  #stop(): void {
    this.#send({ kind: "stop" });
    this.#view.state("Stopping");
    this.#go.focus();
  }

  #startOver(): void {
    if (this.#state === "stopped") {
      this.#train();
      return;
    }
    this.#again = true;
    this.#stop();
  }

  #send(order: Order): void {
    this.#worker?.postMessage(order);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL("./training.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<News>) => this.#hears[data.kind](data as never);
    worker.onerror = ({ message }) => {
      worker.terminate();
      this.#worker = undefined;
      this.#failed(message || "training.js: expected the page's worker, got none (try to load the page again)");
    };
    return worker;
  }

  readonly #hears: { readonly [Kind in News["kind"]]: (news: Extract<News, { kind: Kind }>) => void } = {
    loading: ({ loaded, total }) => this.#view.loading(loaded, total),
    started: (started) => {
      this.#view.begin(started);
      this.#view.state("Training");
    },
    progress: ({ epoch, samples }) => this.#view.progress(epoch, samples),
    epoch: ({ history, rate }) => this.#view.epoch(history, rate),
    sight: (sight) => this.#view.sight(sight),
    model: ({ bytes }) => void this.#take(bytes),
    paused: () => {
      this.#view.state("Paused");
      this.#announce("Paused.");
    },
    stopped: ({ epoch }) => this.#stopped(epoch),
    finished: (finished) => {
      this.#training = undefined;
      this.#enter("idle");
      this.#view.state("Done");
      this.#view.finish(finished);
      const { correct, count } = finished;
      this.#announce(`Done: ${correct} of ${count} test images are read correctly.`);
    },
    failed: ({ message }) => this.#failed(message),
  };

  /** The network of the training reads digits from now on, unless somebody chose another one. */
  async #take(bytes: Uint8Array): Promise<void> {
    if (this.#training !== undefined) this.#training.model = bytes;
    const first = this.models.all.every(({ origin }) => origin !== "trained");
    await this.models.put("trained", bytes, FILE);
    if (first) this.models.choose("trained");
  }

  #stopped(epoch: number): void {
    if (this.#again) {
      this.#again = false;
      this.#enter("idle");
      this.#train();
      return;
    }
    if (this.#training?.model === undefined) {
      this.#training = undefined;
      this.#enter("idle");
    } else {
      this.#training.epoch = epoch;
      this.#enter("stopped");
    }
    this.#view.state(epoch === 0 ? "Stopped before the first epoch was done" : `Stopped after epoch ${epoch}`);
    this.#announce("Stopped.");
  }

  #failed(message: string): void {
    this.#again = false;
    this.#enter(this.#training?.model === undefined ? "idle" : "stopped");
    this.#view.state("Ended by an error");
    this.#problem(message);
  }

  /** A training that was under way when the page was left can go on. */
  async #restore(): Promise<void> {
    const kept = await restore();
    if (kept === undefined || this.#state !== "idle") return;
    const model = await this.models.put("trained", kept.bytes, FILE).catch(() => undefined);
    // Somebody may have begun another one meanwhile.
    if (model === undefined || this.#state !== "idle") return;
    const { epochs: epoch, metadata } = model.network;
    const epochs = Number(metadata.get("target_epochs"));
    if (metadata.has("test_correct") || !(epoch < epochs)) return;
    this.#training = { choices: kept.choices, epochs, model: kept.bytes, epoch };
    if (location.hash === "") {
      this.#form.choices = kept.choices;
      this.#changed();
    }
    this.#enter("stopped");
    find("run").hidden = false;
    this.#view.state(`A training of ${epochs} epochs was left after epoch ${epoch}: it can go on`);
  }

  #announce(text: string): void {
    find("train-status").textContent = text;
  }

  #enter(state: State): void {
    this.#state = state;
    const active = state === "running" || state === "paused";
    const { epoch = 0, epochs = 0 } = this.#training ?? {};
    const names = {
      idle: "Train",
      running: "Pause",
      paused: "Continue",
      stopped: `Continue after epoch ${epoch} of ${epochs}`,
    };
    this.#go.textContent = names[state];
    (find("choices") as HTMLFieldSetElement).disabled = active;
    (find("stop") as HTMLButtonElement).disabled = !active;
    (find("again") as HTMLButtonElement).disabled = state === "idle";
  }
}
