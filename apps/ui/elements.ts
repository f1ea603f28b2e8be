// Small helpers for the elements of a page, and for numbers as text.

/** A new element. Content that is text never becomes markup. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...content);
  return element;
}

/** The element of the page with this id. */
export function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** A table; the first cell of each row is its header. */
export function makeTable(caption: string, headers: readonly string[], rows: readonly (readonly string[])[]) {
  const head = make("tr", {}, ...headers.map((header) => make("th", { scope: "col" }, header)));
  const body = rows.map(([first, ...rest]) =>
    make("tr", {}, make("th", { scope: "row" }, first), ...rest.map((value) => make("td", {}, value))),
  );
  return make(
    "table",
    {},
    make("caption", { class: "unseen" }, caption),
    make("thead", {}, head),
    make("tbody", {}, ...body),
  );
}

/** Pairs for a <dl>. */
export function makeFacts(facts: readonly (readonly [string, string | Node])[]): HTMLElement[] {
  return facts.map(([label, value]) => make("div", {}, make("dt", {}, label), make("dd", {}, value)));
}

/** Lets a button copy the text of an element, and reports in `status` how that went. */
export function offerCopy(button: HTMLElement, source: HTMLElement, status: HTMLElement): void {
  button.addEventListener("click", async () => {
    // If copying fails, the text is at least selected.
    getSelection()?.selectAllChildren(source);
    try {
      await navigator.clipboard.writeText(source.textContent ?? "");
      status.textContent = "Copied.";
    } catch {
      status.textContent = "Selected: copy it with the keyboard.";
    }
  });
}

const WHOLE = new Intl.NumberFormat("en-US");

export function formatCount(count: number): string {
  return WHOLE.format(count);
}

/** "1 image", "1,200 images". */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function formatPercent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)}\u00a0%`;
}

/** A cost of any size, with three significant digits. */
export function formatCost(cost: number): string {
  return cost >= 0.001 && cost < 1000
    ? cost.toFixed(Math.max(0, 2 - Math.floor(Math.log10(cost))))
    : cost.toPrecision(3);
}
