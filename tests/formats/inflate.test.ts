// Node's zlib and fflate, which browsers use, answer alike: with the same bytes, or with the same error.

import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

type Inflate = typeof import("../../src/formats/inflate.js").inflate;

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);
const inflaters: Inflate[] = [];

beforeAll(async () => {
  inflaters.push((await import("../../src/formats/inflate.js")).inflate);
  vi.resetModules();
  // As in a browser: a global Worker tells that there is no zlib.
  vi.stubGlobal("Worker", class {});
  inflaters.push((await import("../../src/formats/inflate.js")).inflate);
});
afterAll(() => vi.unstubAllGlobals());

/** All bytes, or what is thrown, by each of the two. */
function outcomes(parts: Uint8Array[], expected: number): (Uint8Array | string)[] {
  return inflaters.map((inflate) => {
    const out: Uint8Array[] = [];
    try {
      inflate(parts, expected, (data) => out.push(data.slice()), "p.png");
    } catch (error) {
      return String(error);
    }
    return Buffer.concat(out);
  });
}

/** Rows of pixels: some even, some noise. */
const pixels = fc
  .tuple(fc.uint8Array({ minLength: 2, maxLength: 300 }), fc.nat(40), fc.uint8Array({ maxLength: 300 }))
  .map(([noise, times, rest]) => Buffer.concat([...Array<Uint8Array>(times).fill(noise), noise, rest]));
const level = fc.nat(9);

test("data in parts of any length inflate to the same bytes", () => {
  expect(inflaters[0]).not.toBe(inflaters[1]);
  const same = fc.property(pixels, level, fc.array(fc.nat(), { maxLength: 5 }), (data, level, cuts) => {
    const deflated = deflateSync(data, { level });
    const at = [0, ...cuts.map((cut) => cut % deflated.length).sort((a, b) => a - b), deflated.length];
    const parts = at.slice(1).map((end, i) => deflated.subarray(at[i], end));
    for (const out of outcomes(parts, data.length)) expect(out).toEqual(data);
  });
  fc.assert(same, { numRuns: RUNS / 5 });
});

test("data of several slices do, too", () => {
  const noise = Buffer.from(Uint32Array.from({ length: 50_000 }, (_, i) => Math.imul(i, 2_654_435_761)).buffer);
  for (const out of outcomes([deflateSync(noise)], noise.length)) expect(out).toEqual(noise);
});

test("data cut short anywhere, of too few or too many bytes, or followed by others give the same error", () => {
  const errors = fc.property(pixels, level, fc.nat(), fc.constantFrom("cut", "few", "many", "tail"), (...drawn) => {
    const [data, level, cut, kind] = drawn;
    const deflated = deflateSync(data, { level });
    const file = kind === "cut" ? deflated.subarray(0, cut % deflated.length) : deflated;
    const parts = kind === "tail" ? [file, new Uint8Array(2 ** 16)] : [file];
    const expected =
      data.length + (kind === "few" ? 1 + (cut % 9) : kind === "many" ? -1 - (cut % (data.length - 1)) : 0);
    const [byZlib, byFflate] = outcomes(parts, expected);
    expect(byZlib).toBe(byFflate);
    expect(byZlib).toMatch(/^FormatError: p.png: expected data for \d+ bytes of pixels, got (fewer|more) \(/);
  });
  fc.assert(errors, { numRuns: RUNS / 5 });
});

test("no damaged byte makes one read what the other reads as something else", () => {
  const count = { read: 0, refused: 0 };
  const damaged = fc.property(pixels, level, fc.nat(), fc.nat(254), (data, level, at, change) => {
    const deflated = deflateSync(data, { level });
    deflated[at % deflated.length] ^= 1 + change;
    const [byZlib, byFflate] = outcomes([deflated], data.length);
    count[typeof byZlib === "string" ? "refused" : "read"]++;
    // zlib refuses some codes that fflate reads, which no encoder writes.
    if (typeof byZlib !== "string") expect(byFflate).toEqual(byZlib);
  });
  fc.assert(damaged, { numRuns: RUNS / 5 });
  expect(count.read).toBeGreaterThan(0);
  expect(count.refused).toBeGreaterThan(0);
});
