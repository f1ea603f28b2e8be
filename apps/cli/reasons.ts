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
  EMFILE: "too many open files (ulimit -n)",
  ENFILE: "too many open files",
  EIO: "a disk that fails",
  EPIPE: "a pipe that nobody reads",
  EFBIG: "a limit on the size of files",
  ERR_FS_FILE_TOO_LARGE: "a file of 2 GiB or more",
  EEXIST: "a file of this name",
  ENOTEMPTY: "a folder that is not empty",
  EBUSY: "a file that is in use",
  ETXTBSY: "a program that is running",
  EINVAL: "a name that the file system does not take",
  EILSEQ: "a name that the file system does not take",
  EXDEV: "two file systems",
  EMLINK: "a file with too many names",
  ENXIO: "a device that is not there",
  ENODEV: "a device that is not there",
  EBADF: "one that is closed",
  ENOMEM: "too little memory",
  ENOTSUP: "a file system that cannot do it",
  EOPNOTSUPP: "a file system that cannot do it",
  ENOSYS: "a file system that cannot do it",
  ESTALE: "a network file system that lost it",
  ETIMEDOUT: "a network file system that does not answer",
  EHOSTDOWN: "a network file system that does not answer",
  ENOTCONN: "a network file system that does not answer",
  ECONNRESET: "a connection that was closed",
  EAGAIN: "one that is busy",
  EUCLEAN: "a damaged file system",
};

/** Why a file could not be read or written, as in "expected a file, got no permission". */
export function reasonOf(error: unknown): string {
  // A read without a code of the system could not get its memory.
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? "one that does not fit into memory" : inWords(code);
}

/** The code of an error of the system, such as ENOENT, in words. */
export function inWords(code: string): string {
  return WORDS[code] ?? `the system's error ${code}`;
}
