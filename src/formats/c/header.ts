// The header of a network in C: its functions, and how images have to be made. That is what goes wrong on a chip, where
// nobody sees the images.

import { opposite, type Preparation } from "../../data/preparation.js";
import { type Activation, type Cost, type LayerParameters, outputOf } from "../../kernels/kernels.js";

/** What both files are made of. */
export interface CNetwork {
  readonly name: string;
  /** What functions begin with. */
  readonly prefix: string;
  readonly sizes: readonly number[];
  readonly layers: readonly LayerParameters[];
  readonly activation: Activation;
  readonly cost: Cost;
  readonly int8: boolean;
  readonly classNames?: readonly string[];
  readonly preparation: Preparation;
}

/** The text of NAME.h. */
export function headerOf(network: CNetwork): string {
  const { name, prefix, sizes, activation, cost, int8, classNames, preparation } = network;
  const upper = prefix.toUpperCase();
  const [inputs, classes] = [sizes[0], sizes[sizes.length - 1]];
  const stack = 4 * sizes.slice(1, -1).reduce((sum, size) => sum + size, classes);
  const functions = `${sizes.length > 2 ? `${activation} neurons, ` : ""}${outputOf(cost)} outputs`;
  const weights = int8 ? "8 bits, with a scale for each neuron" : "32 bits";
  const named = classNames === undefined ? "" : `\nextern const char *const ${prefix}_class_names[${upper}_CLASSES];\n`;
  return `/* ${name}.h: a network of Ductus in C99.
 *
 * Layers [${sizes.join(", ")}], ${functions}, weights of ${weights}.
 * It needs no library and allocates nothing: functions take about ${stack + 200} bytes of stack, and may be called from
 * several threads at once. Compile ${name}.c with -std=c99 -ffp-contract=off: then the activations have the bits that
 * Ductus computes. ${upper}_selftest() checks that on the chip: call it once, at the start.
 *
${preparationLines(preparation)
  .map((line) => ` * ${line}`.trimEnd())
  .join("\n")}
 */

#ifndef ${upper}_H
#define ${upper}_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ${upper}_INPUTS ${inputs}
#define ${upper}_CLASSES ${classes}

/* How active each output is, 0 to 1, in the order of the classes, from ${upper}_INPUTS bytes. */
void ${prefix}_activations(const uint8_t *pixels, float *activations);

/* The same from ${upper}_INPUTS floats, a byte divided by 255.0f each. */
void ${prefix}_activations_of_floats(const float *inputs, float *activations);

/* The class, 0 to ${classes - 1}: the most active output, the first of equals. */
int ${prefix}_predict(const uint8_t *pixels);

/* 1 if the activations of a built-in image have the right bits, else 0: then the compiler, its options or the
 * processor round in another way. Overwrites ${upper}_INPUTS bytes at pixels. */
int ${prefix}_selftest(uint8_t *pixels);
${named}
#ifdef __cplusplus
}
#endif

#endif
`.replaceAll(`${upper}_selftest`, `${prefix}_selftest`);
}

/** How an image has to be made, in lines. */
function preparationLines({ form, rows, columns, inputs, ground, invert }: Preparation): string[] {
  const size = `${rows} x ${columns}`;
  const [dark, bright] = inputs;
  const usual = dark >= 0 && bright <= 1;
  const range = usual
    ? []
    : [`Its inputs lay between ${dark} and ${bright}: call it with floats like these, not with bytes.`];
  if (form === "mnist") {
    return [
      `An image is ${size} pixels, row by row from the top left, as in MNIST: ink bright (255), ground dark (0).`,
      "A digit on paper has to be inverted. Cut it out, scale it to fit 20 x 20 pixels with its proportions kept, in",
      `levels of grey, and place it in ${size} with its centre of mass in the middle. Without that, a network that`,
      "reads 95 of 100 images of its test set reads few of a camera's.",
      ...range,
    ];
  }
  const kept = invert ? opposite(ground) : ground;
  const grounds = {
    dark: "The ground is dark (0), the ink bright (255).",
    bright: "The ground is bright (255), the ink dark (0).",
    mixed: "The ground may be dark or bright, as it was in training.",
  };
  return [
    `An image is ${size} pixels, row by row from the top left, the whole picture as in training.`,
    grounds[kept],
    ...range,
  ];
}
