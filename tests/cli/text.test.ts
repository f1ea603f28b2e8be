// Nothing smuggled in: no text of a file, its name or an argument acts on a terminal, looks like another line, or
// becomes a command.

import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "../../src/formats/png.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.js";
import { shellWord } from "../../src/recipe/command.js";
import { escapeControls } from "../../src/text.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, type Result, startDuctus } from "./command-line.js";

/** Clears the screen, rings, turns red, writes backwards, hides, and begins lines of its own. */
const HOSTILE = "a\u001b[2J\u0007\u009b31m\u202e\u2066\u200b\ufeff\u2028\u0085\u007f\r\nductus: b\u001b]0;x\u0007";
const SHOWN =
  "a\\u001b[2J\\u0007\\u009b31m\\u202e\\u2066\\u200b\\ufeff\\u2028\\u0085\\u007f\\r\\nductus: b\\u001b]0;x\\u0007";
/** What no output has, but for the ends of its lines. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const TRAIN = ["train", "--data", "data", "--hidden", "8", "--epochs", "1"];
const SEARCH = ["tune", "--data", "data", "--hidden", "4", "--eta", "0.1|1", "--trials", "2", "--epochs", "1"];

const kept = keepDuctus();
let folder: string;
let model: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-text-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 120, test: 20, rows: 28, columns: 28, classes: 4 });
  expect(await startDuctus(folder, TRAIN).result).toMatchObject({ code: 0, stderr: "" });
  model = await readFile(join(folder, "model.safetensors"));
});
afterAll(() => rm(folder, { recursive: true }));

function ductus(...args: readonly string[]): Promise<Result> {
  return kept(folder, args);
}

/** Runs a command, and checks that all it prints is visible. */
async function visibly(...args: readonly string[]): Promise<Result> {
  const result = await ductus(...args);
  for (const line of `${result.stdout}${result.stderr}`.split("\n")) {
    expect(line).not.toMatch(UNSEEN);
    expect(line).not.toMatch(/^ductus: b/);
  }
  return result;
}

/** The model with other metadata. */
async function writeModel(name: string, changes: Readonly<Record<string, string>>): Promise<void> {
  const { tensors, metadata } = decodeSafetensors(model);
  const changed = new Map([...metadata, ...Object.entries(changes)]);
  await writeFile(join(folder, name), encodeSafetensors({ tensors, metadata: changed }));
}

test("escapes are those of JSON, and all other text stays as it is", () => {
  expect(escapeControls(HOSTILE)).toBe(SHOWN);
  expect(JSON.parse(`"${SHOWN}"`)).toBe(HOSTILE);
  expect(escapeControls("Größe 数字 ½ \\ \u{1f600} é")).toBe("Größe 数字 ½ \\ \u{1f600} é");
  expect(escapeControls("\u{e0041}\ud800")).toBe("\\udb40\\udc41\\ud800");
  for (let unit = 0; unit < 0x10000; unit++) {
    const shown = escapeControls(String.fromCharCode(unit));
    expect(UNSEEN.test(shown), unit.toString(16)).toBe(false);
    if (unit >= 0x20 && unit < 0x7f) expect(shown).toBe(String.fromCharCode(unit));
  }
});

describe("a name", () => {
  test("of a file that is written, read or shown", async () => {
    for (const args of [TRAIN, ["distort", "--data", "data", "--epochs", "1"]]) {
      const { code, stdout } = await visibly(...args, "--out", `${args[0]} ${HOSTILE}`);
      expect(code).toBe(0);
      expect(stdout).toContain(`${args[0]} ${SHOWN}`);
    }
    const name = `train ${HOSTILE}`;
    expect((await visibly("resume", name)).stdout).toContain(`train ${SHOWN}: all 1 epochs are done`);
    expect((await visibly("evaluate", name)).code).toBe(0);
    const json = await visibly("evaluate", name, "--json");
    expect(JSON.parse(json.stdout).model).toBe(name);
    for (const command of ["report", "export"]) {
      const { stdout, code } = await visibly(command, name, "--out", `${command} ${HOSTILE}`);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`${command} ${SHOWN}: `) });
    }
    const report = await readFile(join(folder, `report ${HOSTILE}`), "utf8");
    const [, title] = /<title>(.*) – Ductus report<\/title>/.exec(report) ?? [];
    expect(title).toBe(`train ${SHOWN}`);
    expect(report).not.toMatch(/[\u007f-\u009f\u200b\u2028\u202a-\u202e\u2066-\u2069]/);
  });

  test("of a picture", async () => {
    for (const name of ["one", "two"]) {
      const sheet = new Uint8Array(40 * 40).fill(255);
      for (let y = 8; y < 32; y++) sheet.fill(0, y * 40 + 18, y * 40 + 22);
      await writeFile(join(folder, `${name} ${HOSTILE}`), encodePng(sheet, 40, 40));
    }
    const names = ["one", "two", "missing"].map((name) => `${name} ${HOSTILE}`);
    const { stdout, stderr } = await visibly("predict", ...names);
    expect(stdout).toMatch(/^one a\\u001b.*\ntwo a\\u001b.*\n$/);
    expect(stderr).toContain(`missing ${SHOWN}: expected`);
    const json = await visibly("predict", ...names, "--json");
    expect(JSON.parse(json.stdout.split("\n")[0]).file).toBe(names[0]);
  });

  test("of a folder of a search, and of an interrupted training", async () => {
    expect((await visibly(...SEARCH, "--out", HOSTILE)).stdout).toContain(`model          ${SHOWN}/best.safetensors`);
    const long = ["--epochs", "1000000", "--out", `stopped ${HOSTILE}`];
    const { child, result } = startDuctus(folder, [...TRAIN.slice(0, -2), ...long]);
    let printed = "";
    child.stdout?.on("data", (text) => {
      // A second signal would end it at once.
      if (!/^ +2 /m.test(printed) && /^ +2 /m.test(printed + text)) child.kill("SIGINT");
      printed += text;
    });
    const { stderr } = await result;
    expect(stderr).toContain(`stopped by SIGINT; stopped ${SHOWN} holds`);
    const [, command] = /^resume with: ductus resume (.*)\n$/m.exec(stderr) ?? [];
    const { stdout } = spawnSync("sh", ["-c", `printf %s ${command}`], { encoding: "utf8" });
    expect(stdout).toBe(`stopped ${HOSTILE}`);
  });

  test("of what is not there, or not what it should be", async () => {
    const thesis = `thesis ${HOSTILE}`;
    await writeFile(join(folder, thesis), "My thesis");
    const commands = [
      ["evaluate", `no ${HOSTILE}`],
      ["evaluate", thesis],
      ["evaluate", "--data", `no ${HOSTILE}`],
      ["evaluate", "--set", HOSTILE],
      ["predict", thesis],
      ["resume", thesis],
      ["report", "--out", thesis],
      ["export", "--out", `${thesis}/x`],
      ["export", "--format", HOSTILE],
      ["train", "--out", `no/${HOSTILE}`],
      ["train", "--eta", HOSTILE],
      ["train", `--${HOSTILE}`],
      ["train", HOSTILE],
      ["tune", "--out", thesis, "--eta", "1|2"],
      ["tune", "--eta", `1|${HOSTILE}`],
      [HOSTILE],
      [`--${HOSTILE}`],
      ["help", HOSTILE],
    ];
    for (const args of commands) {
      const { code, stderr } = await visibly(...args);
      expect(code, args.join(" ")).toBeGreaterThan(0);
      expect(stderr.trimEnd().split("\n"), args.join(" ")).toHaveLength(1);
    }
  });

  test("of IDX files", async () => {
    const data = join(folder, `data ${HOSTILE}`);
    await cp(join(folder, "data"), data, { recursive: true });
    // Files with line ends in their names are not looked at.
    const name = `${HOSTILE.replace(/[\r\n\u2028]/g, "")}train-images-idx3-ubyte`;
    await symlink("train-images-idx3-ubyte", join(data, name));
    for (const found of [", got a\\u001b", "a\\u001b"]) {
      const { code, stderr } = await visibly("train", "--data", data);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(found) });
      await rm(join(data, "train-images-idx3-ubyte"), { force: true });
    }
  });
});

describe("a model from elsewhere", () => {
  test("with anything in its metadata", async () => {
    const { metadata } = decodeSafetensors(model);
    for (const key of [...metadata.keys(), "search", "best_epoch", HOSTILE]) {
      const isJson = /^[[{]/.test(metadata.get(key) ?? "") || key === "search";
      for (const value of [HOSTILE, ...(isJson ? [JSON.stringify({ [HOSTILE]: HOSTILE })] : [])]) {
        await writeModel("hostile.safetensors", { [key]: value });
        await visibly("resume", "hostile.safetensors", "--epochs", "2", "--out", "resumed.safetensors", "--force");
        const { code } = await visibly("report", "hostile.safetensors", "--data", "data");
        if (code === 0) {
          const report = await readFile(join(folder, "report.html"), "utf8");
          expect(report).not.toMatch(/[\u007f-\u009f\u200b\u2028\u202a-\u202e\u2066-\u2069]/);
        }
      }
    }
  }, 240_000);

  test("puts no command behind the report's button", async () => {
    const folders = [
      "'; touch pwned; '",
      "$(touch pwned)`touch pwned`",
      "x\u0003\ntouch pwned\n#",
      "-x \\ \u001b[201~!%s",
    ];
    for (const data of folders) {
      await writeModel("hostile.safetensors", { data: join("/", data) });
      expect((await visibly("report", "hostile.safetensors", "--data", "data")).code).toBe(0);
      const report = await readFile(join(folder, "report.html"), "utf8");
      const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(report) ?? [];
      const { command } = JSON.parse(json);
      expect(command).not.toMatch(UNSEEN);
      const script = `ductus() { for word; do printf '%s\\0' "$word"; done; }; ${command}`;
      const { stdout } = spawnSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" });
      const words = stdout.split("\0");
      expect(words[0]).toBe("train");
      expect(words[words.indexOf("--data") + 1]).toBe(join("/", data));
      expect(spawnSync("ls", { cwd: folder, encoding: "utf8" }).stdout).not.toContain("pwned");
    }
  });
});

test("a search from elsewhere with anything in its journal", async () => {
  expect(await ductus(...SEARCH, "--out", "search")).toMatchObject({ code: 0, stderr: "" });
  const path = join(folder, "search", "search.json");
  const journal = JSON.parse(await readFile(path, "utf8"));
  const changes = [
    { settings: { ...journal.settings, options: { ...journal.settings.options, hidden: HOSTILE } } },
    { settings: { ...journal.settings, [HOSTILE]: HOSTILE } },
    { settings: { ...journal.settings, version: HOSTILE } },
    { outcomes: [{ ...journal.outcomes[0], error: HOSTILE }, ...journal.outcomes.slice(1)] },
    { outcomes: HOSTILE },
  ];
  for (const change of changes) {
    await writeFile(path, JSON.stringify({ ...journal, ...change }, undefined, 2));
    const { stdout, stderr } = await visibly(...SEARCH, "--out", "search");
    expect(stdout + stderr).toMatch(/\\u001b|got something else/);
  }
});

test("a word of a command is one word of a shell, whatever it is, and acts on no terminal", () => {
  const words = [
    HOSTILE,
    "it's",
    '"',
    "\\",
    "$HOME",
    "`id`",
    "$(id)",
    "a b",
    "*",
    "~",
    "!x",
    "%s%%",
    "-n",
    "",
    "é\u0001",
  ];
  const others = ["\t", "\\\u0003", "'\u0003'", '"\u0003$(id)`id`%d\\n', "--\u001b", "1\u00012", "&|;<>(){}[]#="];
  const shells = ["sh", "bash", "zsh", "ksh", "busybox sh"].filter(
    (shell) => spawnSync(shell.split(" ")[0], [...shell.split(" ").slice(1), "-c", "true"]).status === 0,
  );
  expect(shells.length).toBeGreaterThan(0);
  const all = [...words, ...others];
  for (const word of all) expect(shellWord(word)).not.toMatch(UNSEEN);
  const script = all.map((word) => `printf '%s\\0' ${shellWord(word)}`).join("\n");
  for (const shell of shells) {
    const [program, ...args] = shell.split(" ");
    const { stdout } = spawnSync(program, [...args, "-c", script], { encoding: "utf8" });
    expect(stdout.split("\0"), shell).toEqual([...all, ""]);
  }
});
