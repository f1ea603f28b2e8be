// The confusion matrix as a table. Counts above 0 are buttons: one is in the tab order, arrow keys move between them.

import { make } from "../ui/elements.js";

type Confusion = readonly (readonly number[])[];

/** Calls `open` for each count that is activated, and at once for the most frequent confusion. */
export function makeConfusion(
  confusion: Confusion,
  open: (label: number, prediction: number, count: number) => void,
  nameOf: (label: number) => string,
): HTMLTableElement {
  const worst = mostFrequent(confusion);
  const most = confusion[worst.label][worst.prediction];
  const table = make(
    "table",
    { class: "confusion", role: "grid" },
    make("caption", { class: "unseen" }, "Test images by true label and answer of the network"),
    makeHead(confusion.map((_, label) => nameOf(label))),
  );
  const body = table.createTBody();

  const select = (button: HTMLButtonElement) => {
    table.querySelector("[aria-current]")?.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    // The tab key leads to the count that was chosen last.
    table.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    button.setAttribute("tabindex", "0");
    const [label, prediction] = placeOf(button);
    open(label, prediction, confusion[label][prediction]);
  };

  confusion.forEach((counts, label) => {
    const row = body.insertRow();
    row.append(make("th", { scope: "row" }, nameOf(label)));
    const all = counts.reduce((sum, count) => sum + count, 0);
    counts.forEach((count, prediction) => {
      const cell = row.insertCell();
      if (count === 0) {
        cell.textContent = "0";
        return;
      }
      const right = label === prediction;
      cell.className = right ? "right" : "wrong";
      // By the square root, a single confusion is still distinct from none.
      cell.style.setProperty("--share", String(right ? count / all : Math.sqrt(count / most)));
      const name = `${count}: ${nameOf(label)} read as ${nameOf(prediction)}`;
      const button = make("button", { type: "button", tabindex: "-1", "aria-label": name }, String(count));
      cell.append(button);
      if (label === worst.label && prediction === worst.prediction) select(button);
    });
  });

  table.addEventListener("click", (event) => {
    const button = (event.target as Element).closest("button");
    if (button !== null) select(button);
  });
  table.addEventListener("keydown", (event) => {
    const button = (event.target as Element).closest("button");
    const next = button && nextButton(body, button, event);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  return table;
}

function makeHead(names: readonly string[]): HTMLElement {
  const predictions = names.map((name) => make("th", { scope: "col" }, name));
  return make(
    "thead",
    {},
    make(
      "tr",
      {},
      make("th", { scope: "col", rowspan: "2" }, "Label"),
      make("th", { scope: "colgroup", colspan: String(names.length) }, "Read as"),
    ),
    make("tr", {}, ...predictions),
  );
}

/** The largest count off the diagonal, or the largest of all if nothing is misread. */
function mostFrequent(confusion: Confusion): { label: number; prediction: number } {
  let worst = { label: 0, prediction: 0, count: 0, wrong: false };
  confusion.forEach((counts, label) => {
    counts.forEach((count, prediction) => {
      const wrong = label !== prediction && count > 0;
      if (wrong === worst.wrong ? count > worst.count : wrong) worst = { label, prediction, count, wrong };
    });
  });
  return worst;
}

/** [label, prediction] of the cell that a button is in. */
function placeOf(button: HTMLButtonElement): [number, number] {
  const cell = button.closest("td") as HTMLTableCellElement;
  return [(cell.parentElement as HTMLTableRowElement).sectionRowIndex, cell.cellIndex - 1];
}

/** The button that a key leads to: the next one in its direction; Home and End in the row, with Ctrl in the table. */
function nextButton(body: HTMLTableSectionElement, button: HTMLButtonElement, event: KeyboardEvent) {
  const [row, column] = placeOf(button);
  const line = (cells: (Element | undefined)[]) =>
    cells.flatMap((cell) => cell?.querySelector<HTMLButtonElement>("button") ?? []);
  const rows = Array.from(body.rows);
  const across = Array.from(rows[row].cells).slice(1);
  const down = rows.map(({ cells }) => cells[column + 1]);
  const ends = event.ctrlKey ? Array.from(body.querySelectorAll("button")) : line(across);
  switch (event.key) {
    case "ArrowRight":
      return line(across.slice(column + 1))[0];
    case "ArrowLeft":
      return line(across.slice(0, column)).at(-1);
    case "ArrowDown":
      return line(down.slice(row + 1))[0];
    case "ArrowUp":
      return line(down.slice(0, row)).at(-1);
    case "Home":
      return ends[0];
    case "End":
      return ends.at(-1);
  }
  return undefined;
}
