// Networks in NumPy archives: those of encodeNpz(), and matrices and vectors of any names, as np.savez() writes them of
// weights and biases, in turns or one kind after the other: W1, b1, ...; arr_0, arr_1, ...; coefs and intercepts.

import { FormatError, show } from "../../errors.js";
import { ACTIVATIONS } from "../../kernels/kernels.js";
import { decodeNpz } from "../npz.js";
import type { FoundNetwork } from "./found.js";
import { byName, type FoundLayer, type Named, orderLayers } from "./layers.js";

/**
 * The layers of a NumPy archive.
 * @throws {FormatError} if it has other arrays than those of a network
 */
export function readNpzModel(bytes: Uint8Array, file: string): FoundNetwork {
  const arrays = decodeNpz(bytes, file);
  const textOf = (name: string) => {
    const { data } = arrays.get(name) ?? {};
    return typeof data === "string" ? data : undefined;
  };
  const named = [...arrays].flatMap(([name, { shape, data }]): Named[] =>
    typeof data === "string" ? [] : [{ name, shape, data }],
  );
  const own = textOf("format") === "ductus-npz";
  const layers = orderLayers(pairsOf(named, file), file, !own);
  if (!own) return { layers };
  const [activation, output] = [ACTIVATIONS.find((known) => known === textOf("activation")), textOf("output")];
  if (activation === undefined || (output !== "sigmoid" && output !== "softmax")) {
    const got = `${show(textOf("activation") ?? "nothing")} and ${show(output ?? "nothing")}`;
    throw new FormatError(file, `expected an activation and an output that a network can have, got ${got}`);
  }
  return { layers, activation, output };
}

/** Matrices with the vectors that go with them, in the order of their names. Vectors may be columns. */
function pairsOf(arrays: readonly Named[], file: string): FoundLayer[] {
  const sorted = [...arrays].sort(byName);
  const flat = (array: Named): Named => ({ ...array, shape: [array.data.length] });
  const split = (isMatrix: (shape: readonly number[]) => boolean) => ({
    matrices: sorted.filter(({ shape }) => isMatrix(shape)),
    vectors: sorted.filter(({ shape }) => !isMatrix(shape) && shape.length > 0).map(flat),
  });
  const wrong = sorted.find(({ shape, data }) => shape.length > 2 || shape.length === 0 || data.length === 0);
  if (wrong !== undefined) {
    const got = `${show(wrong.name)} of shape [${wrong.shape.slice(0, 4).join(", ")}]`;
    throw new FormatError(file, `expected matrices of weights and vectors of biases alone, got ${got}`);
  }
  // A column is a vector of biases, unless there are vectors enough without it.
  const byShape = split((shape) => shape.length === 2);
  const { matrices, vectors } =
    byShape.matrices.length === byShape.vectors.length
      ? byShape
      : split((shape) => shape.length === 2 && !shape.includes(1));
  if (matrices.length !== vectors.length) {
    throw new FormatError(
      file,
      `expected as many vectors of biases as matrices of weights, got ${vectors.length} and ${matrices.length}`,
    );
  }
  return matrices.map((weight, i) => ({ weight, bias: vectors[i] }));
}
