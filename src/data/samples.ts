// What labelled images are made of: the types of pixels, and what a Dataset offers to whoever measures it.

/** Grey pixels, one after the other: bytes from 0 (white) to 255 (black), or inputs a^0 as they are, any finite f32. */
export type Pixels = Uint8Array | Uint8ClampedArray | Float32Array;

/** How the pixels of images are made into what a network takes: ink bright on dark ground, upright. */
export interface PixelOptions {
  /** The value of full ink, above 0, up to 65,535; what is above counts as that. Default: 255 of bytes, 1 of floats. */
  readonly pixelMax?: number;
  /** Whether ink is dark on bright ground: a becomes 1 - a. Default false. */
  readonly invert?: boolean;
  /** Whether rows and columns are swapped, as in EMNIST: they are swapped back. Default false. */
  readonly transpose?: boolean;
}

/** Images of one size, and what they show. */
export interface Samples {
  /** [length][inputs]: the pixels of one image after the other. */
  readonly images: Pixels;
  /** [length], the class of each image, 0 to classes - 1. */
  readonly labels: Uint8Array | Uint16Array;
  /** Pixels in a row of an image, a divisor of `inputs`. */
  readonly columns: number;
  /** Classes: 1 to 65,536. */
  readonly classes: number;
  /** How the pixels were made from those of a file; undefined if they are as they were given. */
  readonly prepared: PixelOptions | undefined;
  /** Images, 1 or more. */
  readonly length: number;
  /** Pixels per image: 1 to 2^22. */
  readonly inputs: number;
}

/** A copy: slice() of a Buffer would be none. */
export function copyPixels(pixels: Pixels): Pixels {
  return pixels instanceof Float32Array ? new Float32Array(pixels) : new Uint8Array(pixels);
}
