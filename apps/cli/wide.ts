// Vectors of 256 bits for commands that train, unless told otherwise.

import { enableWideVectors } from "ductus/node";
import type { Option, Values } from "ductus/recipe";

export const NO_WIDE: Option = {
  help: "use vectors of 128 bits where Node could use 256 (the same bits, slower)",
};

/** Turns them on before a module is compiled. Returns whether they are. */
export function useWide(values: Values): boolean {
  return !values.flag("no-wide") && enableWideVectors();
}
