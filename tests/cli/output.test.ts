// Nothing destroyed: a command replaces only files of its own kind, unless it is told to.

import { spawnSync } from "node:child_process";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encodePng } from "../../src/formats/png.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, MAIN, type Result, startDuctus, startProgram } from "./command-line.js";

let root: string;
let folder: string;
let model: Buffer;
let count = 0;

const TRAIN = ["train", "--data", "../data", "--epochs", "1", "--hidden", "8", "--validation", "0"];
const EXPORTS = ["onnx", "json", "safetensors", "npz"].map((format) => [`export to ${format}`, format] as const);
const COMMANDS: readonly (readonly [string, readonly string[]])[] = [
  ["train", TRAIN],
  ["report", ["report", "../model.safetensors"]],
  ["distort", ["distort", "--data", "../data", "--epochs", "2", "--shift", "1"]],
  ...EXPORTS.map(([name, format]) => [name, ["export", "../model.safetensors", "--format", format]] as const),
];

const kept = keepDuctus();

/** What each command writes. */
const written = new Map<string, Buffer>();

/** Files that no command writes. */
const STRANGERS: readonly (readonly [string, Uint8Array])[] = [
  ["a text", Buffer.from("My thesis")],
  ["an HTML page", Buffer.from("<!doctype html>\n<title>Ductus report</title>\n")],
  ["a JSON file", Buffer.from('{"format":"other"}')],
  ["a scan", encodePng(new Uint8Array(4), 2, 2)],
  ["a scan by another program", encodePng(new Uint8Array(4), 2, 2, 1, "ductus distort 2")],
  ["a drawing", encodePng(new Uint8Array(12), 2, 2, 3, "ductus read")],
  ["a text that ends as a sheet does", encodePng(new Uint8Array(4), 2, 2, 1, "ductus distort").subarray(1)],
  ["a colour picture", encodePng(new Uint8Array(12), 2, 2, 3)],
  ["another program's safetensors", tensors("fc1.weight", [["format", "pt"]])],
  ["a PyTorch network's safetensors", tensors("0.weight", [["format", "pt"]])],
  ["a PyTorch network's safetensors with notes", tensors("0.bias", Object.entries({ format: "pt", producer: "me" }))],
  ["an ONNX model of a program named alike", Buffer.from("\x08\x08\x12\x07ductus2", "latin1")],
  ["safetensors without metadata", tensors("0.weight", [])],
  ["safetensors cut short", Buffer.from("\xff\0\0\0\0\0\0\0{", "latin1")],
  ["a header that is no object", Buffer.from("\x04\0\0\0\0\0\0\0null", "latin1")],
  ["an ONNX model of PyTorch", Buffer.from("\x08\x08\x12\x07pytorch", "latin1")],
];

function tensors(name: string, metadata: readonly (readonly [string, string])[]): Uint8Array {
  return encodeSafetensors({
    tensors: new Map([[name, { shape: [1], data: Float32Array.of(1) }]]),
    metadata: new Map(metadata),
  });
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ductus-output-"));
  await mkdir(join(root, "data"));
  await writeIdxFolder(join(root, "data"), { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
  await mkdir(join(root, "first"));
  folder = join(root, "first");
  expect(await ductus(...TRAIN, "--out", "../model.safetensors")).toMatchObject({ code: 0, stderr: "" });
  model = await readFile(join(root, "model.safetensors"));
  for (const [name, args] of COMMANDS) {
    expect(await ductus(...args, "--out", name)).toMatchObject({ code: 0, stderr: "" });
    written.set(name, await readFile(join(folder, name)));
  }
});
beforeEach(async () => {
  folder = join(root, String(++count));
  await mkdir(folder);
});
afterAll(() => rm(root, { recursive: true }));

function ductus(...args: readonly string[]): Promise<Result> {
  return startDuctus(folder, args).result;
}

/** In a process of its own. */
const inProcess: typeof kept = (folder, args) => startDuctus(folder, args).result;

/** A command that is refused before it does anything, in one sentence. */
async function expectRefusal(args: readonly string[], message: RegExp, run: typeof kept = kept) {
  const { code, stdout, stderr } = await run(folder, args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^ductus: [^\n]*\n$/);
  expect(stderr).toMatch(message);
}

describe.each(COMMANDS)("%s", (command, args) => {
  test("refuses every file that it does not write, whatever its name", async () => {
    const others = [...written].filter(([name]) => name !== command);
    for (const [i, [, contents]] of [...STRANGERS, ...others].entries()) {
      const out = join(folder, `file ${i}`);
      await writeFile(out, contents);
      await expectRefusal(
        [...args, "--out", out],
        /: expected no file or .* to replace, got another file: .* --force$/m,
      );
      expect(Buffer.compare(await readFile(out), contents)).toBe(0);
    }
    expect(await readdir(folder)).toHaveLength(STRANGERS.length + others.length);
  });

  test("replaces its own, an empty file, and with --force any", async () => {
    for (const contents of [written.get(command) as Buffer, ""]) {
      await writeFile(join(folder, "out"), contents);
      expect(await kept(folder, [...args, "--out", "out"])).toMatchObject({ code: 0, stderr: "" });
    }
    await writeFile(join(folder, "out"), "My thesis");
    expect(await kept(folder, [...args, "--out", "out", "--force"])).toMatchObject({ code: 0, stderr: "" });
    expect((await readFile(join(folder, "out"))).length).toBeGreaterThan(100);
    expect(await readdir(folder)).toEqual(["out"]);
  });

  test("refuses a write-protected file, be it by root", async () => {
    const out = join(folder, "out");
    await writeFile(out, written.get(command) as Buffer);
    await chmod(out, 0o444);
    await expectRefusal(
      [...args, "--out", out],
      /expected a file that may be changed, got a write-protected one: .*--force/,
      inProcess,
    );
  });

  test("refuses folders, devices, pipes, standard output and links that lead nowhere, also with --force", async () => {
    await mkdir(join(folder, "folder"));
    await symlink("nowhere", join(folder, "dangling"));
    await symlink("circle", join(folder, "circle"));
    await symlink("/dev/stdout", join(folder, "output"));
    spawnSync("sh", ["-c", "mkfifo pipe"], { cwd: folder });
    const places = ["folder", "dangling", "circle", "output", "pipe", "/dev/null", "/dev/stdout", "/proc/self/comm"];
    for (const place of places) {
      // The streams of a process of its own are what users have.
      const run = /output|stdout/.test(place) ? inProcess : kept;
      await expectRefusal(
        [...args, "--force", "--out", place],
        /expected a file to write, got something else there: /,
        run,
      );
    }
    expect((await lstat(join(folder, "dangling"))).isSymbolicLink()).toBe(true);
    // Standard output that is a file.
    const line = [process.execPath, MAIN, ...args, "--out", "/dev/stdout"].map((word) => `'${word}'`).join(" ");
    const { code, stderr } = await startProgram(folder, "sh", ["-c", `${line} > redirected`]).result;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("got something else there") });
    expect(await readFile(join(folder, "redirected"), "utf8")).toBe("");
  });

  test("keeps the mode of what it replaces, whatever the mask", async () => {
    await writeFile(join(folder, "out"), written.get(command) as Buffer);
    await chmod(join(folder, "out"), 0o666);
    const line = [process.execPath, MAIN, ...args, "--out", "out"].map((word) => `'${word}'`).join(" ");
    expect((await startProgram(folder, "sh", ["-c", `umask 077; ${line}`]).result).code).toBe(0);
    expect((await stat(join(folder, "out"))).mode & 0o7777).toBe(0o666);
  });
});

describe("a model", () => {
  test("of another recipe is kept under the next free name; the same one is replaced", async () => {
    await writeFile(join(folder, "model.safetensors"), model);
    expect(await ductus(...TRAIN)).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
    const same = await readFile(join(folder, "model.safetensors"));
    await writeFile(join(folder, "model.1.safetensors"), "taken");
    expect(await ductus(...TRAIN, "--seed", "2")).toMatchObject({
      code: 0,
      stderr: "ductus: model.safetensors: the model of another recipe that was there is now model.2.safetensors\n",
    });
    expect((await readFile(join(folder, "model.2.safetensors"))).equals(same)).toBe(true);
    expect(await readFile(join(folder, "model.1.safetensors"), "utf8")).toBe("taken");
    expect(await ductus(...TRAIN, "--seed", "3", "--force")).toMatchObject({ code: 0, stderr: "" });
    expect((await readdir(folder)).sort()).toEqual(["model.1.safetensors", "model.2.safetensors", "model.safetensors"]);
  });

  test("of the same recipe with more epochs is kept until the new one has as many", async () => {
    const recipe = TRAIN.map((word) => (word === "1" ? "1500" : word));
    await writeFile(join(folder, "whole.safetensors"), "");
    const stop = async (lines: number) => {
      const { child, result } = startDuctus(folder, recipe);
      let text = "";
      child.stdout?.on("data", (more) => {
        text += more;
        if (text.split("\n").length > lines) child.kill("SIGKILL");
      });
      await result;
    };
    const epochsOf = async (name: string) => {
      const { metadata } = decodeSafetensors(await readFile(join(folder, name)));
      return Number(metadata.get("epochs"));
    };
    await stop(200);
    const far = await readFile(join(folder, "model.safetensors"));
    const epochs = await epochsOf("model.safetensors");
    expect(epochs).toBeGreaterThan(100);
    await stop(10);
    // A slow reader may let it run for longer: then the new one has as many.
    if ((await epochsOf("model.safetensors")) < epochs) {
      expect((await readFile(join(folder, "model.1.safetensors"))).equals(far)).toBe(true);
    }
    await writeFile(join(folder, "model.safetensors"), far);
    await rm(join(folder, "model.1.safetensors"), { force: true });
    const { code, stderr } = await ductus(...recipe);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        `ductus: model.safetensors: the model that was there has ${epochs} epochs: ` +
        "model.1.safetensors keeps it until this one has as many\n",
    });
    expect(await epochsOf("model.safetensors")).toBe(1500);
    expect((await readdir(folder)).sort()).toEqual(["model.safetensors", "whole.safetensors"]);
  }, 60_000);

  test("that resumes replaces itself, and keeps another one", async () => {
    await writeFile(join(folder, "model.safetensors"), model);
    expect(await ductus("resume", "--epochs", "2")).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
    await writeFile(join(folder, "other"), model);
    const { code, stderr } = await ductus("resume", "--epochs", "3", "--out", "other");
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("is now other.1\n") });
    expect((await readFile(join(folder, "other.1"))).equals(model)).toBe(true);
  });
});

test("a search takes no folder with another's models in it, and removes none of them", async () => {
  const search = ["tune", "--data", "../data", "--hidden", "4", "--eta", "1|2", "--trials", "2", "--epochs", "1"];
  const names = ["trial-1.best.safetensors", "trial-1.rung-1.safetensors", "trial-99.rung-3.safetensors"];
  for (const [i, contents] of [model, Buffer.from("My thesis"), written.get("export to safetensors")].entries()) {
    const place = join(folder, `tune ${i}`);
    await mkdir(place);
    for (const name of names) {
      await writeFile(join(place, name), contents as Buffer);
      await expectRefusal([...search, "--out", place], /expected a new folder or one with this search, got trial-\d/);
      expect(await readdir(place)).toEqual([name]);
      expect((await readFile(join(place, name))).equals(contents as Buffer)).toBe(true);
      await rm(join(place, name));
    }
    // Put there later, what is no model stays.
    expect((await kept(folder, [...search, "--out", place])).code).toBe(0);
    await writeFile(join(place, "trial-99.rung-3.safetensors"), "My thesis");
    await writeFile(join(place, "trial-1.best.safetensors.backup.tmp"), "My thesis");
    expect((await kept(folder, [...search, "--out", place])).code).toBe(0);
    expect((await readdir(place)).sort()).toEqual([
      "best.safetensors",
      "search.json",
      "trial-1.best.safetensors.backup.tmp",
      "trial-99.rung-3.safetensors",
    ]);
  }
}, 60_000);

test("a search takes no folder with other files in it, but for hidden ones", async () => {
  const search = ["tune", "--data", "../data", "--hidden", "4", "--eta", "1|2", "--trials", "2", "--epochs", "1"];
  const place = join(folder, "tune");
  await mkdir(place);
  await writeFile(join(place, ".gitignore"), "*");
  for (const [name, contents] of [
    ["notes.txt", "My thesis"],
    ["best.safetensors", model],
    ["search.json.txt", ""],
    ["trial-1.txt", ""],
  ] as const) {
    await writeFile(join(place, name), contents);
    await expectRefusal(
      search,
      new RegExp(`expected a new folder or one with this search, got ${name} of no search: `),
    );
    expect((await readdir(place)).sort()).toEqual([".gitignore", name].sort());
    await rm(join(place, name));
  }
  await mkdir(join(place, "more"));
  await expectRefusal(search, /got more of no search: /);
  await rm(join(place, "more"), { recursive: true });
  expect((await kept(folder, search)).code).toBe(0);
  // Once it is a search's, it may hold notes of it.
  await writeFile(join(place, "notes.txt"), "My thesis");
  expect((await kept(folder, search)).code).toBe(0);
}, 60_000);

test("a search refuses a journal whose results cannot be its own", async () => {
  const search = ["tune", "--data", "../data", "--hidden", "4", "--eta", "1|2|4", "--trials", "3", "--epochs", "3"];
  expect((await kept(folder, search)).code).toBe(0);
  const path = join(folder, "tune", "search.json");
  const text = await readFile(path, "utf8");
  const whole = JSON.parse(text);
  const [first] = whole.outcomes;
  for (const change of [
    { correct: first.count + 1 },
    { correct: -1 },
    { correct: 0.5 },
    { count: 0 },
    { count: 0, correct: 0 },
    { count: first.count + 1 },
    { count: 1e300 },
    { trial: 0 },
    { trial: 1.5 },
    { trial: 4 },
    { trial: "1" },
    { rung: 0 },
    { rung: 3 },
    { rung: 1.5 },
    { history: [] },
    { history: [...first.history, ...first.history] },
    { history: [{ ...first.history[0], epoch: 2 }] },
    { error: "failed", history: first.history },
    { trial: whole.outcomes[1].trial },
    { cost: null },
  ]) {
    const outcomes = [{ ...first, ...change }, ...whole.outcomes.slice(1)];
    await writeFile(path, JSON.stringify({ ...whole, outcomes }));
    await expectRefusal(search, /search.json: expected the search of ductus tune, got something else: /);
  }
  for (const outcomes of [[null], [1], ["x"], {}, null]) {
    await writeFile(path, JSON.stringify({ ...whole, outcomes }));
    await expectRefusal(search, /search.json: expected the search of ductus tune, got something else: /);
  }
  await writeFile(path, text);
  expect((await kept(folder, search)).code).toBe(0);
}, 60_000);

test("a search refuses a best model that is none, and a journal that it cannot read", async () => {
  const search = ["tune", "--data", "../data", "--hidden", "4", "--eta", "1|2", "--trials", "2", "--epochs", "1"];
  await mkdir(join(folder, "tune"));
  await writeFile(join(folder, "tune", "best.safetensors"), "My thesis");
  await expectRefusal(search, /best.safetensors: expected no file or a Ductus model to replace, got .* with --out$/m);
  expect(await readdir(join(folder, "tune"))).toEqual(["best.safetensors"]);
});
