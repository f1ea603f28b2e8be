// A browser's worker thread.

import { type Request, serveThread } from "./thread.js";

const scope = globalThis as unknown as { postMessage(message: unknown): void; onmessage: unknown };
const serve = serveThread((reply) => scope.postMessage(reply));
scope.onmessage = ({ data }: MessageEvent<Request>) => serve(data);
