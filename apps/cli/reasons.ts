// What the system says of a file, in words.

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "a file where a folder should be",
  EISDIR: "a folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "a read-only file system",
  ENOSPC: "a full disk",
  EDQUOT: "a disk quota that is used up",
  ENAMETOOLONG: "a name that is too long",
  ELOOP: "links in a circle",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  EIO: "a disk that fails",
  EPIPE: "a pipe that nobody reads",
};

/** Why a file could not be read or written, as in "expected a file, got no permission". */
export function reasonOf(error: unknown): string {
  // A read without a code of the system could not get its memory.
  const { code = "one that does not fit into memory" } = error as NodeJS.ErrnoException;
  return inWords(code);
}

/** The code of an error of the system, such as ENOENT, in words. */
export function inWords(code: string): string {
  return WORDS[code] ?? code;
}
