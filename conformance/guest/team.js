// Threads for host.js: workers that each have an instance of the module on one memory, and call the same function at
// the same time.

/** @typedef {{ threads: number, call: (name: string, ...args: number[]) => Promise<number>, end: () => void }} Team */

/** Looks before a thread sleeps: each has a core, as far as there are any. */
const PATIENCE = 100_000;

/**
 * @param {WebAssembly.Module} module ductus-threads.wasm
 * @param {WebAssembly.Memory} memory
 * @param {any} exports of the caller's instance
 * @param {number} threads
 * @returns {Promise<Team>}
 */
export async function createTeam(module, memory, exports, threads) {
  const workers = Array.from({ length: threads }, startWorker);
  const all = (message) => Promise.all(workers.map((worker, place) => worker.ask({ ...message, place })));
  await all({ module, memory });
  return {
    threads,
    async call(name, ...args) {
      exports.formTeam();
      const results = await all({ name, args, threads, patience: PATIENCE });
      return results.reduce((sum, result) => sum + result, 0);
    },
    end: () => workers.forEach((worker) => void worker.end()),
  };
}

/** A worker of this runtime, which answers one question after the other. */
function startWorker() {
  const url = new URL("./thread.js", import.meta.url);
  const web = "Worker" in globalThis;
  const Thread = web ? Worker : process.getBuiltinModule("node:worker_threads").Worker;
  const worker = new Thread(url, { type: "module" });
  let answer;
  let fail;
  const onMessage = ({ error, value }) => (error === undefined ? answer(value) : fail(new Error(error)));
  if (web) {
    worker.onmessage = ({ data }) => onMessage(data);
    worker.onerror = ({ message }) => fail(new Error(message));
  } else {
    worker.on("message", onMessage);
    worker.on("error", (error) => fail(error));
  }
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        answer = resolve;
        fail = reject;
        worker.postMessage(question);
      }),
    end: () => worker.terminate(),
  };
}
