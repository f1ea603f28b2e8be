// SHA-256 in plain TypeScript against that of Node.

import { createHash } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { sha256 } from "../../src/network/sha256.js";

afterEach(() => vi.unstubAllGlobals());

const random = new RandomStream(16, 1002, 0);
const bytes = Uint8Array.from({ length: 300_000 }, () => random.nextBelow(256));

function expectSame(part: Uint8Array): void {
  expect(Buffer.from(sha256(part)).toString("hex")).toBe(createHash("sha256").update(part).digest("hex"));
}

test("the examples of the standard", () => {
  const hex = (text: string) => Buffer.from(sha256(new TextEncoder().encode(text))).toString("hex");
  expect(hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("the same as Node's for every length up to 1000, wherever the bytes are in their buffer", () => {
  for (let length = 0; length <= 1000; length++) expectSame(bytes.subarray(length, 2 * length));
});

test("the same as Node's for long ones, and for bytes that are all alike", () => {
  for (const length of [4095, 4096, 4097, 65_535, 131_072, 299_999, 300_000]) expectSame(bytes.subarray(0, length));
  for (const byte of [0, 127, 128, 255]) {
    for (let length = 0; length <= 200; length++) expectSame(new Uint8Array(length).fill(byte));
  }
});

test.each([{}, undefined])("a network's hash is the same where crypto is %j", async (crypto) => {
  const network = await Network.create({ layers: [50, 20, 7], kernels: createReference() });
  const expected = await network.hash();
  vi.stubGlobal("crypto", crypto);
  expect(await network.hash()).toBe(expected);
});
