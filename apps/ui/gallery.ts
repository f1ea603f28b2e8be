// Lists of items, mostly small images, that are made when they are first shown.

import { formatCount, make } from "./elements.js";

/** Whatever else its owner keeps of it, an item has an element: an <li>. */
export interface GalleryItem {
  readonly element: HTMLElement;
}

/** Fills a list with items, and keeps those that are hidden for later. */
export class Gallery<Item extends GalleryItem> {
  readonly #list: HTMLElement;
  readonly #makeItem: (i: number) => Item;
  readonly #items: Item[] = [];

  constructor(list: HTMLElement, makeItem: (i: number) => Item) {
    this.#list = list;
    this.#makeItem = makeItem;
  }

  /** Items made so far, hidden ones included. */
  get made(): number {
    return this.#items.length;
  }

  /** Shows the first `count` items, and hides the others. Returns those that are shown. */
  show(count: number): readonly Item[] {
    for (let i = this.made; i < count; i++) {
      const item = this.#makeItem(i);
      this.#items.push(item);
      this.#list.append(item.element);
    }
    for (const [i, { element }] of this.#items.entries()) element.hidden = i >= count;
    return this.#items.slice(0, count);
  }
}

/** Items that the button of makeGallery adds. */
const STEP = 60;

/** A list that shows `first` of `count` items, and more at the press of a button. */
export function makeGallery(
  count: number,
  first: number,
  makeContent: (i: number) => readonly (Node | string)[],
): HTMLElement {
  const list = make("ul", { class: "gallery" });
  const more = make("button", { type: "button", class: "more" });
  const gallery = new Gallery(list, (i) => ({ element: make("li", { tabindex: "-1" }, ...makeContent(i)) }));
  const show = (end: number) => {
    gallery.show(end);
    more.textContent = `Show ${formatCount(Math.min(STEP, count - end))} more of ${formatCount(count)}`;
    more.hidden = end === count;
  };
  more.addEventListener("click", () => {
    const { made } = gallery;
    show(Math.min(count, made + STEP));
    // Keyboard users continue at the first new item.
    (list.children[made] as HTMLElement).focus({ preventScroll: true });
  });
  show(Math.min(count, first));
  return make("div", {}, list, more);
}
