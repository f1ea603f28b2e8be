// What the library says of memory and threads that were refused, in words of the command line.

/** Remedies of the library, and what to do on a command line instead. */
const REMEDIES = [
  ["`threads: 1`, whose memory is not set aside in advance", "--threads 1, or allow more address space (ulimit -v)"],
  ["`threads: 1`", "--threads 1"],
  ["dispose() of networks that are no longer needed", "allow more address space (ulimit -v)"],
  ["`kernels: createReference()`", "a newer Node or processor"],
] as const;

/** The message of an error, with the remedy of this program. */
export function messageOf(error: unknown): string {
  const { message } = error as Error;
  return REMEDIES.reduce((text, [library, own]) => text.replaceAll(library, own), message);
}
