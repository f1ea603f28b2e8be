// The fields of a recipe, one for each option.

import { find, make } from "../../ui/elements.js";
import { type Choices, choicesOf, standardOf } from "./choices.js";

type Field = HTMLInputElement | HTMLSelectElement;

/** An option: its label, and its values with their names, or how its text is typed. */
interface Line {
  readonly name: string;
  readonly label: string;
  readonly kind: "decimal" | "numeric" | "text" | Readonly<Record<string, string>>;
  /** What may stand there, in a few words. */
  readonly hint?: string;
}

const GROUPS: Readonly<Record<string, readonly Line[]>> = {
  "basic-choices": [
    {
      name: "preset",
      label: "Recipe",
      kind: {
        notes: "the notes: 97.8 %, in seconds",
        book: "cross-entropy: 98.0 %, in seconds",
        best: "the best: 99.5 %, in minutes",
      },
    },
    { name: "hidden", label: "Hidden layers", kind: "text", hint: "30, or 128,64, or none" },
    { name: "eta", label: "Learning rate η", kind: "decimal", hint: "above 0" },
    { name: "batch-size", label: "Mini-batch m", kind: "numeric", hint: "images, from 1" },
    { name: "epochs", label: "Epochs", kind: "numeric", hint: "1 to 1000" },
    { name: "seed", label: "Seed", kind: "numeric", hint: "from 0: decides all that is random" },
  ],
  "method-choices": [
    { name: "activation", label: "Activation", kind: named("sigmoid", "tanh", "relu"), hint: "of hidden layers" },
    { name: "cost", label: "Cost", kind: named("quadratic", "cross-entropy", "log-likelihood") },
    { name: "optimizer", label: "Optimiser", kind: named("sgd", "momentum", "nesterov", "adam", "adamw") },
    { name: "momentum", label: "Momentum μ", kind: "decimal", hint: "0 to below 1" },
    { name: "beta2", label: "β₂ of Adam", kind: "decimal", hint: "0 to below 1" },
    { name: "schedule", label: "Schedule of η", kind: "text", hint: "constant, cosine or step:N:F" },
    { name: "warm-up", label: "Warm-up", kind: "numeric", hint: "epochs in which η rises" },
    { name: "weight-decay", label: "Weight decay", kind: "decimal", hint: "0 to 1" },
    { name: "dropout", label: "Dropout", kind: "decimal", hint: "0 to below 1" },
    { name: "label-smoothing", label: "Label smoothing", kind: "decimal", hint: "0 to below 1" },
    { name: "averaging", label: "Averaging of weights", kind: "decimal", hint: "0 to below 1" },
    { name: "init", label: "Initial weights", kind: named("scaled", "normal", "he") },
    { name: "patience", label: "Patience", kind: "numeric", hint: "epochs without progress" },
    { name: "validation", label: "Held back", kind: "numeric", hint: "images: a sixth, 10000" },
    { name: "limit", label: "Train on the first", kind: "numeric", hint: "images: all" },
  ],
  "distortion-choices": [
    { name: "shift", label: "Shift", kind: "decimal", hint: "pixels" },
    { name: "rotation", label: "Rotation", kind: "decimal", hint: "degrees" },
    { name: "scale", label: "Scale", kind: "decimal", hint: "share, 0 to below 1" },
    { name: "shear", label: "Shear", kind: "decimal", hint: "pixels for each down" },
    { name: "elastic", label: "Elastic α", kind: "decimal", hint: "pixels of noise" },
    { name: "sigma", label: "Elastic σ", kind: "decimal", hint: "pixels, smooths it" },
  ],
};

function named(...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, name]));
}

/** The form's fields. */
export class Form {
  readonly #fields = new Map<string, Field>();
  readonly #labels = new Map<string, string>();

  /** @param onChange called when the visitor has changed something */
  constructor(onChange: () => void) {
    for (const [id, lines] of Object.entries(GROUPS)) find(id).append(...lines.map((line) => this.#makeField(line)));
    const preset = this.#fields.get("preset") as Field;
    find("choices").addEventListener("input", ({ target }) => {
      // Another recipe brings its own values.
      if (target === preset) this.choices = { preset: preset.value };
      onChange();
    });
  }

  get choices(): Choices {
    return choicesOf(new Map([...this.#fields].map(([name, { value }]) => [name, value])));
  }

  set choices(choices: Choices) {
    const preset = choices.preset ?? "notes";
    for (const [name, field] of this.#fields) {
      field.value = choices[name] ?? (name === "preset" ? "notes" : standardOf(name, preset));
    }
  }

  /** Marks the field that a message of the command line's kind is about; the text has the field's label. */
  blame(message: string): { readonly text: string; readonly field?: HTMLElement } {
    this.forgive();
    const [, name = "", rest = message] = /^(?:--)?([\w -]+?): (.*)$/s.exec(message) ?? [];
    const option = name === "learning-rate" ? "eta" : name.replace(" ", "-");
    const field = this.#fields.get(option);
    if (field === undefined) return { text: message };
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", "train-problem");
    field.closest("details")?.setAttribute("open", "");
    return { text: `${this.#labels.get(option)}: ${rest}`, field };
  }

  /** No field is wrong any more. */
  forgive(): void {
    for (const field of this.#fields.values()) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  }

  #makeField({ name, label, kind, hint }: Line): HTMLElement {
    const id = `choice-${name}`;
    const field =
      typeof kind === "object"
        ? make("select", { id }, ...Object.entries(kind).map(([value, text]) => make("option", { value }, text)))
        : make("input", { id, type: "text", inputmode: kind, autocomplete: "off", spellcheck: "false" });
    this.#fields.set(name, field);
    this.#labels.set(name, label);
    const note = hint === undefined ? [] : [make("small", {}, hint)];
    return make("label", { class: "field", for: id }, make("span", {}, label), field, ...note);
  }
}
