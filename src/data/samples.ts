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
  readonly images: Pixels;
  readonly labels: Uint8Array | Uint16Array;
  readonly columns: number;
  readonly classes: number;
  readonly prepared: PixelOptions | undefined;
  readonly length: number;
  readonly inputs: number;
}
