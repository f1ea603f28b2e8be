// Vectors of 256 bits, where V8 makes one operation of two of the module's (its revectorizer, assembly/simd.ts).

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { plain } from "../kernels/wasm/embedded.js";

/** V8's name of the switch, by the first major version that knows it so. Versions before do nothing of use with it. */
const FLAGS = [
  { since: 15, name: "wasm-revectorize" },
  { since: 13, name: "experimental-wasm-revectorize" },
] as const;
/** An empty custom section: engines keep what they compiled by its bytes; the module in use is to be another one. */
const SECTION = [0x00, 0x06, 0x05, ...new TextEncoder().encode("check")];
/** After fewer calls V8 has compiled the module's loops anew, which it does with wide vectors only then. */
const CHECKS = 100;

let enabled: boolean | undefined;

/**
 * Has V8 compute with vectors of 256 bits in all WebAssembly modules that the process compiles from now on. Results
 * keep their bits: each lane computes what it did. Call it before the first network is created.
 *
 * The switch is one of the whole process, and V8 14 and older call it experimental: an error of V8's in it could give
 * other modules wrong results, or end the process. The module's own selftest() is run with it; where that fails, the
 * switch is off again. That is why the library leaves the choice to its caller.
 * @returns whether it is on: not before V8 13 (Node 24), without AVX2, or where the system does not say so (Linux does)
 */
export function enableWideVectors(): boolean {
  enabled ??= enable(process.versions.v8, hasAvx2(), setFlagsFromString, plain());
  return enabled;
}

/** The same for a version of V8, the way to give it a flag, and the bytes of the module. */
export function enable(
  version: string,
  avx2: boolean,
  setFlag: (flag: string) => void,
  module: Uint8Array<ArrayBuffer>,
): boolean {
  const flag = FLAGS.find(({ since }) => Number.parseInt(version, 10) >= since);
  if (flag === undefined || !avx2) return false;
  setFlag(`--${flag.name}`);
  if (isRight(module)) return true;
  setFlag(`--no-${flag.name}`);
  return false;
}

/** Whether the module computes what it should, also when its loops are compiled for speed. */
function isRight(bytes: Uint8Array<ArrayBuffer>): boolean {
  const copy = new Uint8Array([...bytes, ...SECTION]);
  const { selftest } = new WebAssembly.Instance(new WebAssembly.Module(copy)).exports as { selftest(): number };
  for (let i = 0; i < CHECKS; i++) if (selftest() !== 1) return false;
  return true;
}

/** Whether this machine says that it has AVX2. */
export function hasAvx2(): boolean {
  if (process.arch !== "x64" || process.platform !== "linux") return false;
  try {
    return /^flags\s*:.*\bavx2\b/m.test(readFileSync("/proc/cpuinfo", "latin1"));
  } catch {
    return false;
  }
}
