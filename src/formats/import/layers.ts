// Layers of matrices and vectors by name: which belong together, which way round they lie, and what their order is.

import { FormatError, show } from "../../errors.js";
import type { Parameters } from "../../network/results.js";

/** An array of a file, row-major. */
export interface Named {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A layer as a file has it: a matrix, and a vector if it has biases. */
export interface FoundLayer {
  readonly weight: Named;
  readonly bias?: Named;
}

/** A layer that lies as [outputs][inputs]. */
interface Turned {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly parameters: Parameters;
}

/** More layers than anybody orders by their sizes alone. */
const MOST_ORDERED = 12;

/** As people count: fc2 before fc10. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name.localeCompare(b.name, "en", { numeric: true });
}

/**
 * The layers, first to last. They have the order of their names if their sizes agree with it, else the only one in
 * which their sizes do.
 * @param turned whether matrices may lie as [inputs][outputs] instead: the lengths of the biases tell
 * @throws {FormatError} if sizes do not agree, or agree in several ways
 */
export function orderLayers(found: readonly FoundLayer[], file: string, turned: boolean): Parameters[] {
  if (found.length === 0) throw new FormatError(file, "expected the weights of one layer or more, got none");
  const sorted = [...found].sort((a, b) => byName(a.weight, b.weight));
  const fits = (side: number) => sorted.every(({ weight, bias }) => bias?.data.length === weight.shape[side]);
  // Where all are square, both do.
  const transposed = turned && !fits(0) && fits(1);
  if (turned && fits(0) && fits(1)) {
    throw new FormatError(
      file,
      "expected layers of different sizes, which tell rows from columns, got square ones: name them in safetensors",
    );
  }
  const layers = sorted.map((layer) => turn(layer, transposed, file));
  const order = isChain(layers) ? layers : onlyChain(layers);
  if (order === undefined) {
    const sizes = layers.slice(0, 6).map(({ name, inputs, outputs }) => `${show(name)} ${inputs} to ${outputs}`);
    const more = layers.length > 6 ? ", ..." : "";
    throw new FormatError(
      file,
      "expected layers of which each has as many inputs as another has outputs, in one order, got " +
        `${sizes.join(", ")}${more}`,
    );
  }
  return order.map(({ parameters }) => parameters);
}

function turn({ weight, bias }: FoundLayer, transposed: boolean, file: string): Turned {
  const [rows, columns] = weight.shape;
  const [inputs, outputs] = transposed ? [rows, columns] : [columns, rows];
  const biases = bias?.data ?? new Float32Array(outputs);
  if (biases.length !== outputs) {
    throw new FormatError(
      file,
      `${show(bias?.name ?? "")}: expected ${outputs} biases, for ${show(weight.name)}, got ${biases.length}`,
    );
  }
  const weights = transposed ? transpose(weight.data, rows, columns) : weight.data;
  return { name: weight.name, inputs, outputs, parameters: { weights, biases } };
}

/** A row-major matrix with rows and columns swapped. */
export function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = data[i * columns + j];
  return result;
}

function isChain(layers: readonly Turned[]): boolean {
  return layers.every(({ inputs }, i) => i === 0 || inputs === layers[i - 1].outputs);
}

/** The only order in which each layer takes what the one before gives; undefined if there is none, or several. */
function onlyChain(layers: readonly Turned[]): readonly Turned[] | undefined {
  if (layers.length > MOST_ORDERED) return undefined;
  const chains: (readonly Turned[])[] = [];
  const extend = (chain: readonly Turned[], left: readonly Turned[]): void => {
    if (chains.length > 1) return;
    if (left.length === 0) chains.push(chain);
    const outputs = chain.at(-1)?.outputs;
    for (const layer of left) {
      if (outputs === undefined || layer.inputs === outputs) {
        extend(
          [...chain, layer],
          left.filter((other) => other !== layer),
        );
      }
    }
  };
  extend([], layers);
  return chains.length === 1 ? chains[0] : undefined;
}
