// What runs in a worker thread: an instance of the module on the memory of the others, and calls by message.
// Without imports of its own, so that a browser's worker can load it as it is.

export type Request =
  | {
      readonly kind: "start";
      readonly module: WebAssembly.Module;
      readonly memory: WebAssembly.Memory;
      readonly busy: Int32Array;
    }
  | {
      readonly kind: "call";
      readonly name: "trainBatches" | "evaluate";
      readonly args: readonly number[];
      /** joinTeam's arguments. */
      readonly team: readonly [place: number, count: number, patience: number];
    };

/** What the call returned, or why it or the start failed. */
export type Reply = { readonly value: number } | { readonly error: string };

/** Answers each request with one reply, in their order. */
export function serveThread(reply: (reply: Reply) => void): (request: Request) => void {
  let exports: Record<string, (...args: readonly number[]) => number>;
  let busy: Int32Array;
  const serve = async (request: Request): Promise<number> => {
    if (request.kind === "start") {
      const instance = await WebAssembly.instantiate(request.module, { env: { memory: request.memory } });
      exports = instance.exports as typeof exports;
      busy = request.busy;
      return 0;
    }
    exports.joinTeam(...request.team);
    const value = exports[request.name](...request.args);
    Atomics.sub(busy, 0, 1);
    return value;
  };
  let last: Promise<unknown> = Promise.resolve();
  return (request) => {
    last = last
      .then(() => serve(request))
      .then(
        (value) => reply({ value }),
        (error) => reply({ error: String(error) }),
      );
  };
}
