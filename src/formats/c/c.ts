// A network as C99: one header and one source file, without libraries and without allocation, for microcontrollers and
// whatever else has a C compiler. It computes the module's activations bit for bit.

import { checkArgument, checkText } from "../../arguments.js";
import { checkPreparation, type Preparation, usualPreparation } from "../../data/preparation.js";
import { checkObject, show } from "../../errors.js";
import { type Activation, type Cost, type LayerParameters, outputOf } from "../../kernels/kernels.js";
import { ReferenceNetwork } from "../../kernels/reference/reference.js";
import { checkKnown } from "../../options/known.js";
import { layerSizes } from "../json.js";
import { checkFunctions, functionsOf, type NetworkWeights, parametersOf } from "../weights.js";
import { functionName, functionsIn, GUARDS, sumsOf } from "./arithmetic.js";
import { type CNetwork, headerOf } from "./header.js";
import { constants, cString, hexFloat } from "./numbers.js";
import { quantize, quantizeLayer } from "./quantize.js";

/** How encodeC() writes a network. */
export interface COptions {
  /**
   * The files' name without its ending: 1 to 40 letters, digits, _, - and ., the first a letter. The functions begin
   * with it, with _ for - and . in it. Default "digits".
   */
  readonly name?: string;
  /** Of the hidden layers. Default: the network's, of layers alone "sigmoid". */
  readonly activation?: Activation;
  /** Decides the activation of the outputs. Default: the network's, of layers alone "quadratic". */
  readonly cost?: Cost;
  /** Whether weights take 8 bits, as quantize() rounds them, instead of 32. Default false. */
  readonly int8?: boolean;
  /** What the classes are called, one for each output. Default: no names. */
  readonly classNames?: readonly string[];
  /** How images are made that the network reads, for the header's text. Default: the network's. */
  readonly preparation?: Preparation;
}

const OPTIONS = {
  name: true,
  activation: true,
  cost: true,
  int8: true,
  classNames: true,
  preparation: true,
} as const satisfies Record<keyof COptions, true>;

/** The two files of a network in C. */
export interface CFiles {
  /** The text of NAME.h: how the functions are called, and how images have to be made. */
  readonly header: string;
  /** The text of NAME.c, which includes NAME.h. */
  readonly source: string;
}

/** C99 tells apart at least so many characters of a name, less those that functions add. */
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/;

/**
 * A network as a header and a source file in C99, which need no library and no allocation. Compiled with
 * -ffp-contract=off they give the activations of the module bit for bit; with `int8` those of a network with the
 * weights of quantize().
 * @example
 * ```ts
 * const { header, source } = encodeC(network, { name: "digits" });
 * await writeFile("digits.h", header);
 * await writeFile("digits.c", source);
 * ```
 * @param network a Network, or the layers of one, first to last: weights [outputs][inputs] and biases [outputs] of each
 * @throws {TypeError | RangeError} for an option that cannot be used, or if there is no layer, they do not fit each
 *   other, or a weight or bias is not finite
 */
export function encodeC(network: NetworkWeights | readonly LayerParameters[], options: COptions = {}): CFiles {
  const layers = parametersOf(network);
  checkObject("options", options);
  checkKnown("encodeC", options, OPTIONS);
  const own: Partial<NetworkWeights> = "parameters" in network ? network : {};
  const sizes = layerSizes(layers);
  const { name = "digits", int8 = false, classNames = own.classNames } = options;
  const { activation = functionsOf(network).activation, cost = functionsOf(network).cost } = options;
  checkFunctions(activation, cost);
  checkText("name", name);
  checkArgument("int8", "true or false", int8, typeof int8 === "boolean");
  if (!NAME.test(name)) {
    throw new RangeError(`name: expected 1 to 40 letters, digits, _, - and ., the first a letter, got ${show(name)}`);
  }
  if (classNames !== undefined) checkClassNames(classNames, sizes[sizes.length - 1]);
  const { preparation: given = own.preparation ?? usualPreparation(sizes[0]) } = options;
  const preparation = checkPreparation(given);
  if (preparation.rows * preparation.columns !== sizes[0]) {
    const { rows, columns } = preparation;
    throw new RangeError(`preparation: expected that of images of ${sizes[0]} pixels, got ${rows} x ${columns}`);
  }
  const prefix = name.replaceAll(/[-.]/g, "_");
  const whole: CNetwork = { name, prefix, sizes, layers, activation, cost, int8, classNames, preparation };
  return { header: headerOf(whole), source: sourceOf(whole) };
}

function checkClassNames(names: readonly string[], classes: number): void {
  const areTexts = Array.isArray(names) && names.every((name) => typeof name === "string");
  checkArgument("classNames", "an array of strings", names, areTexts);
  if (names.length !== classes) throw new RangeError(`classNames: expected ${classes}, got ${names.length}`);
}

function sourceOf(network: CNetwork): string {
  const { name, prefix, sizes, layers, int8, classNames } = network;
  const used = new Set(layers.map((_, i) => nonlinearityOf(network, i)));
  const upper = prefix.toUpperCase();
  const [inputs, classes] = [sizes[0], sizes[sizes.length - 1]];
  const named =
    classNames === undefined
      ? ""
      : `\nconst char *const ${prefix}_class_names[${upper}_CLASSES] = {\n${constants(classNames.map(cString))}\n};\n`;
  return `/* ${name}.c: a network of Ductus in C99. ${name}.h says how it is used. */

#include "${name}.h"
${GUARDS}
#if ${upper}_INPUTS != ${inputs} || ${upper}_CLASSES != ${classes}
#error "expected the ${name}.h that was written with this file"
#endif

${layers.map((layer, i) => tablesOf(layer, sizes[i], i + 1, int8)).join("\n")}
${functionsIn(used)}
${sumsOf(int8)}
${forwardOf(network)}
${publicOf(network)}${named}`;
}

function nonlinearityOf({ layers, activation, cost }: CNetwork, i: number) {
  return i + 1 === layers.length ? outputOf(cost) : activation;
}

/** Weights [inputs][outputs], so that one input's are beside each other, and biases. */
function tablesOf({ weights, biases }: LayerParameters, inputs: number, l: number, int8: boolean): string {
  const outputs = biases.length;
  const table = (type: string, name: string, items: readonly string[]) =>
    `static const ${type} ${name}${l}[${items.length}] = {\n${constants(items)}\n};\n`;
  const turned = <T>(at: (i: number) => T) =>
    Array.from({ length: inputs * outputs }, (_, i) => at((i % outputs) * inputs + Math.floor(i / outputs)));
  const offsets = table("float", "biases", Array.from(biases, hexFloat));
  if (!int8)
    return (
      table(
        "float",
        "weights",
        turned((i) => hexFloat(weights[i])),
      ) + offsets
    );
  // They are checked to be finite as f32 before.
  for (const w of weights) hexFloat(w);
  const quantized = quantizeLayer({ weights, biases });
  const rows = table(
    "int8_t",
    "weights",
    turned((i) => String(quantized.weights[i])),
  );
  return rows + table("float", "scales", Array.from(quantized.scales, hexFloat)) + offsets;
}

function forwardOf(network: CNetwork): string {
  const { sizes, layers, int8 } = network;
  const last = layers.length;
  const lines = layers.flatMap((_, i) => {
    const l = i + 1;
    const from = i === 0 ? "bytes, floats" : `0, a${i}`;
    const to = l === last ? "activations" : `a${l}`;
    const tables = `weights${l}, ${int8 ? `scales${l}, ` : ""}biases${l}`;
    const f = functionName(nonlinearityOf(network, i));
    return [`sums(${from}, ${sizes[i]}u, ${sizes[l]}u, ${tables}, ${to});`, `${f}(${to}, ${sizes[l]}u);`];
  });
  const hidden = sizes.slice(1, -1).map((size, i) => `float a${i + 1}[${size}];`);
  return `static void forward(const uint8_t *bytes, const float *floats, float *activations)
{
${[...hidden, ...lines].map((line) => `    ${line}`).join("\n")}
}
`;
}

function publicOf(network: CNetwork): string {
  const { prefix } = network;
  const upper = prefix.toUpperCase();
  return `void ${prefix}_activations(const uint8_t *pixels, float *activations)
{
    forward(pixels, 0, activations);
}

void ${prefix}_activations_of_floats(const float *inputs, float *activations)
{
    forward(0, inputs, activations);
}

int ${prefix}_predict(const uint8_t *pixels)
{
    float activations[${upper}_CLASSES];
    int j, best = 0;
    forward(pixels, 0, activations);
    for (j = 1; j < ${upper}_CLASSES; j++) {
        if (activations[j] > activations[best]) best = j;
    }
    return best;
}

int ${prefix}_selftest(uint8_t *pixels)
{
    static const uint32_t expected[${upper}_CLASSES] = {
${constants(expectedOf(network)).replace(/^/gm, "    ")}
    };
    union {
        float real;
        uint32_t bits;
    } a[${upper}_CLASSES];
    float activations[${upper}_CLASSES];
    uint32_t state = 1u, k;
    int j;
    for (k = 0; k < ${upper}_INPUTS; k++) {
        state = state * 1664525u + 1013904223u;
        pixels[k] = (uint8_t)(state < 0xc0000000u ? 0u : (state >> 16) & 0xffu);
    }
    forward(pixels, 0, activations);
    for (j = 0; j < ${upper}_CLASSES; j++) {
        a[j].real = activations[j];
        if (a[j].bits != expected[j]) return 0;
    }
    return 1;
}
`;
}

/** The bits of the activations that selftest() has to find, for pixels of which a quarter are not 0. */
function expectedOf({ sizes, layers, activation, cost, int8 }: CNetwork): string[] {
  const reference = new ReferenceNetwork(sizes, activation, cost, "f32");
  for (const [i, layer] of (int8 ? quantize(layers) : layers).entries()) reference.writeLayer(i + 1, layer);
  let state = 1;
  const pixels = Uint8Array.from({ length: sizes[0] }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state < 0xc0000000 ? 0 : (state >>> 16) & 0xff;
  });
  const activations = Float32Array.from(reference.activations(pixels));
  if (!activations.every(Number.isFinite)) {
    throw new RangeError("weights and biases: expected numbers with finite sums, got some that are too large");
  }
  return Array.from(new Uint32Array(activations.buffer), (bits) => `0x${bits.toString(16).padStart(8, "0")}u`);
}
