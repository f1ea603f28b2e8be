// The library in a page without a bundler: one import of one file, from the page's own server or from a CDN.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHROMIUM, type Installed, installPackage, run } from "./installed.js";

let installed: Installed;
beforeAll(async () => {
  installed = await installPackage();
}, 120_000);
afterAll(() => installed.remove());

type Headers = Readonly<Record<string, string>>;
const CORS = { "access-control-allow-origin": "*" };
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Serves the page at "/", and below "/ductus/" the installed package. */
async function serve(page: string, headers: Headers): Promise<{ origin: string; server: Server }> {
  const server = createServer(async ({ url = "" }, response) => {
    const file = url.startsWith("/ductus/") ? join(installed.folder, normalize(url.slice("/ductus".length))) : "";
    const body = url === "/" ? page : await readFile(file).catch(() => undefined);
    const type = url === "/" ? "text/html" : "text/javascript";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type, ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Trains, writes and reads files, and says what came out; in Node, too. */
function program(library: string): string {
  return `
    import { Dataset, Network } from "${library}/index.js";
    import { encodeJson, encodePng, toDigit } from "${library}/formats/index.js";
    const images = Uint8Array.from({ length: 400 * 16 }, (_, i) => (i % 16 % 4 === (i >> 4) % 4 ? 255 : 0));
    const labels = Uint8Array.from({ length: 400 }, (_, i) => i % 4);
    const network = await Network.create({ layers: [16, 700, 4], seed: 7 });
    const options = { epochs: 2, batchSize: 20, learningRate: 0.1 };
    for await (const _ of network.train(new Dataset({ images, labels }), options));
    const data = new Uint8Array(28 * 28).fill(255).fill(0, 300, 400);
    const picture = { width: 28, height: 28, channels: 1, depth: 8, data };
    const json = encodeJson([network.parameters(1), network.parameters(2)]);
    const lengths = [toDigit(picture), encodePng(data, 28, 28), json].map(({ length }) => length);
    console.log(await network.hash(), ...lengths);`;
}

test.skipIf(!existsSync(CHROMIUM)).each([
  ["its own server", false, {}, undefined],
  ["its own server, with threads", false, ISOLATED, /\/worker\.js$/],
  ["another origin", true, {}, undefined],
  ["another origin, with threads", true, ISOLATED, /^blob:/],
] as const)("a page imports the library from %s", async (_, foreign, headers, workerUrl) => {
  const cdn = await serve("", CORS);
  const library = `${foreign ? cdn.origin : ""}/ductus/build/lib`;
  const script = `<script type="module">${program(library)}</script>`;
  const own = await serve(`<!doctype html><link rel="icon" href="data:,">${script}`, headers);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const workers: string[] = [];
    page.on("worker", (worker) => workers.push(worker.url()));
    const printed = new Promise<string>((resolve, reject) => {
      page.on("console", (message) => message.type() === "log" && resolve(message.text()));
      page.on("pageerror", ({ message }) => reject(new Error(message)));
    });
    await page.goto(`${own.origin}/`);
    expect(await printed).toBe(await inNode());
    expect(workers.some((url) => workerUrl?.test(url))).toBe(workerUrl !== undefined);
  } finally {
    await browser.close();
    for (const { server } of [cdn, own]) server.close();
  }
});

/** The line that the same program prints in Node. */
async function inNode(): Promise<string> {
  const library = new URL("build/lib", `file://${installed.folder}/`).href;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program(library)]);
  return stdout.trim();
}
