// The result of reading a digit: the image that the network sees, how likely each class is as bars, and its prediction.

import type { Verdict } from "ductus/formats";
import { find, make } from "../../ui/elements.js";
import { INK, makeImage, paintImage } from "../../ui/images.js";
import { IMAGE } from "../digits.js";
import type { Numbers } from "./numbers.js";

/** The image's width on the page, in pixels. */
const WIDTH = 168;
/** With more classes than this, only the likeliest are shown. */
const MOST_BARS = 10;
/** Longer numbers and names are cut off where the digit stands; the words below have them whole. */
const MOST_CHARACTERS = 8;

interface Bar {
  readonly row: HTMLElement;
  readonly label: HTMLElement;
  readonly value: HTMLElement;
}

/** Fills in the elements of the page. */
export class Reading {
  readonly #image = makeImage(IMAGE, "", INK, WIDTH);
  readonly #list = find("activations");
  readonly #bars: Bar[] = [];
  /** What the network's classes are called, by label, where they have names. */
  names: readonly string[] = [];

  constructor() {
    find("seen").append(this.#image);
  }

  /** Shows a blank image, why there is no prediction, and empty bars for so many classes. */
  clear(why: string, classes: number): void {
    this.#clearImage(classes);
    this.#setAnswer("?", why);
  }

  /** Shows several digits. Each of them is an image of its own to the network, so image and bars stay empty. */
  showNumbers(numbers: Numbers, classes: number): void {
    const { text } = numbers;
    this.#clearImage(classes);
    this.#setAnswer(text, numbersInWords(numbers));
  }

  #clearImage(classes: number): void {
    this.#image.setAttribute("aria-label", "Blank image of 28 by 28 pixels");
    paintImage(this.#image, new Uint8Array(IMAGE.rows * IMAGE.columns), INK);
    this.#setBars(Array.from({ length: Math.min(classes, MOST_BARS) }, (_, j) => ({ j, share: undefined })));
    this.#setCount(classes);
  }

  /**
   * @param pixels 28 x 28, from 0 to 255
   * @param shares how likely each class is, from 0 to 1, or its activation
   * @param verdict what the reading is worth, if that is known of the network
   */
  show(pixels: Uint8Array, label: number, shares: ArrayLike<number>, verdict?: Verdict): void {
    this.#image.setAttribute("aria-label", "The digit as the network sees it, in 28 by 28 pixels");
    paintImage(this.#image, pixels, INK);
    const worth = verdict === undefined ? `activation ${shares[label].toFixed(2)}` : inWords(verdict, this.names);
    // What is no digit is like this one most, and shown in grey.
    this.#setAnswer(nameOf(label, this.names), worth, verdict?.kind !== "not a digit");
    const strongest = Array.from(shares, (share, j) => ({ j, share }))
      .sort((a, b) => b.share - a.share)
      .slice(0, MOST_BARS)
      .sort((a, b) => a.j - b.j);
    this.#setBars(strongest, label);
    this.#setCount(shares.length);
  }

  #setAnswer(digit: string, activation: string, isDigit = digit !== "?"): void {
    const shown = digit.length > MOST_CHARACTERS ? `${digit.slice(0, MOST_CHARACTERS)}…` : digit;
    find("digit").textContent = shown;
    // Labels with more digits are smaller.
    find("digit").style.setProperty("--characters", String(shown.length));
    find("digit-activation").textContent = activation;
    find("answer").classList.toggle("blank", !isDigit);
  }

  #setCount(classes: number): void {
    find("activations-count").textContent = classes > MOST_BARS ? `the strongest ${MOST_BARS} of ${classes}` : "";
  }

  #setBars(shown: readonly { j: number; share: number | undefined }[], prediction?: number): void {
    while (this.#bars.length < shown.length) this.#bars.push(makeBar());
    this.#list.replaceChildren(
      ...shown.map(({ j, share }, i) => {
        const { row, label, value } = this.#bars[i];
        label.textContent = nameOf(j, this.names);
        value.textContent = share === undefined ? "–" : share.toFixed(3);
        row.style.setProperty("--activation", String(share ?? 0));
        if (j === prediction) row.setAttribute("aria-current", "true");
        else row.removeAttribute("aria-current");
        return row;
      }),
    );
  }
}

/** What a class is called: its name, or its number. */
export function nameOf(label: number, names: readonly string[] = []): string {
  return names[label] ?? String(label);
}

/** A verdict in words. */
export function inWords({ kind, label, second, confidence }: Verdict, names?: readonly string[]): string {
  if (kind === "unsure") return `not sure: ${nameOf(label, names)} or ${nameOf(second, names)}`;
  return kind === "sure" ? `sure (${confidence.toFixed(2)})` : kind;
}

/** Several digits in words. */
export function numbersInWords({ count, text, sure }: Numbers): string {
  const certainty = sure === undefined ? "" : sure ? ", sure" : ", not sure of all";
  return `${count} digits: ${text}${certainty}`;
}

function makeBar(): Bar {
  const [label, value] = [make("b"), make("span")];
  return { row: make("li", {}, label, make("i"), value), label, value };
}
