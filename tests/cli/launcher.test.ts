// The entry point of the program, in a Node that claims to be another version.

import { execFile, spawnSync } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MAIN } from "./command-line.js";

const root = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));
/** What the npm scripts of this project run first. */
const CHECK = root("node-version.js");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-launcher-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a program with `version` as Node's version. */
function runAs(version: string, main: string, ...args: string[]) {
  const node = JSON.stringify({ ...process.versions, node: version });
  const pretend = `data:text/javascript,Object.defineProperty(process, "versions", { value: ${node} })`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", pretend, main, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test.each([
  ["10.24.1", "20.19"],
  ["12.22.12", "20.19"],
  ["18.20.8", "20.19"],
  ["20.0.0", "20.19"],
  ["20.18.3", "20.19"],
  ["21.7.3", "22.12"],
  ["22.0.0", "22.12"],
  ["22.11.0", "22.12"],
])("Node %s is told in one sentence that it takes %s", (version, oldest) => {
  for (const [file, ...args] of [[MAIN], [MAIN, "--version"], [MAIN, "train"], [MAIN, "nonsense"], [CHECK]]) {
    expect(runAs(version, file, ...args)).toEqual({
      status: 1,
      stdout: "",
      stderr: `ductus: expected Node ${oldest} or newer, got ${version}: install a newer Node\n`,
    });
  }
});

test.each(["20.19.0", "20.20.2", "22.12.0", "23.0.0", "24.1.0", "26.10.0", "100.0.0"])("Node %s runs", (version) => {
  expect(runAs(version, MAIN, "--version")).toMatchObject({ status: 0, stderr: "" });
  expect(runAs(version, CHECK)).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("nothing else is loaded before", async () => {
  const alone = join(folder, "main.js");
  await copyFile(MAIN, alone);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  expect(runAs("16.20.2", alone)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^ductus: expected .*\n$/),
  });
});

test("the entry point is shipped as it is", async () => {
  expect(await readFile(MAIN, "utf8")).toBe(await readFile(root("apps/cli/main.js"), "utf8"));
});

test.each([
  ["the entry point", MAIN],
  ["the check of npm's scripts", CHECK],
])("%s can be parsed as a CommonJS script, too", async (_, file) => {
  const text = await readFile(file, "utf8");
  const script = join(folder, "main.cjs");
  await copyFile(file, script);
  await promisify(execFile)(process.execPath, ["--check", script]);
  expect(text).not.toMatch(/^\s*(import|export)\b(?!\()/m);
  // Newer than import() itself: ?. ?? ??= 1_000 #private, await at the top, and catch without a name.
  expect(text.replace(/\/\/.*/g, "")).not.toMatch(/\?\.|\?\?|\d_\d|(?<!^)#|\bawait\b|catch \{/);
});

test("each npm script checks the version before it builds anything, but for steps of others", async () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(await readFile(root("package.json"), "utf8"));
  const unchecked = Object.entries(scripts).filter(
    ([, command]) => !/^(node node-version\.js|npm run -s build) && |^node build\/cli\/main\.js$/.test(command),
  );
  expect(unchecked.length).toBeLessThan(Object.keys(scripts).length);
  for (const [name, command] of unchecked) expect([name, command]).toEqual([expect.stringContaining(":"), "wireit"]);
  expect(scripts.build).toMatch(/^node node-version\.js && /);
});
