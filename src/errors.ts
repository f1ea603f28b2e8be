// Errors that callers may want to tell apart. Wrong arguments are TypeError and RangeError.

/** The bytes of a file are not what its format requires. The message begins with the file's name. */
export class FormatError extends Error {
  override readonly name = "FormatError";

  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`);
  }
}

/** A weight or bias stopped being a finite number. */
export class DivergenceError extends Error {
  override readonly name = "DivergenceError";

  /**
   * @param epoch the epoch, from 1
   * @param batch the number of mini-batches of that epoch after which it was noticed
   */
  constructor(
    readonly epoch: number,
    readonly batch: number,
    learningRate: number,
  ) {
    super(
      `training diverged: weights are no longer finite in epoch ${epoch} by batch ${batch}; ` +
        `try a learning rate below ${learningRate}`,
    );
  }
}

/** A worker thread ended before its work was done; the kernels it belonged to cannot be used any more. */
export class ThreadError extends Error {
  override readonly name = "ThreadError";

  constructor(reason: string) {
    super(
      `a worker thread was lost: ${reason}; its networks are gone: create new kernels, with fewer threads if it happens again`,
    );
  }
}
