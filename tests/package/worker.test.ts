// The example of a worker, in Node: its bodies are limited, however they come. (`npm run conformance` runs it in
// workerd.)

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { beforeAll, expect, test } from "vitest";
import { Network } from "../../src/network/network.js";
import { MODULE } from "../helpers.js";

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const given = globalThis as { workerModule?: WebAssembly.Module; workerModel?: Uint8Array };

let worker: { fetch(request: Request): Promise<Response> };

beforeAll(async () => {
  const network = await Network.create({ layers: [784, 10], threads: 1 });
  given.workerModel = network.save();
  given.workerModule = await WebAssembly.compile(readFileSync(MODULE));
  const virtual = new Map([
    ["ductus/ductus.wasm", "export default globalThis.workerModule;"],
    ["./model.safetensors", "export default globalThis.workerModel;"],
  ]);
  const bundle = await rolldown({
    input: path("../../examples/worker/worker.js"),
    platform: "browser",
    plugins: [
      {
        name: "modules",
        resolveId: (id) => (id === "ductus" ? path("../../build/lib/index.js") : virtual.has(id) ? `\0${id}` : null),
        load: (id) => virtual.get(id.slice(1)) ?? null,
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  worker = (await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`)).default;
});

/** A POST whose body comes in parts of so many bytes, for ever if need be; says how much of it was read. */
function post(part: number, parts: number) {
  let sent = 0;
  const body = new ReadableStream({
    pull: (controller) => {
      if (sent === parts) return controller.close();
      sent++;
      controller.enqueue(new Uint8Array(part));
    },
  });
  const answer = worker.fetch(new Request("http://worker/", { method: "POST", body, duplex: "half" } as RequestInit));
  return { answer, sent: () => sent };
}

test.each([
  [784, 1],
  [784, 1000],
  [98, 80],
  [784_000, 1],
])("parts of %i bytes, %i of them, are images", async (part, parts) => {
  const answer = await post(part, parts).answer;
  expect(answer.status).toBe(200);
  expect(await answer.json()).toHaveLength((part * parts) / 784);
});

test.each([
  [0, 0],
  [1, 1],
  [783, 1],
  [783, 2],
])("parts of %i bytes, %i of them, are none", async (part, parts) => {
  const answer = await post(part, parts).answer;
  expect([answer.status, await answer.text()]).toEqual([
    400,
    `expected images of 784 bytes each, got ${part * parts} bytes\n`,
  ]);
});

test.each([
  [784_001, 1],
  [784, 1001],
  [100_000, Number.POSITIVE_INFINITY],
])("parts of %i bytes, %d of them, are refused once they are too many", async (part, parts) => {
  const { answer, sent } = post(part, parts);
  const { status } = await answer;
  expect([status, await (await answer).text()]).toEqual([413, "expected at most 1000 images, got more\n"]);
  expect(sent() * part).toBeLessThan(784_000 + 3 * part);
});

test("only POST is answered", async () => {
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]) {
    const { status, headers } = await worker.fetch(new Request("http://worker/", { method }));
    expect([status, headers.get("allow")]).toEqual([405, "POST"]);
  }
});
