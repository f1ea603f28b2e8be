// Sizes before bytes: a file that is far too large, or endless, is refused before it is read. And what is read but has
// no recipe is shown as far as it can be.

import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { writeIdxFolder } from "../idx-files.js";
import { MAIN, startDuctus } from "./command-line.js";

const GIGABYTE = 2 ** 30;
/** Kilobytes of memory that a process takes which reads one of the files. */
const MOST_MEMORY = 400_000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-sizes-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 120, test: 20, rows: 28, columns: 28, classes: 4 });
  // What a command took at most, since it ended before it could print it.
  const script = `import { writeFileSync } from "node:fs";
    process.on("exit", () => writeFileSync("memory", String(process.resourceUsage().maxRSS)));
    process.argv = [process.argv[0], "ductus", ...process.argv.slice(2)];
    await import(${JSON.stringify(pathToFileURL(MAIN).href)});`;
  await writeFile(join(folder, "measured.mjs"), script);
});
afterAll(() => rm(folder, { recursive: true }));

/** A file with a beginning, and zeros that take no room on the disk. */
async function writeSparse(name: string, beginning: Uint8Array | string, size: number): Promise<void> {
  await writeFile(join(folder, name), beginning);
  await truncate(join(folder, name), size);
}

/** The beginning of a safetensors file. */
function header(json: string, length = json.length): Uint8Array {
  const bytes = Buffer.alloc(8 + json.length);
  bytes.writeBigUInt64LE(BigInt(length));
  bytes.write(json, 8);
  return bytes;
}

/** A command refuses a file in one sentence, and without memory for it. */
async function expectRefusal(args: readonly string[], message: RegExp): Promise<void> {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["measured.mjs", ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  expect({ status, stdout }, args.join(" ")).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^ductus: [^\n]*: expected [^\n]*, got [^\n]*\n$/);
  expect(stderr).toMatch(message);
  expect(Number(await readFile(join(folder, "memory"), "utf8"))).toBeLessThan(MOST_MEMORY);
}

const OWN = { format: "ductus", layers: "[784, 4]" };
const TENSOR = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';

/** Headers that agree with their sizes of 2 GB less 1 MB, but not with themselves. */
const FORGED = (
  [
    [
      "tensors of another program",
      {},
      [["0.weight", 2 ** 29 - 2 ** 18]],
      /format "ductus" in its metadata, got nothing/,
    ],
    ["no layers", { format: "ductus" }, [["0.weight", 2 ** 29 - 2 ** 18]], /a list of layers in its metadata/],
    ["a list of many layers", { format: "ductus", layers: "[1]" }, [["0.bias", 2 ** 29 - 2 ** 18]], /a list of layers/],
    ["tensors of other shapes", OWN, [["0.weight", 2 ** 29 - 2 ** 18]], /expected shape \[4,784\] of tensor 0.weight/],
    ["a tensor of no layer", OWN, [["2.bias", 2 ** 29 - 2 ** 18]], /expected tensors of the layers \[784, 4\] alone/],
    ["a tensor between two layers", OWN, [["1.bias", 2 ** 29 - 2 ** 18]], /expected tensors of the layers \[784, 4\]/],
    ["a tensor of another name", OWN, [["weights", 2 ** 29 - 2 ** 18]], /expected tensors of the layers \[784, 4\]/],
    [
      "a million of its tensors",
      OWN,
      Array.from({ length: 33_000 }, (_, i) => [`s${i}.0.weight`, 784, 4] as const),
      /expected 2 tensors, or a few times as many/,
    ],
  ] as const
).map(([name, metadata, tensors, message]) => {
  let end = 0;
  const entries = (tensors as readonly (readonly [string, ...number[]])[]).map(([tensor, ...sides]) => {
    const begin = end;
    end += sides.reduce((product, side) => product * side, 4);
    return [tensor, { dtype: "F32", shape: sides.reverse(), data_offsets: [begin, end] }] as const;
  });
  const beginning = header(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  return [name, beginning, beginning.length + end, message] as const;
});

describe.each(["evaluate", "resume", "report", "export"])("%s", (command) => {
  test.each<readonly [string, Uint8Array | string, number, RegExp]>([
    ["10 GB of zeros", "", 10 * GIGABYTE, /at most 2147483648 bytes, got 10737418240$/m],
    ["nearly 2 GB of zeros", "", 2 * GIGABYTE - 1, /begins with a safetensors header, got 2147483647 other bytes$/m],
    ["1.5 GB of text", "My thesis", 1.5 * GIGABYTE, /begins with a safetensors header/],
    ["a header of 8 MB in 1.5 GB", header("", 2 ** 23), 1.5 * GIGABYTE, /begins with a safetensors header/],
    ["a header that says less", header(TENSOR), 1.5 * GIGABYTE, /of 66 bytes, as its header says, got 1610612736/],
    ["a header that says nothing", header('{"a":null}'), GIGABYTE, /begins with a safetensors header/],
    ["a header that is no object", header("null"), GIGABYTE, /begins with a safetensors header/],
    ...FORGED,
  ])("%s", async (_, beginning, size, message) => {
    await writeSparse("large.safetensors", beginning, size);
    await expectRefusal([command, "large.safetensors"], message);
  });

  test("devices, pipes and folders", async () => {
    spawnSync("sh", ["-c", "mkfifo pipe"], { cwd: folder });
    await symlink("/dev/zero", join(folder, "link")).catch(() => {});
    for (const name of ["/dev/zero", "link", "pipe"]) await expectRefusal([command, name], /that is not a file$/m);
    await expectRefusal([command, "data"], /got a folder$/m);
  });
});

test("a search with a journal that is too large, or something else", async () => {
  const search = ["tune", "--data", "data", "--hidden", "4", "--eta", "0.1|1", "--trials", "2", "--epochs", "1"];
  await mkdir(join(folder, "tune"));
  const mine = '{\n  "format": "ductus search 1",\n  "settings": {';
  for (const [beginning, size] of [
    ["", 5 * GIGABYTE],
    [mine, 5 * GIGABYTE],
    ["", GIGABYTE / 4],
  ] as const) {
    await writeSparse("tune/search.json", beginning, size);
    await expectRefusal(search, /search.json: expected the search of ductus tune, got something else/);
  }
});

test("a model of more than 16 MB is read all the same", async () => {
  const network = await Network.create({ kernels: createReference(), layers: [784, 6000, 4] });
  await writeFile(join(folder, "wide.safetensors"), network.save());
  expect((await stat(join(folder, "wide.safetensors"))).size).toBeGreaterThan(2 ** 24);
  const { code } = await startDuctus(folder, ["export", "wide.safetensors"]).result;
  expect(code).toBe(0);
});

test("report shows what it can of a model that the library saved", async () => {
  const network = await Network.create({ kernels: createReference(), layers: [784, 5, 4], seed: 9 });
  await writeFile(join(folder, "library.safetensors"), network.save());
  const { code, stderr } = await startDuctus(folder, ["report", "library.safetensors", "--data", "data"]).result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const html = await readFile(join(folder, "report.html"), "utf8");
  const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html) ?? [];
  const { command, configuration, history } = JSON.parse(json);
  expect({ command, history }).toEqual({ command: null, history: [] });
  expect(configuration).toEqual([
    ["layers", "[784, 5, 4]"],
    ["init", "scaled"],
    ["activation", "sigmoid"],
    ["cost", "quadratic"],
    ["seed", "9"],
    ["epochs trained", "0"],
  ]);
});
