// The script of a worker thread, in any runtime. Its bundle is embedded in the library, too (embedded.d.ts).

import { type Request, serveThread } from "./thread.js";

interface Port {
  postMessage(message: unknown): void;
}

const { parentPort } = (globalThis.process?.getBuiltinModule?.("node:worker_threads") ??
  {}) as typeof import("node:worker_threads");
// In a worker of the web's kind, as Deno and Bun have them too, there is no parent port.
const scope = globalThis as unknown as Port & { onmessage: unknown };
const serve = serveThread((reply) => ((parentPort as Port | null | undefined) ?? scope).postMessage(reply));
if (parentPort) parentPort.on("message", serve);
else scope.onmessage = ({ data }: MessageEvent<Request>) => serve(data);
