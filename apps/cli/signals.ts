// SIGINT, SIGTERM and SIGHUP, of a terminal that is closed, end a training gently.

/** The signals and what a shell expects of a program that one of them ended. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
type Signal = keyof typeof EXIT_CODES;

/** A training ended by a signal. */
export class Interrupted extends Error {
  constructor(readonly signal: Signal) {
    super(signal);
  }

  get exitCode(): number {
    return EXIT_CODES[this.signal];
  }
}

/**
 * The first signal aborts, which ends a training within a slice; with the listeners gone, a second one ends the program
 * at once.
 */
export function listenForSignals() {
  const controller = new AbortController();
  const stop = () => {
    for (const signal of Object.keys(EXIT_CODES)) process.off(signal, onSignal);
  };
  const onSignal = (signal: Signal) => {
    stop();
    controller.abort(new Interrupted(signal));
  };
  for (const signal of Object.keys(EXIT_CODES)) process.on(signal, onSignal);
  return { signal: controller.signal, stop };
}
