// Charts as wide as there is room.

import { make } from "./elements.js";

/** An element with a name for who cannot see it, drawn whenever its width changes. */
export function makeFitted(name: string, draw: (width: number) => readonly Element[]): HTMLElement {
  const box = make("div", { class: "chart", role: "img", "aria-label": name });
  let drawn = 0;
  const observer = new ResizeObserver(([{ contentRect }]) => {
    const { width } = contentRect;
    // Drawing changes the height, which is observed too.
    if (width === 0 || width === drawn) return;
    drawn = width;
    box.replaceChildren(...draw(width));
  });
  observer.observe(box);
  return box;
}
