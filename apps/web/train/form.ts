// The fields of a recipe, one for each option that the table of options has a field for.

import { type FormField, OPTIONS, type OptionTable, type TrainingOption } from "ductus/recipe";
import { find, make } from "../../ui/elements.js";
import { type Choices, choicesOf, DERIVED, defaultOf, formOptions } from "./choices.js";

type Field = HTMLInputElement | HTMLSelectElement;

/** An option's field: its label, and its values with their names, or how its text is typed. */
export interface FieldLine extends Pick<FormField, "group" | "label" | "hint"> {
  readonly name: string;
  readonly kind: "decimal" | "numeric" | "text" | Readonly<Record<string, string>>;
}

/** The fields of a table's options, in the order in which they stand in their groups. */
export function fieldsOf(table: OptionTable = OPTIONS): FieldLine[] {
  const place = ({ form }: TrainingOption) => form?.place ?? Number.MAX_SAFE_INTEGER;
  return Object.values(formOptions(table))
    .sort((a, b) => place(a) - place(b))
    .map((option) => {
      const { flag, alias = flag, form } = option;
      const { group, label, hint } = form as FormField;
      return { name: alias, group, label, hint, kind: inputOf(option) };
    });
}

function inputOf({ kind, form, ...option }: TrainingOption): FieldLine["kind"] {
  if (kind.type === "number") return kind.range.whole ? "numeric" : "decimal";
  if (kind.type !== "choice") return "text";
  // What is chosen by default stands first.
  const choices = [...new Set([String(option.default), ...kind.choices])];
  return Object.fromEntries(choices.map((choice) => [choice, form?.names?.[choice] ?? choice]));
}

/** The form's fields. */
export class Form {
  readonly #fields = new Map<string, Field>();
  readonly #labels = new Map<string, string>();
  /** Of the fields that others decide, those that the visitor has left to them. */
  #left = new Set(DERIVED);

  /** @param onChange called when the visitor has changed something */
  constructor(onChange: () => void) {
    for (const line of fieldsOf()) find(`${line.group}-choices`).append(this.#makeField(line));
    const preset = this.#fields.get("preset") as Field;
    find("choices").addEventListener("input", ({ target }) => {
      // Another recipe brings its own values.
      if (target === preset) this.choices = { preset: preset.value };
      else this.#follow(target);
      onChange();
    });
    // A field that was emptied is left to the others again, once the visitor has left it.
    find("choices").addEventListener("change", () => this.#follow(null));
  }

  get choices(): Choices {
    const chosen = [...this.#fields].filter(([name]) => !this.#left.has(name));
    return choicesOf(new Map(chosen.map(([name, { value }]) => [name, value])));
  }

  set choices(choices: Choices) {
    this.#left = new Set(DERIVED.filter((name) => choices[name] === undefined));
    for (const [name, field] of this.#fields) {
      field.value = choices[name] ?? defaultOf(name, name === "preset" ? {} : choices);
    }
  }

  /** Fills in what others decide, but for the field that the visitor is changing. */
  #follow(changing: EventTarget | null): void {
    for (const name of DERIVED) {
      const field = this.#fields.get(name) as Field;
      if (field !== changing) {
        if (this.#left.has(name)) field.value = defaultOf(name, this.choices) || field.value;
      } else if (field.value.trim() === "") this.#left.add(name);
      else this.#left.delete(name);
    }
  }

  /** Marks the field that a message of the command line's kind is about; the text has the field's label. */
  blame(message: string): { readonly text: string; readonly field?: HTMLElement } {
    this.forgive();
    const [, name = "", rest = message] = /^(?:--)?([\w -]+?): (.*)$/s.exec(message) ?? [];
    const flag = name.replaceAll(" ", "-");
    const option = Object.values(OPTIONS).find((option) => option.flag === flag)?.alias ?? flag;
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

  #makeField({ name, label, kind, hint }: FieldLine): HTMLElement {
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
