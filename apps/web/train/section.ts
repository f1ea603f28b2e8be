// The section where a network is trained: what is chosen, the buttons, and what is seen of it. The worker does the work.

import { historyOf } from "ductus/recipe";
import { offerCopy } from "../../ui/copy.js";
import { find } from "../../ui/elements.js";
import type { Models } from "../models.js";
import { forget, restore } from "./checkpoint.js";
import { type Choices, choicesIn, commandsOf, fragmentOf, planOf } from "./choices.js";
import { Form } from "./form.js";
import type { Finished, WorkerCommand, WorkerEvent } from "./messages.js";
import { View } from "./view.js";

const FILE = "model.safetensors";

/** Fills the section, and goes on with what was chosen or trained before. */
export function startTraining(models: Models): void {
  new Section(models);
}

/** "stopping" is until the worker has stopped, "stopped" while there is a training that can go on. */
type State = "idle" | "running" | "paused" | "stopping" | "stopped";

/** What is trained, or was stopped. */
interface Training {
  readonly choices: Choices;
  readonly epochs: number;
  /** Its latest file, and the epochs that it was trained for then. */
  readonly model?: Uint8Array;
  readonly epoch: number;
}

class Section {
  readonly #form = new Form(() => this.#changed());
  readonly #view = new View();
  readonly #go = find("go");
  readonly #other = find("again") as HTMLButtonElement;
  #worker: Worker | undefined;
  #state: State = "idle";
  #training: Training | undefined;
  /** Begins anew as soon as the worker is done. */
  #again = false;
  /** Whether the network that is trained was made the one that reads. */
  #shown = false;

  constructor(readonly models: Models) {
    addEventListener("hashchange", () => this.#follow());
    find("recipe").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#press();
    });
    find("stop").addEventListener("click", () => this.#stop());
    this.#other.addEventListener("click", () => this.#pressOther());
    offerCopy(find("copy-clone"), find("clone-command"), find("copied-clone"));
    offerCopy(find("copy-installed"), find("installed-command"), find("copied-installed"));
    this.#follow();
    this.#restore();
  }

  get #active(): boolean {
    return this.#state === "running" || this.#state === "paused" || this.#state === "stopping";
  }

  /** Whether something else is chosen than what was stopped. */
  get #differs(): boolean {
    return fragmentOf(this.#form.choices) !== fragmentOf(this.#training?.choices ?? {});
  }

  /** The fields follow the link; what is trained stays what it is. */
  #follow(): void {
    if (this.#active) {
      this.#changed();
      this.#problem("link: expected no training under way, got one: stop it, then follow the link");
      return;
    }
    const choices = choicesIn(location.hash);
    this.#form.choices = choices;
    this.#changed(choices);
  }

  /** The address bar, the commands and the buttons follow what is chosen; what is wrong with it is said of a link at once. */
  #changed(linked?: Choices): void {
    const { choices } = this.#form;
    const fragment = fragmentOf(choices);
    history.replaceState(null, "", `${location.pathname}${location.search}${fragment && `#${fragment}`}`);
    this.#form.forgive();
    this.#problem("");
    try {
      planOf(linked ?? choices);
      const { clone, installed } = commandsOf(choices);
      find("clone-command").textContent = clone;
      find("installed-command").textContent = installed;
      find("commands").hidden = false;
    } catch (error) {
      find("commands").hidden = true;
      if (linked !== undefined) this.#blame((error as Error).message);
    }
    this.#label();
  }

  #problem(message: string): void {
    find("train-problem").textContent = message;
  }

  /** Says what is wrong, at its field; returns that. */
  #blame(message: string): HTMLElement | undefined {
    const { text, field } = this.#form.blame(message);
    this.#problem(text);
    return field;
  }

  /** The main button. */
  #press(): void {
    if (this.#state === "running") this.#pause();
    else if (this.#state === "paused") this.#continue();
    else if (this.#state === "stopped" && !this.#differs) this.#resume();
    else if (!this.#active) this.#train();
  }

  /** The button beside it: Start over, or what was stopped. */
  #pressOther(): void {
    if (this.#state === "stopped") {
      if (this.#differs) this.#resume();
      else this.#train();
    } else {
      this.#stop();
      this.#again = true;
    }
  }

  /** Trains anew by what is chosen. */
  #train(): void {
    const { choices } = this.#form;
    try {
      const { recipe } = planOf(choices);
      this.#training = { choices, epochs: recipe.epochs, epoch: 0 };
    } catch (error) {
      this.#blame((error as Error).message)?.focus();
      return;
    }
    this.#begin({ kind: "train", choices });
  }

  /** Goes on with the training that was stopped, by what was chosen for it. */
  #resume(): void {
    const { choices, model } = this.#training as Training;
    this.#form.choices = choices;
    this.#changed();
    this.#begin({ kind: "train", choices, model });
  }

  #begin(command: WorkerCommand): void {
    this.#problem("");
    this.#worker ??= this.#startWorker();
    this.#send(command);
    this.#enter("running");
    this.#view.clear();
    this.#view.state("Starting");
    this.#announce("Training started.");
  }

  #pause(): void {
    this.#send({ kind: "pause" });
    this.#enter("paused");
    this.#announce("It pauses.");
  }

  #continue(): void {
    this.#send({ kind: "continue" });
    this.#enter("running");
    this.#view.state("Training");
    this.#announce("Training goes on.");
  }

  #stop(): void {
    this.#send({ kind: "stop" });
    this.#enter("stopping");
    this.#view.state("Stopping");
    this.#go.focus();
  }

  #send(command: WorkerCommand): void {
    this.#worker?.postMessage(command);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL("./training.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<WorkerEvent>) => this.#handlers[data.kind](data as never);
    worker.onerror = ({ message }) => {
      worker.terminate();
      this.#worker = undefined;
      this.#failed(message || "training.js: expected the page's worker, got none (try to load the page again)");
    };
    return worker;
  }

  readonly #handlers: {
    readonly [Kind in WorkerEvent["kind"]]: (event: Extract<WorkerEvent, { kind: Kind }>) => void;
  } = {
    loading: ({ loaded, total }) => {
      if (this.#state !== "stopping") this.#view.loading(loaded, total);
    },
    started: (started) => {
      this.#view.begin(started);
      if (this.#state === "running") this.#view.state("Training");
    },
    progress: ({ epoch, samples, rate }) => this.#view.progress(epoch, samples, rate),
    epoch: ({ history }) => this.#view.epoch(history),
    snapshot: (snapshot) => this.#view.snapshot(snapshot),
    model: (model) => void this.#take(model).catch(({ message }: Error) => this.#problem(message)),
    paused: () => {
      this.#view.state("Paused");
      this.#announce("Paused.");
    },
    stopped: ({ epoch }) => this.#stopped(epoch),
    finished: (finished) => this.#finished(finished),
    failed: ({ message }) => this.#failed(message),
  };

  /** The network that is trained reads digits from now on, unless somebody chose another one. */
  async #take({ bytes, weights, epoch }: Extract<WorkerEvent, { kind: "model" }>): Promise<void> {
    if (this.#training !== undefined) this.#training = { ...this.#training, model: bytes, epoch };
    await this.models.put("trained", bytes, FILE, weights);
    if (!this.#shown && this.models.current?.origin === "pretrained") this.models.choose("trained");
    this.#shown = true;
  }

  #finished(finished: Finished): void {
    const { choices } = this.#training as Training;
    this.#view.state("Done");
    this.#view.finish(finished, commandsOf(choices).clone);
    this.#announce(`Done: ${finished.correct} of ${finished.count} test images are read correctly.`);
    this.#training = undefined;
    this.#rest("idle");
  }

  #stopped(epoch: number): void {
    this.#view.state(epoch === 0 ? "Stopped before the first epoch was done" : `Stopped after epoch ${epoch}`);
    this.#announce("Stopped.");
    this.#rest();
  }

  #failed(message: string): void {
    this.#again = false;
    this.#view.state("Ended by an error");
    this.#rest();
    this.#blame(message);
  }

  /** The worker is done: what was trained can go on if there is something of it, or a new training begins. */
  #rest(state: State = this.#training?.model === undefined ? "idle" : "stopped"): void {
    const again = this.#again;
    this.#again = false;
    if (state === "idle") this.#training = undefined;
    this.#enter(state);
    if (again) this.#train();
  }

  /** A training that was under way when the page was left can go on. */
  async #restore(): Promise<void> {
    const kept = await restore();
    if (kept === undefined) return;
    const { choices, bytes } = kept;
    try {
      planOf(choices);
      // Somebody may have begun another one meanwhile.
      if (this.#state !== "idle") return;
      const { epochs: epoch, metadata } = (await this.models.put("trained", bytes, FILE)).network;
      const epochs = Number(metadata.get("target_epochs"));
      if (this.#state !== "idle" || metadata.has("test_correct") || !(epoch < epochs)) return;
      this.#view.left(historyOf(metadata, FILE), epoch, epochs);
      this.#training = { choices, epochs, model: bytes, epoch };
      if (location.hash === "") this.#form.choices = choices;
      this.#enter("stopped");
      this.#changed(choicesIn(location.hash));
      this.#view.state(`A training of ${epochs} epochs was left after epoch ${epoch}: it can go on`);
    } catch {
      // Of another version of this page, or damaged: nothing can be done with it.
      await forget();
    }
  }

  #announce(text: string): void {
    find("train-status").textContent = text;
  }

  #enter(state: State): void {
    this.#state = state;
    (find("choices") as HTMLFieldSetElement).disabled = this.#active;
    (find("stop") as HTMLButtonElement).disabled = state !== "running" && state !== "paused";
    this.#label();
  }

  /** What the buttons do now. */
  #label(): void {
    const { epoch = 0, epochs = 0 } = this.#training ?? {};
    const stopped = this.#state === "stopped";
    const names = { idle: "Train", running: "Pause", paused: "Continue", stopping: "Stopping" };
    const left = `after epoch ${epoch} of ${epochs}`;
    this.#go.textContent =
      this.#state !== "stopped" ? names[this.#state] : this.#differs ? "Train" : `Continue ${left}`;
    this.#other.textContent = stopped && this.#differs ? `Continue the one left ${left}` : "Start over";
    this.#other.disabled = this.#state === "idle" || this.#state === "stopping";
  }
}
