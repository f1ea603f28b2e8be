// What the library says of memory and threads that were refused, in words of the command line.

import { reasonOf } from "./reasons.js";

/** Remedies of the library, and what to do on a command line instead. */
const REMEDIES = [
  ["`threads: 1`, whose memory is not set aside in advance", "--threads 1, or allow more address space (ulimit -v)"],
  ["`threads: 1`", "--threads 1"],
  ["dispose() of networks that are no longer needed", "allow more address space (ulimit -v)"],
  ["`kernels: createReference()`", "a newer Node or processor"],
] as const;

/** The message of an error, with the remedy of this program. */
export function messageOf(error: unknown): string {
  const { message, code, syscall, path } = error as NodeJS.ErrnoException;
  // What a system call says that no command expected to fail.
  if (code !== undefined && syscall !== undefined) {
    return `${path ?? syscall}: expected what the program needs, got ${reasonOf(error)}`;
  }
  return REMEDIES.reduce((text, [library, own]) => text.replaceAll(library, own), message);
}
