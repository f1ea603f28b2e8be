// What a network gives: what it reads, and its parameters.

/** How a network reads an image. */
export interface Prediction {
  /** The most active output, the first of equals. */
  readonly label: number;
  /** a^L, one number for each class, from 0 to 1. */
  readonly activations: Float32Array;
}

/** The weights and biases of a layer: w_kj, from input k to output j, is weights[j * inputs + k]. */
export interface Parameters {
  /** [outputs][inputs], flat */
  readonly weights: Float32Array;
  /** [outputs] */
  readonly biases: Float32Array;
}
