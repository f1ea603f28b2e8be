// What a network makes of images: many at a time, since each call of the kernels has its own price.

import { checkPixels, type Pixels, toBytes } from "../data/dataset.js";
import { argmax, type KernelNetwork } from "../kernels/kernels.js";
import { toFloat32 } from "./network-file.js";
import type { Prediction } from "./results.js";

/** Images that are joined for one call: a few megabytes. */
const TOGETHER = 1024;

/**
 * How a network of these layers reads one image, or each of many, with the weights of a slot.
 * @throws {TypeError | RangeError} if an image is not a typed array of as many finite pixels as the network has inputs
 */
export function predictImages(
  network: KernelNetwork,
  slot: number,
  images: Pixels | readonly Pixels[],
  layers: readonly number[],
): Prediction | Prediction[] {
  const many = Array.isArray(images) && typeof images[0] !== "number";
  const list = many ? (images as readonly Pixels[]) : [images as Pixels];
  const nameOf = (i: number) => (many ? `images[${i}]` : "image");
  const [inputs, outputs] = [layers[0], layers[layers.length - 1]];
  const checked = Array.from(list, (image, i) => {
    // One by one, so that floats, which take four times the memory of bytes, are not joined.
    const pixels = toBytes(image);
    checkPixels(nameOf(i), pixels);
    if (pixels.length === inputs) return pixels;
    throw new RangeError(`${nameOf(i)}: expected ${inputs} pixels, got ${pixels.length}`);
  });
  const predictions: Prediction[] = [];
  for (let first = 0; first < checked.length; ) {
    const part = alike(checked, first);
    const all = toFloat32(network.activations(joined(part, inputs), slot));
    for (let i = 0; i < part.length; i++) {
      const activations = all.slice(i * outputs, (i + 1) * outputs);
      predictions.push({ label: argmax(activations), activations });
    }
    first += part.length;
  }
  return many ? predictions : predictions[0];
}

/** The images from number `first` on that are of one kind, bytes or floats. */
function alike(images: readonly Pixels[], first: number): readonly Pixels[] {
  const isFloat = (image: Pixels) => image instanceof Float32Array;
  const most = images.slice(first, first + TOGETHER);
  const end = most.findIndex((image) => isFloat(image) !== isFloat(most[0]));
  return end === -1 ? most : most.slice(0, end);
}

function joined(images: readonly Pixels[], inputs: number): Pixels {
  if (images.length === 1) return images[0];
  const pixels = new (images[0] instanceof Float32Array ? Float32Array : Uint8Array)(images.length * inputs);
  for (const [i, image] of images.entries()) pixels.set(image, i * inputs);
  return pixels;
}
