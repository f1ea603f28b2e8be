// Threads in the web's workers: their script is a file beside the library, or, without one, the embedded copy.

import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Reply, Request } from "../../src/kernels/threads/thread.js";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const LIBRARY = new URL("../../build/lib/", import.meta.url);

describe("a browser whose Worker", () => {
  const CALL: Request = { kind: "call" };
  const REPLY: Reply = { value: 7, parks: 0, ms: 0 };
  /** What browsers call a worker; `refuse` throws for some URLs, as they do. */
  class FakeWorker {
    static made: FakeWorker[] = [];
    static refuse: (url: string) => void;
    readonly posted: unknown[] = [];
    ended = false;
    onmessage: (event: { data: Reply }) => void = () => {};
    onerror: (event: { message?: string }) => void = () => {};

    constructor(readonly url: URL | string) {
      FakeWorker.refuse(String(url));
      FakeWorker.made.push(this);
    }

    postMessage(message: unknown): void {
      this.posted.push(message);
    }

    terminate(): void {
      this.ended = true;
    }
  }

  beforeEach(() => {
    FakeWorker.made = [];
    FakeWorker.refuse = () => {};
    vi.stubGlobal("Worker", FakeWorker);
    vi.resetModules();
  });
  afterEach(() => vi.unstubAllGlobals());

  async function startThread() {
    const replies: Reply[] = [];
    const ends: string[] = [];
    const platform = await import("../../src/kernels/threads/platform.js");
    const thread = platform.startThread(
      (reply) => replies.push(reply),
      (reason) => ends.push(reason),
    );
    return { thread, replies, ends };
  }

  test("takes the file gets the file", async () => {
    const { thread, replies, ends } = await startThread();
    const [worker, ...others] = FakeWorker.made;
    expect(String(worker.url)).toMatch(/\/worker\.js$/);
    thread.post(CALL);
    worker.onmessage({ data: REPLY });
    worker.onerror({ message: "trap" });
    thread.end();
    expect([worker.posted, replies, ends, worker.ended, others]).toEqual([[CALL], [REPLY], ["trap"], true, []]);
  });

  test("refuses a file of another origin at once gets the copy", async () => {
    FakeWorker.refuse = (url) => {
      if (!url.startsWith("blob:")) throw new DOMException("cannot be accessed from this origin", "SecurityError");
    };
    const { thread, replies, ends } = await startThread();
    const [worker, ...others] = FakeWorker.made;
    expect(String(worker.url)).toMatch(/^blob:/);
    thread.post(CALL);
    worker.onmessage({ data: REPLY });
    thread.end();
    expect([worker.posted, replies, ends, worker.ended, others]).toEqual([[CALL], [REPLY], [], true, []]);
  });

  test("finds no file gets the copy, and what was sent to the file", async () => {
    const { thread, replies, ends } = await startThread();
    thread.post(CALL);
    FakeWorker.made[0].onerror({});
    const [file, copy, ...others] = FakeWorker.made;
    expect([String(file.url), String(copy.url)]).toEqual([
      expect.stringMatching(/\/worker\.js$/),
      expect.stringMatching(/^blob:/),
    ]);
    copy.onmessage({ data: REPLY });
    thread.end();
    expect([copy.posted, replies, ends, copy.ended, others]).toEqual([[CALL], [REPLY], [], true, []]);
  });

  test("takes neither says so", async () => {
    const { ends } = await startThread();
    FakeWorker.made[0].onerror({});
    expect(ends).toEqual([]);
    FakeWorker.made[1].onerror({});
    expect(ends).toEqual([expect.stringContaining("neither as a file nor from a blob")]);
  });
});

/** Text, since vitest would rewrite the import of a function: trains on threads and with the reference. */
const TRAIN = (library: string) => `(async () => {
  const { Dataset, Network, createReference } = await import("${library}");
  const images = Uint8Array.from({ length: 60 * 16 }, (_, i) => (i * 37) % 251);
  const data = new Dataset({ images, labels: Uint8Array.from({ length: 60 }, (_, i) => i % 4) });
  const network = await Network.create({ layers: [16, 9, 4], threads: 2 });
  const reference = await Network.create({ layers: [16, 9, 4], kernels: createReference() });
  const hashes = [];
  for (const trained of [network, reference]) {
    for await (const _ of trained.train(data, { epochs: 2, batchSize: 10, learningRate: 1 }));
    hashes.push(await trained.hash());
  }
  return [network.threadsFor(10), hashes];
})()`;

test.skipIf(!existsSync(CHROMIUM))("Chromium trains on threads with the library of another origin", async () => {
  const isolated = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  };
  const shared = { "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" };
  const asked: string[] = [];
  const cdn = createServer(({ url = "" }, response) => {
    asked.push(url);
    response.writeHead(200, { "content-type": "text/javascript", ...shared });
    response.end(readFileSync(new URL(`.${url}`, LIBRARY)));
  });
  const library = `${await listen(cdn)}/index.js`;
  const page = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html", ...isolated });
    response.end('<link rel="icon" href="data:,">');
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const tab = await browser.newPage();
    const workers: string[] = [];
    tab.on("worker", (worker) => workers.push(worker.url()));
    await tab.goto(await listen(page));
    const [threads, hashes] = (await tab.evaluate(TRAIN(library))) as [number, string[]];
    expect(threads).toBe(2);
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[0]).toBe(hashes[1]);
    expect(workers).toEqual([expect.stringMatching(/^blob:/), expect.stringMatching(/^blob:/)]);
    expect(asked).toContain("/index.js");
  } finally {
    await browser.close();
    for (const server of [cdn, page]) server.close();
  }
});

/** Where a server is now. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
