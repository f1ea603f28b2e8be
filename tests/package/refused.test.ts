// Where the module cannot run, or a host has the wrong one: a sentence that says what to do. Each is provoked in an
// engine, none pretended.

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { compileModule, instantiateModule } from "../../src/kernels/wasm/module.js";
import { MODULE } from "../helpers.js";

const LIBRARY = new URL("../../build/lib/index.js", import.meta.url).href;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** A script that prints the error of Network.create(). */
function create(threads: number): string {
  return `import { Network } from "${LIBRARY}";
    await Network.create({ layers: [4, 2], threads: ${threads} }).then(
      () => console.log("no error"), ({ name, message }) => console.log(name + ": " + message));`;
}

/** A script that trains, and prints that it did, or the error. */
function trainOn(threads: number): string {
  return `import { Dataset, Network } from "${LIBRARY}";
    const data = new Dataset({ images: new Uint8Array(64 * 16).fill(9), labels: new Uint8Array(64), classes: 2 });
    try {
      const network = await Network.create({ layers: [16, 600, 2], threads: ${threads} });
      await network.fit(data, { epochs: 1, batchSize: 64, learningRate: 0.1 });
      console.log("trained");
    } catch ({ name, message }) {
      console.log(name + ": " + message);
    }
    process.exit();`;
}

async function printed(command: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(command, args)).stdout;
}

// V8 needs SSE 4.1 for it, which it can be told not to use.
test.skipIf(process.arch !== "x64").each([1, 2])("an engine without SIMD, with %i threads", async (threads) => {
  const args = ["--no-enable-sse4-1", "--input-type=module", "-e", create(threads)];
  const line = await printed(process.execPath, ...args);
  expect(line).toContain(
    "CompileError: module: expected an engine with WebAssembly SIMD, got one that cannot run the module: ",
  );
  expect(line).toMatch(
    /^CompileError: .*: use Chrome 91, Firefox 89, .* or `kernels: createReference\(\)` \(.*SIMD.*\)\n$/,
  );
});

test.skipIf(process.platform !== "linux").each([
  [1, "dispose() of networks that are no longer needed"],
  [2, "use `threads: 1`, whose memory is not set aside in advance"],
])("memory refused, with %i threads", async (threads, remedy) => {
  // So little address space leaves Node alive, but not the 8 GB that V8 sets aside for each memory.
  const limited = `ulimit -v 4000000; exec "$0" --input-type=module -e "$1"`;
  // Node's own fetch, too, is refused a memory when it is first looked at.
  const script = `process.on("unhandledRejection", () => {}); ${create(threads)}`;
  const line = await printed("sh", "-c", limited, process.execPath, script);
  expect(line).toContain(`RangeError: module: expected memory for an instance, was refused: ${remedy} (`);
});

// V8 ends the process where a thread's addresses are refused. How many it needs before that differs by version, so all
// limits are tried from those that refuse the memory to those that allow threads.
test.skipIf(process.platform !== "linux")("whatever addresses are left, threads are refused in words", async () => {
  const limits = Array.from({ length: 16 }, (_, i) => 11_000_000 + 100_000 * i);
  const script = `process.on("unhandledRejection", () => {}); ${trainOn(2)}`;
  const said = new Set<string>();
  for (const limit of limits) {
    const limited = `ulimit -v ${limit}; exec "$0" --input-type=module -e "$1" 2>&1`;
    const line = await printed("sh", "-c", limited, process.execPath, script);
    expect(line).toMatch(/^(trained|RangeError: module: expected memory for .*|\w*Error: threads: expected .*)\n$/);
    said.add(line.slice(0, 7));
  }
  expect(said).toContain("trained");
});

test.skipIf(!existsSync(CHROMIUM)).each([
  [
    "script-src 'self'",
    /^CompileError: module: expected to be allowed to compile.*add 'wasm-unsafe-eval' to script-src/,
  ],
  ["script-src 'self' 'wasm-unsafe-eval'", /^no error$/],
])("a page with the policy %s", async (policy, expected) => {
  const bundle = await rolldown({
    input: "page",
    platform: "browser",
    plugins: [
      { name: "page", resolveId: (id) => (id === "page" ? id : null), load: (id) => (id === "page" ? page() : null) },
    ],
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  const server = createServer(({ url }, response) => {
    const [type, body] =
      url === "/page.js"
        ? ["text/javascript", output[0].code]
        : ["text/html", '<link rel="icon" href="data:,"><script type="module" src="page.js"></script>'];
    response.writeHead(200, { "content-type": type, "content-security-policy": policy }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const said = page.waitForEvent("console", (message) => message.type() === "log");
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect((await said).text()).toMatch(expected);
  } finally {
    await browser.close();
    server.close();
  }
});

function page(): string {
  return create(1).replace(LIBRARY, fileURLToPath(LIBRARY));
}

test("bytes that are no module", async () => {
  await expect(compileModule(new Uint8Array(100))).rejects.toThrow(
    /^module: expected the bytes of a WebAssembly module, got others: read those of ductus.wasm \(/,
  );
});

test("a module of another version, and one without", async () => {
  const bytes = readFileSync(MODULE);
  const name = bytes.indexOf("abiVersion");
  const renamed = Buffer.from(bytes);
  renamed.write("abiversion", name);
  await expect(instantiateModule(renamed)).rejects.toThrow(
    "module: expected ABI version 1, got one without: use the ductus.wasm of this version of the package",
  );
  // Its body: no locals, i32.const 1, end.
  const body = Buffer.from([0x04, 0x00, 0x41, 0x01, 0x0b]);
  const other = Buffer.from(bytes);
  let found = 0;
  for (let at = bytes.indexOf(body); at >= 0; at = bytes.indexOf(body, at + 1), found++) other[at + 3] = 2;
  expect(found).toBe(1);
  await expect(instantiateModule(other)).rejects.toThrow("module: expected ABI version 1, got version 2: use");
});
