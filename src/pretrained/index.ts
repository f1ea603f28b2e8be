// The network that comes with the package, for people's digits and pictures: what the preset hand trained, with its
// calibration in its metadata. The file lies beside this script: Node reads it from disk, browsers fetch it.

import { checkObject, FormatError } from "../errors.js";
import { gunzip } from "../formats/inflate.js";
import { KERNEL_OPTIONS } from "../kernels/create.js";
import { Network } from "../network/network.js";
import type { LoadOptions } from "../network/options.js";
import { checkKnown } from "../options/known.js";

const NAME = "pretrained.bin";
/** Bundlers that know this form put the file where it is found. */
const FILE = new URL("./pretrained.bin", import.meta.url);

/**
 * The network that comes with the package: [784, 1000, 300, 10], sigmoid outputs that are all low for what is no digit.
 * It reads images of 28 x 28 as toDigit() makes them; verdict(activations, calibrationOf(network.metadata)) says how
 * sure it is.
 * @throws {Error} if its file cannot be had
 * @throws {TypeError | RangeError} for an option that cannot be used
 */
export async function loadPretrained(options: Omit<LoadOptions, "file"> = {}): Promise<Network> {
  checkObject("options", options);
  checkKnown("loadPretrained", options, KERNEL_OPTIONS);
  const packed = await fileBytes();
  let bytes: Uint8Array;
  try {
    bytes = gunzip(packed);
  } catch {
    throw new FormatError(NAME, `expected the network of the package, got ${packed.length} bytes of something else`);
  }
  return Network.load(bytes, { ...options, file: NAME });
}

async function fileBytes(): Promise<Uint8Array> {
  const files = FILE.protocol === "file:" ? globalThis.process?.getBuiltinModule?.("node:fs/promises") : undefined;
  if (files !== undefined) {
    return files.readFile(FILE).catch(({ code }: NodeJS.ErrnoException) => {
      const got = code === "ENOENT" ? "none (bundled? copy it from the package)" : `the system's error ${code}`;
      throw new Error(`${NAME}: expected a file beside the library, got ${got}`);
    });
  }
  const response = await fetch(FILE).catch(() => undefined);
  if (!response?.ok) {
    const got = response === undefined ? "no answer" : `status ${response.status}`;
    throw new Error(`${NAME}: expected a file beside the script, got ${got} (bundled? copy it from the package)`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
