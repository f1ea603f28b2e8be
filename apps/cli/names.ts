// What classes are called wherever they are printed.

/** The name of a class by its number: that of the training data, or the number itself. */
export function namesOf({
  classNames,
}: {
  readonly classNames: readonly string[] | undefined;
}): (label: number) => string {
  return (label) => classNames?.[label] ?? String(label);
}
