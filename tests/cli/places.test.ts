// Nothing lost: a place to write that is not there, full, forbidden or taken away, before a training run or during it.

import { spawnSync } from "node:child_process";
import { chmod, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { ductus, epochPrinted, hashOf, load, run, setUp, start } from "./checkpoint-runs.js";
import { MAIN, type Result } from "./command-line.js";

setUp();

/** Commands that only some systems allow: without root's rights over files, and with a file system of one's own. */
const WITHOUT_RIGHTS =
  process.getuid?.() === 0
    ? "setpriv --bounding-set -dac_override,-dac_read_search --inh-caps -dac_override,-dac_read_search"
    : "";
const canDropRights = spawnSync("sh", ["-c", `${WITHOUT_RIGHTS} true`]).status === 0;
const canMount = spawnSync("unshare", ["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

function inShell(command: string): Promise<Result> {
  return start(["-c", command], "sh").result;
}

function mounted(command: string): Promise<Result> {
  return start(["-Urm", "sh", "-c", command], "unshare").result;
}

/** The command line as a shell takes it. */
function node(...args: string[]): string {
  return [process.execPath, MAIN, ...args].map((arg) => `'${arg}'`).join(" ");
}

describe("a place to write that is lost", () => {
  const long = () => [...run.recipe, "--epochs", "400"];

  test("the folder is removed during the training: it says so, continues, and saves elsewhere", async () => {
    const place = join(run.folder, "removed");
    await mkdir(place);
    const { child, result } = start(["train", ...long(), "--out", join(place, "model")]);
    await epochPrinted(child, 3);
    await rename(place, `${place} away`);
    const { code, stderr, stdout } = await result;
    expect(code).toBe(1);
    // Once for all the epochs that could not be saved, and once for the result.
    expect(stderr.split("\n")).toHaveLength(3);
    expect(stderr).toMatch(
      /model: expected a place .*, got no such file or folder: make .*, or choose .* \(epoch \d+ is not saved yet\)/,
    );
    const [, refuge] = /the model was saved to (.+) instead\n$/.exec(stderr) ?? [];
    expect(refuge).toBeDefined();
    const saved = await Network.load(await readFile(refuge), { kernels: createReference() });
    expect(saved.epochs).toBe(400);
    expect(stdout).toContain(await saved.hash());
    await rm(refuge);
    // The last good file is where it was.
    const kept = await load(join("removed away", "model"));
    expect(kept.epochs).toBeGreaterThan(0);
  });

  test("a folder that comes back: the training saves there again", async () => {
    const place = join(run.folder, "back");
    await mkdir(place);
    const { child, result } = start(["train", ...long(), "--out", join(place, "model")]);
    await epochPrinted(child, 3);
    await rename(place, `${place} away`);
    await new Promise((resolve) => child.stderr?.once("data", resolve));
    await rename(`${place} away`, place);
    const { code, stderr } = await result;
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("is not saved yet") });
    expect((await load(join("back", "model"))).epochs).toBe(400);
  });

  test.skipIf(!canDropRights)("a folder without permission is refused before the training", async () => {
    const place = join(run.folder, "forbidden");
    await mkdir(place);
    await chmod(place, 0o500);
    const { code, stderr, stdout } = await inShell(
      `${WITHOUT_RIGHTS} ${node("train", ...run.recipe, "--out", join(place, "model"))}`,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/got no permission: choose a place where you may write with --out\n$/);
  });

  test.skipIf(!canMount)("a read-only file system is refused before the training", async () => {
    const place = join(run.folder, "read-only");
    await mkdir(place);
    const mount = `mount -t tmpfs -o ro none '${place}'`;
    const { code, stderr, stdout } = await mounted(
      `${mount} && ${node("train", ...run.recipe, "--out", join(place, "model"))}`,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/got a read-only file system: choose a place that is not read-only with --out\n$/);
  });

  test.skipIf(!canMount)(
    "a full disk: the last good file stays, the result goes elsewhere, and the message says what to do",
    async () => {
      const place = join(run.folder, "full");
      await mkdir(place);
      // Room for two models of 66 KB, until their histories have grown.
      const mount = `mount -t tmpfs -o size=160k none '${place}'`;
      const train = node("train", ...run.recipe, "--out", join(place, "model"));
      const { code, stderr } = await mounted(
        `${mount} && { ${train}; code=$?; cp '${place}/model' kept; exit $code; }`,
      );
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /got a full disk: free some space, or choose another place with --out \(epoch \d+ is not saved yet\)/,
      );
      const kept = await load("kept");
      expect(kept.epochs).toBeGreaterThan(0);
      expect(kept.epochs).toBeLessThan(300);
      const [, refuge] = /the model was saved to (.+) instead\n$/.exec(stderr) ?? [];
      expect(await (await Network.load(await readFile(refuge), { kernels: createReference() })).hash()).toBe(
        run.expected,
      );
      await rm(refuge);
      // And what stayed resumes.
      expect(hashOf((await ductus("resume", "kept")).stdout)).toBe(run.expected);
    },
  );
});
