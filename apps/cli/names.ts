// What classes are called wherever they are printed.

import type { Network } from "ductus";

/** The name of a class by its number: that of the training data, or the number itself. */
export function namesOf({ classNames }: Pick<Network, "classNames">): (label: number) => string {
  return (label) => classNames?.[label] ?? String(label);
}
