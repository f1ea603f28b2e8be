// What runs in a worker thread: an instance of the module on the memory that all threads share. It makes the calls that
// the mailbox names. Bundled with worker.ts into one script, which any runtime's worker can load as it is.

import type { WasmMemory, WasmModule } from "../../globals.js";
import { Mailbox } from "./mailbox.js";

/** What a worker is told: its index, module and memory, or that there is a call in the mailbox. */
export type Request =
  | {
      /** The worker is to start: the first message it gets. */
      readonly kind: "start";
      /** Its number among the worker threads, 0 to 63: calls on fewer threads leave it out. */
      readonly threadIndex: number;
      /** The compiled module, which it instantiates. */
      readonly module: WasmModule;
      /** The memory that all threads share. */
      readonly memory: WasmMemory;
      /** Where calls are written down: 192 bytes. */
      readonly mailbox: SharedArrayBuffer;
    }
  | {
      /** There is a call in the mailbox. */
      readonly kind: "call";
    };

/**
 * What a start (0) or a call returned, how often its thread parked meanwhile, and how many milliseconds it took; or why
 * it failed.
 */
export type Reply =
  | {
      /** What the function of the module returned; 0 for a start. */
      readonly value: number;
      /** How often the thread parked during the call; 0 for a start. */
      readonly parks: number;
      /** Milliseconds that the call took; 0 for a start. */
      readonly ms: number;
    }
  | {
      /** The error as text. */
      readonly error: string;
    };

/**
 * How long a thread that is done looks for the next call before it returns to its event loop. Waking it from there
 * takes 0.1 ms, and may put it on the core of another thread, where a scheduler can leave it for many milliseconds.
 */
const LOOKING_MS = 2;

/** Answers the start, and each call that this thread takes part in, with one reply. */
export function serveThread(reply: (reply: Reply) => void): (request: Request) => void {
  let exports: Record<string, (...args: readonly number[]) => number>;
  let memory: WebAssembly.Memory;
  let mailbox: Mailbox;
  let threadIndex: number;
  let last = 0;

  const start = async (request: Extract<Request, { kind: "start" }>): Promise<void> => {
    const instance = await WebAssembly.instantiate(request.module, { env: { memory: request.memory } });
    exports = instance.exports as typeof exports;
    memory = request.memory;
    mailbox = new Mailbox(request.mailbox);
    threadIndex = request.threadIndex;
    reply({ value: 0, parks: 0, ms: 0 });
  };
  /** Makes the calls that are new. One may be seen in the mailbox before its message comes. */
  const work = (): void => {
    // After some calls it returns to the event loop, where messages have piled up.
    for (let i = 0; i < 100 && mailbox.latest !== last; i++) {
      last = mailbox.latest;
      const threadCount = last & 127;
      if (threadIndex >= threadCount) return;
      const { spins } = mailbox;
      // A thread may learn late that another one has grown the memory, and copies and fills within the size that it
      // knows. If it was still starting then, V8 never tells it. To grow by 0 pages is to ask for the size.
      memory.grow(0);
      exports.joinTeam(threadIndex, threadCount, spins);
      const called = performance.now();
      const value = exports[mailbox.name](...mailbox.args);
      const ms = performance.now() - called;
      const parks = exports.slept();
      mailbox.leave();
      reply({ value, parks, ms });
      if (spins > 0) awaitNextCall();
    }
  };
  const awaitNextCall = (): void => {
    const end = performance.now() + LOOKING_MS;
    while (performance.now() < end) {
      for (let i = 0; i < 100; i++) if (mailbox.latest !== last) return;
    }
  };

  let done: Promise<void> = Promise.resolve();
  return (request) => {
    done = done
      .then(() => (request.kind === "start" ? start(request) : work()))
      .catch((error) => reply({ error: String(error) }));
  };
}
