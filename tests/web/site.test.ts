// The files of npm run web: how large they are, the network among them, and the server's options.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { Network } from "../../src/index.js";
import { loadMnist } from "../../src/node/index.js";
import { deciderOf } from "../../src/reading/variants.js";
import { serveWeb } from "./web-server.js";

const BUILD = fileURLToPath(new URL("../../build/web", import.meta.url));

test("the page's code is at most 150 KB compressed, MNIST at most 12 MB", () => {
  const code = readdirSync(BUILD).filter((name) => /\.(js|css|html|svg)$/.test(name));
  expect(code).toEqual(expect.arrayContaining(["index.html", "page.css", "main.js", "training.js", "worker.js"]));
  const bytes = code.reduce((sum, name) => sum + gzipSync(readFileSync(join(BUILD, name)), { level: 9 }).length, 0);
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes).toBeLessThanOrEqual(150_000);
  const data = readdirSync(join(BUILD, "data"));
  expect(data.length).toBe(4);
  expect(data.reduce((sum, name) => sum + statSync(join(BUILD, "data", name)).size, 0)).toBeLessThanOrEqual(12_000_000);
});

test("the page's network reads 9947 of the 10,000 test images by variants, 9938 without, as it says", async () => {
  const bytes = gunzipSync(readFileSync(new URL("../../src/pretrained/pretrained.bin", import.meta.url)));
  const network = await Network.load(bytes);
  const { test } = loadMnist();
  expect((await network.evaluate(test)).correct).toBe(9938);
  expect(network.metadata.get("test_correct")).toBe("9938 / 10000");
  const decider = deciderOf(network);
  const right = Array.from(test.labels).filter((label, i) => {
    const { activations } = decider.predict(test.images.subarray(784 * i, 784 * (i + 1)) as Uint8Array);
    return Array.from(activations).indexOf(Math.max(...Array.from(activations))) === label;
  });
  expect(right.length).toBe(9947);
  network.dispose();
});

test("the server says what is wrong with its options", async () => {
  const refused = (...options: string[]) => expect(serveWeb(...options)).rejects;
  await refused("--port", "x").toThrow(
    /^exit code 2: ductus web: --port: expected a whole number .*, got "x": see --help$/m,
  );
  for (const [options, problem] of [
    [["--nothing"], "expected an option that there is, got --nothing"],
    [["--port", "-1"], "--port: expected a value, got none"],
    [["--one-thread=3"], "--one-thread: expected no value, got one"],
    [["page"], "expected options only, got another argument"],
  ] as const) {
    await refused(...options).toThrow(new RegExp(`^exit code 2: ductus web: ${problem}: see --help$`, "m"));
  }
  const { url, close } = await serveWeb();
  await refused("--port", new URL(url).port).toThrow(
    /^exit code 1: .*expected a free one, got one that is in use: choose another with --port$/m,
  );
  close();
});
