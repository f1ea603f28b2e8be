// SHA-256 with the engine's own function, and on pages that are kept from it.

import { createHash } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { hashBytes } from "../../src/network/digest.js";

afterEach(() => vi.unstubAllGlobals());

test.each([0, 1, 55, 56, 64, 1000, 100_000])(
  "%i bytes have the same hash with and without crypto.subtle",
  async (n) => {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 7919) % 256);
    const expected = createHash("sha256").update(bytes).digest("hex");
    expect(await hashBytes(bytes)).toBe(expected);
    for (const crypto of [{}, undefined]) {
      vi.stubGlobal("crypto", crypto);
      expect(await hashBytes(bytes)).toBe(expected);
    }
  },
);
