// What a data set's pictures are like, measured on a sample of its images: the range of their pixels, whether the
// ground is dark or bright, and whether they are in MNIST's form.

import { copyPixels, type Pixels, type Samples } from "./samples.js";

/** The ground of pictures: the same in all of them, or "mixed" if it is not, or cannot be told. */
export type Ground = "dark" | "bright" | "mixed";

/** What was measured. Pixels are inputs a^0: bytes are divided by 255. */
export interface Measurement {
  /** The least and the largest pixel. */
  readonly low: number;
  readonly high: number;
  readonly ground: Ground;
  /** The same without outliers: what is seldom passed, in few pixels of an image or in few images. */
  readonly typical: readonly [low: number, high: number];
  /** The ground of most images; "mixed" if there is none. */
  readonly mostly: Ground;
  /** Whether the ground is bright in most images, and dark in few. */
  readonly bright: boolean;
  /** Whether the images are in MNIST's form (src/reading/normalise.ts). */
  readonly mnist: boolean;
}

/** Images that are looked at, evenly spread. */
const SAMPLE = 400;
/** This share of an image's border has to be darker than the middle of the range, or brighter, to tell the ground. */
const BORDER = 0.6;
/** The ground is the same in all images if the other one is told in at most this share of them. */
const OTHERS = 0.02;
/** The ground is bright in most images if it is told to be in this share of them, and dark in at most the other. */
const MOST = { bright: 0.75, dark: 0.1 } as const;
/** Pixels of an image, and images, that may be out of the usual range: a broken pixel, or a broken picture. */
const OUTLIERS = { pixels: 0.003, images: 0.1 } as const;
/** Ink is what is above this share of the range. */
const INK = 0.1;
/** The form of MNIST: the side of the field and of the digit's box, how far they may be off, and in how many images. */
const FORM = { field: 28, centre: 14, off: 1, box: [18, 21], share: 0.9 } as const;

const measured = new WeakMap<Samples, Measurement>();

/** Measures a data set, once. */
export function measure(dataset: Samples): Measurement {
  const known = measured.get(dataset);
  if (known !== undefined) return known;
  const sample = sampleOf(dataset);
  const [low, high] = rangeOf(sample);
  const typical = typicalRange(sample);
  const { ground, bright, mostly } = groundOf(sample, dataset, middleOf(low, high, typical));
  const mnist = isMnist(sample, dataset, { low, high, ground });
  const unit = dataset.images instanceof Float32Array ? 1 : 255;
  const inputs = (level: number) => level / unit;
  const measurement = {
    low: inputs(low),
    high: inputs(high),
    typical: [inputs(typical[0]), inputs(typical[1])] as const,
    ground,
    mostly,
    bright,
    mnist,
  };
  measured.set(dataset, measurement);
  return measurement;
}

/** The images of the sample. */
function sampleOf({ images, inputs, length }: Samples): Pixels[] {
  const count = Math.min(length, SAMPLE);
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor((i * length) / count) * inputs;
    return images.subarray(first, first + inputs);
  });
}

/** The least and the largest pixel of some images. */
export function rangeOf(images: readonly ArrayLike<number>[]): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const image of images) {
    for (let k = 0; k < image.length; k++) {
      const pixel = image[k];
      if (pixel < low) low = pixel;
      if (pixel > high) high = pixel;
    }
  }
  return [low, high];
}

/** The range of some images, but for the extreme pixels of each, and the extreme images. */
function typicalRange(images: readonly Pixels[]): [low: number, high: number] {
  const sorted = images.map((image) => copyPixels(image).sort());
  const left = Math.ceil(OUTLIERS.pixels * images[0].length) - 1;
  const quantile = (share: number, place: (image: Pixels) => number) => {
    const levels = sorted.map(place).sort((a, b) => a - b);
    return levels[Math.round(share * (levels.length - 1))];
  };
  const low = quantile(OUTLIERS.images, (image) => image[left]);
  return [low, quantile(1 - OUTLIERS.images, (image) => image[image.length - 1 - left])];
}

/** Half-way between paper and ink; an outlier far beyond both is neither. */
function middleOf(low: number, high: number, [least, largest]: readonly [number, number]): number {
  const isSpoilt = least < largest && high - low > 2 * (largest - least);
  return isSpoilt ? (least + largest) / 2 : (low + high) / 2;
}

function groundOf(
  sample: readonly Pixels[],
  { inputs, columns }: Samples,
  middle: number,
): Pick<Measurement, "ground" | "bright" | "mostly"> {
  const grounds = sample.map((image) => groundOfBorder(image, columns, inputs / columns, middle));
  const share = (ground: Ground) => grounds.filter((one) => one === ground).length / sample.length;
  const [dark, bright] = [share("dark"), share("bright")];
  const inMost = bright >= MOST.bright && dark <= MOST.dark;
  const mostly = inMost ? "bright" : dark >= MOST.bright && bright <= MOST.dark ? "dark" : "mixed";
  const others = { bright: inMost, mostly } as const;
  if (dark > 0.5 && bright <= OTHERS) return { ...others, ground: "dark" };
  return { ...others, ground: bright > 0.5 && dark <= OTHERS ? "bright" : "mixed" };
}

/** The ground of one picture, as its border has it. */
export function groundOfBorder(image: ArrayLike<number>, columns: number, rows: number, middle: number): Ground {
  let [dark, bright, count] = [0, 0, 0];
  for (let y = 0; y < rows; y++) {
    const step = y === 0 || y === rows - 1 ? 1 : Math.max(1, columns - 1);
    for (let x = 0; x < columns; x += step) {
      const pixel = image[y * columns + x];
      if (pixel < middle) dark++;
      if (pixel > middle) bright++;
      count++;
    }
  }
  return dark >= BORDER * count ? "dark" : bright >= BORDER * count ? "bright" : "mixed";
}

/** Whether almost all images have their centre of mass in the middle, and a box of ink as large as MNIST's. */
function isMnist(
  sample: readonly Pixels[],
  { inputs, columns }: Samples,
  { low, high, ground }: Pick<Measurement, "low" | "high" | "ground">,
): boolean {
  if (columns !== FORM.field || inputs !== FORM.field ** 2 || ground === "mixed" || low === high) return false;
  const paper = ground === "dark" ? low : high;
  const inForm = sample.filter((image) => isCentred(image, paper, high - low));
  return inForm.length >= FORM.share * sample.length;
}

/** Whether an image of 28 x 28 pixels is in the form of MNIST. `range` is how far full ink is from paper. */
export function isCentred(image: ArrayLike<number>, paper: number, range: number): boolean {
  const faint = INK * range;
  let mass = 0;
  let atX = 0;
  let atY = 0;
  let left: number = FORM.field;
  let right = 0;
  let top: number = FORM.field;
  let bottom = 0;
  for (let y = 0; y < FORM.field; y++) {
    for (let x = 0; x < FORM.field; x++) {
      const ink = Math.abs(image[y * FORM.field + x] - paper);
      if (ink === 0) continue;
      mass += ink;
      atX += ink * x;
      atY += ink * y;
      if (ink < faint) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  const side = Math.max(right - left, bottom - top);
  const off = Math.max(Math.abs(atX / mass - FORM.centre), Math.abs(atY / mass - FORM.centre));
  return off <= FORM.off && side >= FORM.box[0] && side <= FORM.box[1];
}
