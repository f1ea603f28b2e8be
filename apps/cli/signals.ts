// SIGINT and SIGTERM end a training gently.

/** A training ended by a signal. */
export class Interrupted extends Error {
  constructor(readonly signal: "SIGINT" | "SIGTERM") {
    super(signal);
  }

  /** What a shell expects of a program that a signal ended. */
  get exitCode(): number {
    return this.signal === "SIGINT" ? 130 : 143;
  }
}

/**
 * The first signal aborts, which ends a training within a slice; with the listeners gone, a second one ends the program
 * at once.
 */
export function listenForSignals() {
  const controller = new AbortController();
  const stop = () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
  const onSignal = (signal: "SIGINT" | "SIGTERM") => {
    stop();
    controller.abort(new Interrupted(signal));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return { signal: controller.signal, stop };
}
