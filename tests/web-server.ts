// The page as `npm run web` serves it, for tests in Chromium.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Debian's, unless the environment names another. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Serves build/web with the options of web/serve.js, at any port that is free. */
export async function serveWeb(...args: string[]): Promise<{ url: string; close(): void }> {
  const script = fileURLToPath(new URL("../web/serve.js", import.meta.url));
  const server = spawn(process.execPath, [script, "--port", "0", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(server, "exit").then(([status]) => {
    throw new Error(`web/serve.js: expected a line with its address, got the end with status ${status}`);
  });
  const [line] = await Promise.race([once(createInterface(server.stdout), "line"), exited]);
  const [url] = /http\S+/.exec(line) ?? [];
  if (url === undefined) throw new Error(`web/serve.js: expected a line with its address, got ${line}`);
  exited.catch(() => {});
  return { url, close: () => server.kill() };
}
