// The server of npm run web: no request ends it, and none gets what is not a file of its folder.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveFiles } from "../../apps/web/files.js";
import { HEADERS } from "../../apps/web/headers.js";
import { serveWeb, type WebServer } from "./web-server.js";

const SECRET = "secret";
const CODE = "// code\n".repeat(1000);
const DATA = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256));

let scratch: string;
let server: Server;
let port: number;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "ductus-server-"));
  const folder = join(scratch, "site");
  for (const name of ["site", "site/deep", "site/.git", "site/empty", "sites", "outside"])
    mkdirSync(join(scratch, name));
  for (const name of ["outside/secret.txt", "sites/secret.txt", "site/.env", "site/.git/config", "site/deep/.env"]) {
    writeFileSync(join(scratch, name), SECRET);
  }
  writeFileSync(join(folder, "index.html"), "<!doctype html>front");
  writeFileSync(join(folder, "deep/index.html"), "<!doctype html>deep");
  writeFileSync(join(folder, "code.js"), CODE);
  writeFileSync(join(folder, "a name ü%.txt"), "named");
  writeFileSync(join(folder, "data.bin"), DATA);
  writeFileSync(join(folder, "big.bin"), Buffer.alloc(20_000_000));
  writeFileSync(join(folder, "nothing.txt"), "");
  symlinkSync("../outside/secret.txt", join(folder, "link.txt"));
  symlinkSync(join(scratch, "outside"), join(folder, "out"));
  symlinkSync("link.txt", join(folder, "twice.txt"));
  symlinkSync(".env", join(folder, "visible.txt"));
  symlinkSync("loop", join(folder, "loop"));
  symlinkSync("code.js", join(folder, "inner.js"));
  server = createServer(serveFiles(folder, HEADERS));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(scratch, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** Asks with node:http, which sends paths and headers as they are given. */
function ask(path: string, headers: Record<string, string> = {}, method = "GET", to = port): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: to, host: "127.0.0.1", path, method, headers }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
    });
    sent.on("error", reject).end();
  });
}

/** Sends bytes that need not be HTTP, and hears what comes back. */
function sendRaw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(Buffer.from(bytes, "latin1")));
    socket.on("data", (chunk) => {
      said += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(said));
  });
}

const isAlive = async () => expect((await ask("/")).body.toString()).toBe("<!doctype html>front");

function expectHeaders({ headers }: Answer): void {
  for (const [name, value] of HEADERS) expect(headers[name.toLowerCase()], name).toBe(value);
}

describe("ranges", () => {
  const size = DATA.length;

  test.each([
    ["bytes=0-9", 0, 9],
    ["bytes=4990-", 4990, size - 1],
    ["bytes=-10", size - 10, size - 1],
    ["bytes=0-99999999999999999999999", 0, size - 1],
    ["bytes=7-7", 7, 7],
  ])("%s", async (range, start, end) => {
    const answer = await ask("/data.bin", { range });
    expect(answer.status).toBe(206);
    expect(answer.headers["content-range"]).toBe(`bytes ${start}-${end}/${size}`);
    expect(answer.body).toEqual(DATA.subarray(start, end + 1));
    expectHeaders(answer);
  });

  test.each([
    "bytes=-",
    "bytes=5-2",
    "bytes=5000-",
    "bytes=99999999999999999999-",
    "bytes=1e9-2e9",
    "bytes=--5",
    "bytes=-0",
    "bytes=-99999999",
    "bytes=",
    "bytes",
    "=",
    "-",
    "lines=0-9",
    "bytes=a-b",
    "bytes=NaN-Infinity",
    "bytes=0x10-0x20",
    "bytes= 5 - 2",
    "bytes=0-1,2-3",
    "bytes=3-1,5-4",
    `bytes=${Array.from({ length: 1000 }, (_, i) => `${2 * i}-${2 * i}`).join(",")}`,
    `bytes=${"9".repeat(8000)}-`,
    `bytes=0-${"9".repeat(8000)}`,
    "bytes=18446744073709551615-18446744073709551616",
  ])("%s: the whole file, a part of it that is named, or 416", async (range) => {
    for (const path of ["/data.bin", "/nothing.txt", "/code.js"]) {
      for (const method of ["GET", "HEAD"]) {
        const answer = await ask(path, { range, "accept-encoding": "gzip" }, method);
        expect([200, 206, 416]).toContain(answer.status);
        expectHeaders(answer);
        if (path !== "/data.bin" || method !== "GET" || answer.status === 416) continue;
        const [, start, end] = /^bytes (\d+)-(\d+)\/5000$/.exec(`${answer.headers["content-range"]}`) ?? [
          0,
          0,
          size - 1,
        ];
        expect(answer.body).toEqual(DATA.subarray(Number(start), Number(end) + 1));
      }
    }
    await isAlive();
  });

  test("any other text", async () => {
    const piece = fc.oneof(fc.constantFrom("bytes=", "-", ",", " ", "0", "9", "e", ".", "=", "bytes"), fc.integer());
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        expect([200, 206, 416]).toContain((await ask("/data.bin", { range: pieces.join("").trim() })).status);
      }),
      { numRuns: 300 },
    );
    await isAlive();
  });

  test("a range is of the file itself, not of its compressed form", async () => {
    const answer = await ask("/code.js", { range: "bytes=3-6", "accept-encoding": "br, gzip" });
    expect([answer.status, answer.body.toString(), answer.headers["content-encoding"]]).toEqual([
      206,
      "code",
      undefined,
    ]);
  });
});

describe("what is not a file of the folder is not there", () => {
  test.each([
    "/none",
    "/none/",
    "/../outside/secret.txt",
    "/%2e%2e/outside/secret.txt",
    "/%2E%2E%2Foutside%2Fsecret.txt",
    "/..%2foutside/secret.txt",
    "/deep/%2e%2e/%2e%2e/outside/secret.txt",
    "/deep/..%2f..%2foutside%2fsecret.txt",
    "/%252e%252e/outside/secret.txt",
    "/..%5coutside%5csecret.txt",
    "/../sites/secret.txt",
    "/..%2fsites%2fsecret.txt",
    "//outside/secret.txt",
    "/.env",
    "/%2eenv",
    "/.git/config",
    "/%2Egit/config",
    "/deep/.env",
    "/deep/%2eenv",
    "/link.txt",
    "/twice.txt",
    "/out/secret.txt",
    "/out/",
    "/visible.txt",
    "/loop",
    "/deep",
    "/empty/",
    "/code.js/",
    "/code.js/none",
    "/code",
    "/index",
    "/code.js%00",
    "/%00",
    "/code.js%00.txt",
    "/%",
    "/%zz",
    "/%ff%fe",
    "/%c0%ae%c0%ae/outside/secret.txt",
    `/${"a".repeat(5000)}`,
    `/${"a/".repeat(3000)}`,
    "/\\..\\outside\\secret.txt",
  ])("%s", async (path) => {
    for (const method of ["GET", "HEAD"]) {
      const answer = await ask(path, {}, method);
      expect(answer.status).toBe(404);
      expectHeaders(answer);
      expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
      expect(answer.headers.etag).toBeUndefined();
      expect(answer.body.toString()).toBe(method === "GET" ? "There is no such file.\n" : "");
    }
    await isAlive();
  });

  test.each([
    ["/", "front"],
    ["/?a=../.env#b", "front"],
    ["/index.html", "front"],
    ["/deep/", "deep"],
    ["/..", "front"],
    ["/deep/../", "front"],
    ["/a%20name%20%C3%BC%25.txt", "named"],
    ["/inner.js", "code"],
    ["http://other.example/deep/", "deep"],
  ])("%s is", async (path, text) => {
    const answer = await ask(path);
    expect([answer.status, answer.body.toString()]).toEqual([200, expect.stringContaining(text)]);
    expectHeaders(answer);
  });

  test.skipIf(process.getuid?.() === 0)("a file that may not be read", async () => {
    const file = join(scratch, "site/locked.txt");
    writeFileSync(file, SECRET);
    chmodSync(file, 0);
    const answer = await ask("/locked.txt");
    expect([answer.status, answer.body.toString()]).toEqual([500, "The file could not be read.\n"]);
    await isAlive();
  });
});

test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "MKCOL"])(
  "%s is refused",
  async (method) => {
    for (const path of ["/", "/code.js", "/none"]) {
      const answer = await ask(path, {}, method);
      expect([answer.status, answer.headers.allow]).toEqual([405, "GET, HEAD"]);
      expectHeaders(answer);
    }
    await isAlive();
  },
);

test("HEAD: the headers of GET, and no body", async () => {
  for (const path of ["/", "/data.bin", "/nothing.txt"]) {
    const [get, head] = [await ask(path), await ask(path, {}, "HEAD")];
    const without = ({ date, ...rest }: Answer["headers"]) => rest;
    expect([head.status, without(head.headers)]).toEqual([200, without(get.headers)]);
    expect(head.body).toHaveLength(0);
  }
});

test("conditional requests", async () => {
  const { headers } = await ask("/data.bin");
  const [etag, modified] = [String(headers.etag), String(headers["last-modified"])];
  const statusOf = async (conditions: Record<string, string>, path = "/data.bin") =>
    (await ask(path, conditions)).status;
  expect(await statusOf({ "if-none-match": etag })).toBe(304);
  expect(await statusOf({ "if-none-match": `"other", ${etag}` })).toBe(304);
  expect(await statusOf({ "if-modified-since": modified })).toBe(304);
  expect(await statusOf({ "if-none-match": '"other"' })).toBe(200);
  expect(await statusOf({ "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT" })).toBe(200);
  expect(await statusOf({ "if-match": '"other"' })).toBe(412);
  expect(await statusOf({ "if-range": '"other"', range: "bytes=0-1" })).toBe(200);
  for (const garbage of ["", "*", '"', "W/", "\u00ff", "a".repeat(9000), "yesterday"]) {
    for (const name of ["if-none-match", "if-match", "if-modified-since", "if-unmodified-since", "if-range"]) {
      const answer = await ask("/data.bin", { [name]: garbage, range: "bytes=0-1" });
      expect([200, 206, 304, 412]).toContain(answer.status);
      expectHeaders(answer);
    }
  }
  await isAlive();
});

test.each([
  ["br", brotliDecompressSync],
  ["gzip", gunzipSync],
])("text comes compressed by %s to who takes it, data as they are", async (encoding, decompress) => {
  const [text, data] = [
    await ask("/code.js", { "accept-encoding": encoding }),
    await ask("/data.bin", { "accept-encoding": encoding }),
  ];
  expect(text.headers["content-encoding"]).toBe(encoding);
  expect(text.headers.vary).toBe("Accept-Encoding");
  expect(text.body.length).toBeLessThan(CODE.length / 10);
  expect(decompress(text.body).toString()).toBe(CODE);
  expectHeaders(text);
  expect([data.headers["content-encoding"], data.body]).toEqual([undefined, DATA]);
  for (const refusing of ["", "identity", "gzip;q=0, br;q=0", "zstd", ";;;,,"]) {
    const plain = await ask("/code.js", { "accept-encoding": refusing });
    expect([plain.headers["content-encoding"], plain.body.toString()]).toEqual([undefined, CODE]);
  }
});

test.skipIf(process.platform !== "linux")("connections that break off leave no file open, and a server", async () => {
  const openFiles = () => readdirSync("/proc/self/fd").length;
  const before = openFiles();
  for (let i = 0; i < 50; i++) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(`GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.resetAndDestroy();
  }
  await isAlive();
  await expect.poll(openFiles, { timeout: 10_000 }).toBeLessThan(before + 10);
});

test.each([
  "",
  "\r\n\r\n",
  "GET\r\n\r\n",
  "GET / HTTP/9.9\r\n\r\n",
  "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET // HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /// HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET :80 HTTP/1.1\r\nHost: a\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /data.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nRange: bytes=9-1\r\n\r\n",
  "GET /data.bin HTTP/1.1\r\nHost: a\r\nRange: \xff\xfe\r\n\r\n",
  "GET /data.bin HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nabc",
  "GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(100_000)}\r\n\r\n`,
])("%j ends nothing and tells nothing", async (bytes) => {
  expect(await sendRaw(bytes)).not.toContain(SECRET);
  await isAlive();
});

test("the built page: its module and code compressed, its data whole, another address with all headers", async () => {
  const web: WebServer = await serveWeb();
  try {
    const to = Number(new URL(web.url).port);
    const accepted = { "accept-encoding": "gzip, deflate, br" };
    const page = await ask("/", accepted, "GET", to);
    expect([page.status, page.headers["content-encoding"]]).toEqual([200, "br"]);
    for (const answer of [page, await ask("/none", {}, "GET", to)]) expectHeaders(answer);
    const network = await ask("/pretrained.bin", accepted, "GET", to);
    expect([network.status, network.headers["content-encoding"]]).toEqual([200, undefined]);
  } finally {
    web.close();
  }
});
