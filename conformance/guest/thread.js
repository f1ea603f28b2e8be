// A thread of team.js: first gets the module and the memory, then calls.

const web = typeof globalThis.postMessage === "function";
const port = web ? globalThis : globalThis.process.getBuiltinModule("node:worker_threads").parentPort;
let instance;
let shared;

async function answer({ module, memory, name, args, place, threads, patience }) {
  if (module !== undefined) {
    shared = memory;
    instance = await WebAssembly.instantiate(module, { env: { memory } });
    return 0;
  }
  // Asks for the size: in V8, another thread's growth may come late.
  shared.grow(0);
  instance.exports.joinTeam(place, threads, patience);
  return instance.exports[name](...args);
}

function receive(question) {
  answer(question).then(
    (value) => port.postMessage({ value }),
    (error) => port.postMessage({ error: String(error) }),
  );
}

if (web) port.onmessage = ({ data }) => receive(data);
else port.on("message", receive);
