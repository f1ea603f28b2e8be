// The section where a network is trained: the choices, the buttons, and the view of the run. A worker does the work.

import { historyOf } from "ductus/recipe";
import { find, offerCopy } from "../../ui/elements.js";
import type { Models } from "../models.js";
import { forget, restore, type Turn, takeTurn } from "./checkpoint.js";
import { type Choices, choicesIn, commandsOf, fragmentOf, planOf } from "./choices.js";
import { Form } from "./form.js";
import type { Finished, WorkerCommand, WorkerEvent } from "./messages.js";
import { View } from "./view.js";

const FILE = "model.safetensors";

/** Fills the section, and restores what was chosen or trained before. */
export function startTraining(models: Models): void {
  new Section(models);
}

/** "stopping" lasts until the worker has stopped; "stopped" means that there is a run to resume. */
type State = "idle" | "running" | "paused" | "stopping" | "stopped";

/** The training run that is under way, or was stopped. */
interface Training {
  readonly choices: Choices;
  readonly epochs: number;
  /** Its latest model file, and the epochs completed by then. */
  readonly model?: Uint8Array;
  readonly epoch: number;
}

class Section {
  readonly #form = new Form(() => this.#changed());
  readonly #view = new View();
  readonly #mainButton = find("go");
  readonly #otherButton = find("again") as HTMLButtonElement;
  #worker: Worker | undefined;
  /** The right to train, while a training is under way. */
  #turn: Promise<Turn | undefined> = Promise.resolve(undefined);
  #state: State = "idle";
  #training: Training | undefined;
  /** Whether a new run starts as soon as the worker is done. */
  #restarts = false;
  /** Whether the trained network has been put to use once. */
  #used = false;

  constructor(readonly models: Models) {
    addEventListener("hashchange", () => this.#follow());
    find("recipe").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#pressMain();
    });
    find("stop").addEventListener("click", () => this.#stop());
    this.#otherButton.addEventListener("click", () => this.#pressOther());
    offerCopy(find("copy-clone"), find("clone-command"), find("copied-clone"));
    offerCopy(find("copy-installed"), find("installed-command"), find("copied-installed"));
    this.#follow();
    this.#restore();
  }

  get #active(): boolean {
    return this.#state === "running" || this.#state === "paused" || this.#state === "stopping";
  }

  /** Whether the choices differ from those of the stopped run. */
  get #differs(): boolean {
    return fragmentOf(this.#form.choices) !== fragmentOf(this.#training?.choices ?? {});
  }

  /** Takes the choices from the link, unless a network is being trained. */
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

  /** Updates the address bar, the commands and the buttons. Errors in choices from a link are shown at once. */
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

  /** Shows what is wrong, marks its field, and returns that. */
  #blame(message: string): HTMLElement | undefined {
    const { text, field } = this.#form.blame(message);
    this.#problem(text);
    return field;
  }

  /** The main button was pressed. */
  #pressMain(): void {
    if (this.#state === "running") this.#pause();
    else if (this.#state === "paused") this.#continue();
    else if (this.#state === "stopped" && !this.#differs) this.#resume();
    else if (!this.#active) this.#train();
  }

  /** The other button was pressed: "Start over", or "Continue the one left ...". */
  #pressOther(): void {
    if (this.#state === "stopped") {
      if (this.#differs) this.#resume();
      else this.#train();
    } else {
      this.#stop();
      this.#restarts = true;
    }
  }

  /** Starts a new run with the present choices. */
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

  /** Resumes the run that was stopped, with the choices that it was started with. */
  #resume(): void {
    const { choices, model } = this.#training as Training;
    this.#form.choices = choices;
    this.#changed();
    this.#begin({ kind: "train", choices, model });
  }

  async #begin(command: WorkerCommand): Promise<void> {
    this.#problem("");
    this.#enter("running");
    this.#view.clear();
    this.#view.state("Starting");
    this.#turn = this.#turn.then((last) => last?.end()).then(takeTurn);
    if ((await this.#turn) === undefined) {
      this.#failed("Another tab of this page is training: stop it there, or wait for its end, and try again.");
      this.#view.state("Not started");
      return;
    }
    this.#worker ??= this.#startWorker();
    this.#worker.postMessage(command);
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
    this.#announce("Training continues.");
  }

  #stop(): void {
    this.#send({ kind: "stop" });
    this.#enter("stopping");
    this.#view.state("Stopping");
    this.#mainButton.focus();
  }

  /** Commands that come before the training has begun wait for that. */
  async #send(command: WorkerCommand): Promise<void> {
    if ((await this.#turn) !== undefined) this.#worker?.postMessage(command);
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
    model: (model) => void this.#adopt(model).catch(({ message }: Error) => this.#problem(message)),
    paused: () => {
      this.#view.state("Paused");
      this.#announce("Paused.");
    },
    stopped: ({ epoch }) => this.#stopped(epoch),
    finished: (finished) => this.#finished(finished),
    failed: ({ message }) => this.#failed(message),
  };

  /** From its first file on, the trained network reads digits, unless the visitor has chosen another one. */
  async #adopt({ bytes, weights, epoch }: Extract<WorkerEvent, { kind: "model" }>): Promise<void> {
    if (this.#training !== undefined) this.#training = { ...this.#training, model: bytes, epoch };
    await this.models.put("trained", bytes, FILE, weights);
    if (!this.#used && this.models.current?.source === "pretrained") this.models.choose("trained");
    this.#used = true;
  }

  #finished(finished: Finished): void {
    const { choices } = this.#training as Training;
    this.#view.state("Done");
    this.#view.finish(finished, commandsOf(choices).clone);
    this.#announce(`Done: ${finished.correct} of ${finished.count} test images are read correctly.`);
    this.#training = undefined;
    this.#settle("idle");
  }

  #stopped(epoch: number): void {
    this.#view.state(epoch === 0 ? "Stopped before the first epoch was done" : `Stopped after epoch ${epoch}`);
    this.#announce("Stopped.");
    this.#settle();
  }

  #failed(message: string): void {
    this.#restarts = false;
    this.#view.state("Ended by an error");
    this.#settle();
    this.#blame(message);
  }

  /** The worker is done: the run can be resumed if there is a model of it, or a new one starts. */
  #settle(state: State = this.#training?.model === undefined ? "idle" : "stopped"): void {
    const restarts = this.#restarts;
    this.#restarts = false;
    this.#turn.then((turn) => turn?.end());
    if (state === "idle") this.#training = undefined;
    this.#enter(state);
    if (restarts) this.#train();
  }

  /** Offers to resume a run that was under way when the page was left. */
  async #restore(): Promise<void> {
    const checkpoint = await restore();
    if (checkpoint === undefined) return;
    const { choices, bytes } = checkpoint;
    try {
      planOf(choices);
      // The visitor may have started another one meanwhile.
      if (this.#state !== "idle") return;
      const { epochs: epoch, metadata } = (await this.models.put("trained", bytes, FILE)).network;
      const epochs = Number(metadata.get("target_epochs"));
      if (this.#state !== "idle" || metadata.has("test_correct") || !(epoch < epochs)) return;
      this.#view.left(historyOf(metadata, FILE), epoch, epochs);
      this.#training = { choices, epochs, model: bytes, epoch };
      if (location.hash === "") this.#form.choices = choices;
      this.#enter("stopped");
      this.#changed(choicesIn(location.hash));
      this.#view.state(`A run of ${epochs} epochs stopped after epoch ${epoch}: it can continue`);
    } catch {
      // Damaged, or from another version of this page.
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

  /** Names the buttons by what they do now. */
  #label(): void {
    const { epoch = 0, epochs = 0 } = this.#training ?? {};
    const stopped = this.#state === "stopped";
    const names = { idle: "Train", running: "Pause", paused: "Continue", stopping: "Stopping" };
    const left = `after epoch ${epoch} of ${epochs}`;
    this.#mainButton.textContent =
      this.#state !== "stopped" ? names[this.#state] : this.#differs ? "Train" : `Continue ${left}`;
    this.#otherButton.textContent = stopped && this.#differs ? `Continue the one left ${left}` : "Start over";
    this.#otherButton.disabled = this.#state === "idle" || this.#state === "stopping";
  }
}
