// The section where visitors write digits and a network reads them. Changes are drawn and read at most once a frame.

import { deciderOf, encodeOnnx, findDigit, sharesOf, verdict } from "ductus/formats";
import { countOf, find, make } from "../../ui/elements.js";
import { DIGITS, pictureOf } from "../digits.js";
import type { Model, ModelSource, Models } from "../models.js";
import { openFile, saveFile } from "./files.js";
import { type Numbers, numbersIn } from "./numbers.js";
import { Pad } from "./pad.js";
import { inWords, nameOf, numbersInWords, Reading } from "./reading.js";

/** Starts the section, and loads the network that comes with the page. */
export function startWriting(models: Models): void {
  const reading = new Reading();
  let [due, announced] = [false, true];
  /** Draws and reads before the next frame. `finished`: announces the result to screen readers, too. */
  const update = (finished: boolean) => {
    announced &&= !finished;
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      pad.draw();
      const description = read(models.current, pad, reading, !announced);
      if (!announced) find("read-aloud").textContent = description;
      announced = true;
    });
  };
  const canvas = find("pad") as HTMLCanvasElement;
  const pad = new Pad(canvas, (finished) => {
    if (finished) for (const id of ["write-alert", "write-note"]) find(id).textContent = "";
    find("pad-hint").hidden = !pad.isBlank;
    canvas.setAttribute("aria-label", padName(pad));
    find("undo").setAttribute("aria-disabled", String(!pad.canUndo));
    find("clear").setAttribute("aria-disabled", String(pad.isBlank));
    update(finished);
  });

  startActions(pad);
  startNetworks(models, pad, update);
  startFiles(models, pad);
}

/**
 * Reads what is on the pad, and describes the result in words. What is finished is read by variants, which takes longer
 * than a moving pen has time for.
 */
function read(model: Model | undefined, pad: Pad, reading: Reading, finished: boolean): string {
  const { strokes, picture } = pad.sheet;
  const classes = model?.network.layers.at(-1) ?? DIGITS.length;
  if (pad.isBlank || model === undefined) {
    reading.clear(pad.isBlank ? "nothing yet" : "no network yet", classes);
    return pad.isBlank ? "Blank sheet" : "There is no network yet that reads";
  }
  const { network, calibration } = model;
  const { classNames } = network;
  reading.names = classNames ?? [];
  // Without its metadata nothing asks for variants.
  const reader = finished ? network : { predict: (digit: Uint8Array) => network.predict(digit) };
  let pixels: Uint8Array;
  let numbers: Numbers | undefined;
  try {
    const shown = picture?.shown ?? pictureOf(strokes);
    const found = findDigit(shown, network);
    pixels = picture?.digit ?? found.pixels;
    // What has a name may well look like two digits.
    numbers = classNames === undefined ? numbersIn(shown, found, reader, calibration) : undefined;
  } catch {
    // On a sheet full of ink there is no digit.
    reading.clear("no digit seen", classes);
    return "No digit is seen: clear the sheet, and write one";
  }
  if (numbers !== undefined) {
    reading.showNumbers(numbers, classes);
    return `Read as ${numbersInWords(numbers)}`;
  }
  if (calibration === undefined) {
    const { label, activations } = network.predict(pixels);
    reading.show(pixels, label, activations);
    return `Read as ${nameOf(label, classNames)}, activation ${activations[label].toFixed(2)}`;
  }
  const { activations } = deciderOf(reader).predict(pixels);
  const worth = verdict(activations, calibration);
  reading.show(pixels, worth.label, sharesOf(activations, calibration).classes, worth);
  return `Read as ${nameOf(worth.label, classNames)}, ${inWords(worth, classNames)}`;
}

/** The accessible name of the pad. */
function padName({ sheet, isBlank }: Pad): string {
  if (isBlank) return "Sheet to write on, blank";
  const content = sheet.picture ? `the picture ${sheet.picture.name}` : countOf(sheet.strokes.length, "stroke");
  return `Sheet to write on, with ${content}`;
}

/** Undo, Clear, and the buttons that write a digit. */
function startActions(pad: Pad): void {
  find("undo").addEventListener("click", () => pad.undo());
  find("clear").addEventListener("click", () => pad.clear());
  const section = find("write-section");
  addEventListener("keydown", (event) => {
    const undoes = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    // After writing with a mouse, the body has the focus.
    if (!undoes || !(event.target === document.body || section.contains(event.target as Node))) return;
    event.preventDefault();
    pad.undo();
  });
  const buttons = DIGITS.map((strokes, digit) => {
    const button = make("button", { type: "button", "aria-label": `Write ${digit}` }, String(digit));
    button.addEventListener("click", () => pad.write(strokes));
    return button;
  });
  find("written").append(...buttons);
}

/** The list of networks, and the buttons that save the one that reads. */
function startNetworks(models: Models, pad: Pad, update: (finished: boolean) => void): void {
  const list = find("network") as HTMLSelectElement;
  const choices = new Map<ModelSource, HTMLOptionElement>();
  const [saving, exporting] = [find("save-model"), find("export-onnx")];
  const refresh = () => {
    const { all, current } = models;
    if (current === undefined && all.length > 0) {
      models.choose(all[0].source);
      return;
    }
    const none = list.querySelector("#network-none");
    if (all.length > 0) none?.remove();
    for (const [i, { source, title }] of all.entries()) {
      const choice = choices.get(source) ?? make("option", { value: source });
      choices.set(source, choice);
      // Unchanged entries stay, so that an open list does not jump.
      if (choice.textContent !== title) choice.textContent = title;
      if (list.options[i] !== choice) list.add(choice, i);
    }
    if (current !== undefined) list.value = current.source;
    for (const button of [saving, exporting]) button.setAttribute("aria-disabled", String(current === undefined));
    // A digit written before the first network was loaded is read now.
    update(none !== null && !pad.isBlank);
  };
  models.subscribe(refresh);
  list.addEventListener("change", () => {
    models.choose(list.value as ModelSource);
    find("write-alert").textContent = "";
    update(true);
  });
  const save = (ending: string, encode: (model: Model) => Uint8Array) => {
    if (models.current === undefined) return;
    saveFile(`digits-${models.current.network.layers.join("-")}.${ending}`, encode(models.current));
    find("write-alert").textContent = "";
  };
  saving.addEventListener("click", () => save("safetensors", ({ bytes }) => bytes));
  exporting.addEventListener("click", () =>
    save("onnx", ({ network }) =>
      encodeOnnx(
        network.layers.slice(1).map((_, i) => network.parameters(i + 1)),
        network.activation,
        network.cost,
      ),
    ),
  );
  models.loadPretrained().catch((error: Error) => {
    find("network-none").textContent = "None: open or train one";
    find("write-alert").textContent = messageOf(error);
  });
}

/** Files from the button, dropped anywhere on the page, or from the clipboard. */
function startFiles(models: Models, pad: Pad): void {
  const [alert, note, input] = [find("write-alert"), find("write-note"), find("file") as HTMLInputElement];
  let latest: File | undefined;
  const open = async (files: FileList | undefined) => {
    const file = files?.[0];
    if (file === undefined) return;
    latest = file;
    const first = files?.length === 1 ? "" : ` (the first of ${files?.length} files: one is read at a time)`;
    note.textContent = `Opening ${file.name}`;
    try {
      const opened = await openFile(file, models.current?.network);
      if ("model" in opened) await models.put("opened", opened.model, file.name);
      // Another file was opened meanwhile.
      if (latest !== file) return;
      if ("model" in opened) models.choose("opened");
      else pad.show(opened.picture);
      alert.textContent = "";
      note.textContent = `Opened ${file.name}${first}`;
    } catch (error) {
      if (latest !== file) return;
      note.textContent = "";
      alert.textContent = messageOf(error as Error) + first;
      alert.scrollIntoView({ block: "nearest" });
    }
  };
  find("open-file").addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    await open(input.files ?? undefined);
    // So that choosing the same file again is a change, too.
    input.value = "";
  });
  addEventListener("paste", ({ clipboardData }) => open(clipboardData?.files));

  const mark = (over: boolean) => document.body.classList.toggle("dropping", over);
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    mark(true);
  });
  addEventListener("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) mark(false);
  });
  addEventListener("drop", (event) => {
    mark(false);
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    open(event.dataTransfer.files);
  });
}

/** One sentence that says what to do. */
function messageOf(error: Error): string {
  return error instanceof WebAssembly.CompileError
    ? "WebAssembly: expected a browser that runs it with SIMD, got one that does not (update it)"
    : error.message;
}
