// Two programs that write to the same place: the second one is told. Locks that the dead left behind hinder nobody.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/formats/safetensors.js";
import { writeIdxFolder } from "../idx-files.js";
import { keepDuctus, MAIN, type Result, startDuctus, startProgram } from "./command-line.js";

const TRAIN = ["train", "--data", "../data", "--hidden", "8", "--validation", "0"];
const SEARCH = ["tune", "--data", "../data", "--hidden", "4", "--eta", "0.1..1", "--trials", "9"];
/** Longer than any test. */
const LONG = ["--epochs", "1000000"];
const SHORT = ["--epochs", "1"];
const LOCK = "model.safetensors.lock";
const kept = keepDuctus();

let root: string;
let folder: string;
let count = 0;
let children: { readonly child: ChildProcess; readonly result: Promise<Result> }[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ductus-locks-"));
  await mkdir(join(root, "data"));
  await writeIdxFolder(join(root, "data"), { training: 120, test: 20, rows: 4, columns: 6, classes: 4 });
});
beforeEach(async () => {
  folder = join(root, String(++count));
  await mkdir(folder);
});
afterEach(async () => {
  for (const { child } of children) child.kill("SIGKILL");
  await Promise.all(children.map(({ result }) => result));
  children = [];
});
afterAll(() => rm(root, { recursive: true }));

/** In a process of its own. */
const inProcess: typeof kept = (place, args) => startDuctus(place, args).result;

function ductus(...args: readonly string[]): Promise<Result> {
  return inProcess(folder, args);
}

/** Starts a command, and waits for its first line. */
async function begin(...args: readonly string[]): Promise<ChildProcess> {
  const started = startDuctus(folder, args);
  children.push(started);
  await Promise.race([new Promise((resolve) => started.child.stdout?.once("data", resolve)), started.result]);
  return started.child;
}

async function expectTold(args: readonly string[], who: string | RegExp, run = kept, place = folder): Promise<void> {
  const { code, stdout, stderr } = await run(place, args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^ductus: [^\n]*: [^\n]+ is writing it: wait for it to end, [^\n]* with --out\n$/);
  expect(stderr).toMatch(who);
}

/** This computer and its present run, as locks have it. */
function bootId(): string {
  const read = (text: () => string) => {
    try {
      return text();
    } catch {
      return "";
    }
  };
  const space = read(() => readlinkSync("/proc/self/ns/pid"));
  const boot = read(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1")).trim();
  return createHash("sha256").update(`${hostname()} ${space} ${boot}`).digest("hex");
}

async function writeLock(owner: Readonly<Record<string, unknown>>, name = LOCK, place = folder): Promise<void> {
  const whole = { lock: "ductus", pid: 1, start: "1", boot: bootId(), hostname: "box", token: "0", ...owner };
  await writeFile(join(place, name), `${JSON.stringify(whole)}\n`);
}

/** Lets a lock look as if nobody had touched it for an hour. */
async function age(place = folder): Promise<void> {
  const past = new Date(Date.now() - 3_600_000);
  await utimes(join(place, LOCK), past, past);
}

/** Does it for each, in a folder of its own for each and at the same time, since most of the time is waited. */
async function inFolders<Each>(all: readonly Each[], run: (each: Each, place: string) => Promise<void>): Promise<void> {
  await Promise.all(
    all.map(async (each, i) => {
      const place = join(folder, String(i));
      await mkdir(place);
      await run(each, place);
    }),
  );
}

/** The process number of a program that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--version"]);
  await new Promise((resolve) => child.once("close", resolve));
  return child.pid as number;
}

describe("two at the same time", () => {
  test("two training runs to one file, by whatever name: the second one is told", async () => {
    const { pid } = await begin(...TRAIN, ...LONG);
    await symlink("model.safetensors", join(folder, "link"));
    await expectTold([...TRAIN, ...SHORT], new RegExp(`: process ${pid} is writing`), inProcess);
    await expectTold([...TRAIN, ...SHORT, "--force", "--out", join(folder, "model.safetensors")], `process ${pid}`);
    const { code } = await ductus(...TRAIN, ...SHORT, "--out", "other.safetensors");
    expect(code).toBe(0);
    await expectTold(["resume", "other.safetensors", "--epochs", "2", "--out", "model.safetensors"], `process ${pid}`);
    // Who only reads is not hindered, once there is a model.
    await expect.poll(() => readdir(folder)).toContain("model.safetensors");
    expect(await ductus("evaluate")).toMatchObject({ code: 0, stderr: "" });
    await expectTold(["resume", "link"], `process ${pid}`);
  });

  test("a training that ends, however it does, leaves no lock", async () => {
    expect((await ductus(...TRAIN, ...SHORT)).code).toBe(0);
    const child = await begin(...TRAIN, ...LONG);
    expect(await readdir(folder)).toContain(LOCK);
    child.kill("SIGTERM");
    await children[0].result;
    expect((await ductus(...TRAIN, "--data", "nowhere")).code).toBe(1);
    expect((await readdir(folder)).filter((name) => name.includes(".lock"))).toEqual([]);
  });

  test("two searches in one folder: the second one is told", async () => {
    const { pid } = await begin(...SEARCH, ...LONG);
    await symlink("tune", join(folder, "same"));
    await expectTold([...SEARCH, ...LONG], new RegExp(`search.json: .*process ${pid} is`), inProcess);
    await expectTold([...SEARCH, ...LONG, "--out", "same"], `process ${pid}`);
    children[0].child.kill("SIGKILL");
    await children[0].result;
    await begin(...SEARCH, ...LONG);
    expect(children[1].child.exitCode).toBe(null);
  });

  test("a training to the best model of a search: told while that runs, kept when it saves its own", async () => {
    const { pid } = await begin(...SEARCH, ...LONG);
    const best = [...TRAIN, ...SHORT, "--out", join("tune", "best.safetensors")];
    await expectTold(best, `process ${pid}`);
    children[0].child.kill("SIGKILL");
    await children[0].result;
    const search = [...SEARCH, "--epochs", "9", "--trials", "3", "--seed", "2"];
    await rm(join(folder, "tune"), { recursive: true });
    expect(await ductus(...search)).toMatchObject({ code: 0, stderr: "" });
    const found = await readFile(join(folder, "tune", "best.safetensors"));
    await rm(join(folder, "tune", "best.safetensors"));
    expect(await ductus(...best)).toMatchObject({ code: 0 });
    const other = await readFile(join(folder, "tune", "best.safetensors"));
    const { code, stderr } = await ductus(...search);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("is now tune/best.1.safetensors") });
    // Only its times are others.
    const again = await readFile(join(folder, "tune", "best.safetensors"));
    expect(decodeSafetensors(again).tensors).toEqual(decodeSafetensors(found).tensors);
    expect(await readFile(join(folder, "tune", "best.1.safetensors"))).toEqual(other);
  });
});

test.each([{ hostname: undefined }, { hostname: "" }, { hostname: 7 }, { boot: undefined }, { boot: 1 }, { pid: "1" }])(
  "a lock that does not say all, %o, names nobody",
  async (owner) => {
    await writeLock({ boot: "another", ...owner });
    await expectTold([...TRAIN, ...SHORT], /: another program is writing/);
  },
);

describe("a lock that was left behind", () => {
  test("by kill -9 is taken over at once", async () => {
    const child = await begin(...TRAIN, ...LONG);
    child.kill("SIGKILL");
    await children[0].result;
    expect(await readdir(folder)).toContain(LOCK);
    expect(await ductus(...TRAIN, ...SHORT, "--force")).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
  });

  test.runIf(process.platform === "linux")("by a process whose number another one has now", async () => {
    await writeLock({ pid: process.pid, start: "1" });
    expect(await ductus(...TRAIN, ...SHORT)).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
  });

  test("is taken by exactly one of many that come at the same time", async () => {
    const pid = await deadProcess();
    for (let round = 0; round < 3; round++) {
      await writeLock({ pid });
      const started = Array.from({ length: 5 }, () => startDuctus(folder, [...TRAIN, ...LONG]));
      children.push(...started);
      const told = started.map(async ({ child, result }) => {
        await Promise.race([new Promise((resolve) => child.stdout?.once("data", resolve)), result]);
        return child.exitCode ?? 0;
      });
      expect((await Promise.all(told)).sort()).toEqual([0, 1, 1, 1, 1]);
      expect((await readdir(folder)).filter((name) => name.includes(".lock"))).toEqual([LOCK]);
      for (const { child } of started) child.kill("SIGKILL");
      await Promise.all(started.map(({ result }) => result));
      await unlink(join(folder, LOCK));
    }
  }, 60_000);

  test("half written, or by a program killed while it took over another one, hinders for a while", async () => {
    await inFolders(["", '{"lock":"du', '{"lock":"ductus","pid":'], async (text, place) => {
      await writeFile(join(place, LOCK), text);
      await expectTold([...TRAIN, ...SHORT], ": another program is writing it", kept, place);
      await age(place);
      const train = startDuctus(place, [...TRAIN, ...SHORT, "--data", "../../data"]);
      expect(await train.result).toMatchObject({ code: 0, stderr: "" });
      expect(await readdir(place)).toEqual(["model.safetensors"]);
    });
    const pid = await deadProcess();
    await writeLock({ pid });
    const text = await readFile(join(folder, LOCK));
    await writeLock({ pid, token: "1" }, `${LOCK}.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`);
    expect(await ductus(...TRAIN, ...SHORT, "--force")).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(folder)).toContain("model.safetensors");
    expect((await readdir(folder)).filter((name) => name.includes(".lock"))).toEqual([]);
  }, 60_000);
});

describe("another container", () => {
  /** One with the same process number as a program that runs, and as one that does not. */
  const foreign = async () => [process.pid, await deadProcess()].map((pid) => ({ pid, boot: "0".repeat(64) }));

  test("has its lock as long as its heart beats, whatever process has its number here", async () => {
    await inFolders(await foreign(), async (owner, place) => {
      await writeLock(owner, LOCK, place);
      const train = [...TRAIN, ...SHORT, "--data", "../../data"];
      await expectTold(train, new RegExp(`: process ${owner.pid} on box is`), kept, place);
      // Where the clocks differ, it looks old, but keeps beating.
      await age(place);
      const heart = setInterval(() => utimes(join(place, LOCK), new Date(1e12), new Date(Date.now() - 7e6)), 300);
      await expectTold(train, `process ${owner.pid} on box`, inProcess, place);
      clearInterval(heart);
    });
  }, 60_000);

  test("loses it when its heart has stopped", async () => {
    await inFolders(await foreign(), async (owner, place) => {
      await writeLock(owner, LOCK, place);
      await age(place);
      const train = startDuctus(place, [...TRAIN, ...SHORT, "--data", "../../data"]);
      expect(await train.result).toMatchObject({ code: 0, stderr: "" });
      expect(await readdir(place)).toEqual(["model.safetensors"]);
    });
  }, 60_000);

  test("is told of a beating heart by this one", async () => {
    await begin(...TRAIN, ...LONG);
    await age();
    const fresh = () => Date.now() - statSync(join(folder, LOCK)).mtimeMs < 60_000;
    await expect.poll(fresh, { timeout: 20_000 }).toBe(true);
  }, 30_000);

  test("that took the lock while this one stood still keeps it, and this one saves elsewhere", async () => {
    await begin(...TRAIN, "--epochs", "800");
    await writeLock({ pid: 7, boot: "0".repeat(64) });
    const { code, stderr } = await children[0].result;
    expect(code).toBe(1);
    const [, refuge] = /process 7 on box is writing it: .*; the model was saved to (.+) instead\n$/.exec(stderr) ?? [];
    expect((await readFile(refuge)).length).toBeGreaterThan(100);
    await rm(refuge);
    expect(await readdir(folder)).toContain(LOCK);
  });
});

test("a file that is no lock stays as it is", async () => {
  await writeFile(join(folder, LOCK), "My thesis");
  await age();
  const { code, stderr } = await ductus(...TRAIN, ...SHORT, "--force");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^ductus: .*lock: expected a lock of ductus, got another file: [^\n]*\n$/),
  });
  expect(await readFile(join(folder, LOCK), "utf8")).toBe("My thesis");
  expect(await readdir(folder)).toEqual([LOCK]);
});

test.runIf(process.platform === "linux")(
  "what nobody can read to its end, in place of a lock, is refused at once, and stays as it is",
  async () => {
    const place = join(folder, LOCK);
    await writeFile(join(folder, "own"), `{"lock":"ductus","pid":1}${" ".repeat(5000)}`);
    for (const make of [
      () => spawnSync("sh", ["-c", `mkfifo '${place}'`]),
      () => symlink("/dev/zero", place),
      () => symlink("/dev/stdin", place),
      () => symlink("own", place),
      () => mkdir(place),
      () => copyFile(join(folder, "own"), place),
    ]) {
      await make();
      const before = lstatSync(place);
      for (const args of [
        [...TRAIN, ...SHORT],
        [...TRAIN, ...SHORT, "--force"],
      ]) {
        const { code, stdout, stderr } = await kept(folder, args);
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
        expect(stderr).toMatch(/^ductus: .*lock: expected a lock of ductus, got another file: [^\n]*\n$/);
      }
      expect([lstatSync(place).ino, lstatSync(place).mode]).toEqual([before.ino, before.mode]);
      expect((await readdir(folder)).sort()).toEqual([LOCK, "own"]);
      await rm(place, { recursive: true });
    }
  },
  60_000,
);

test.runIf(process.platform === "linux")(
  "a lock that is replaced while its program trains hinders no end",
  async () => {
    for (const make of [
      (place: string) => spawnSync("sh", ["-c", `mkfifo '${place}'`]),
      (place: string) => symlink("/dev/zero", place),
    ]) {
      const child = await begin(...TRAIN, ...LONG);
      // In one step: where there is none, the training makes its lock again.
      await make(join(folder, "made"));
      await rename(join(folder, "made"), join(folder, LOCK));
      child.kill("SIGTERM");
      expect((await children[children.length - 1].result).code).toBe(143);
      await unlink(join(folder, LOCK));
    }
  },
);

test.skipIf(spawnSync("unshare", ["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]).status !== 0)(
  "on a full disk, nothing is left of the lock",
  async () => {
    await mkdir(join(folder, "full"));
    const line = [process.execPath, MAIN, ...TRAIN, ...SHORT, "--out", "full/model"]
      .map((word) => `'${word}'`)
      .join(" ");
    const script = `mount -t tmpfs -o size=4k,nr_inodes=16 none full && cat /dev/zero > full/zeros; ${line}; ls full`;
    const { stdout, stderr } = await startProgram(folder, "unshare", ["-Urm", "sh", "-c", script]).result;
    expect(stderr).toMatch(/ductus: full\/model: expected a place to write to, got a full disk: free some space, or/);
    expect(stdout).toBe("zeros\n");
  },
);

test("a name and a host in a lock cannot act on the terminal", async () => {
  await writeLock({ pid: 7, boot: "x", hostname: "\u001b[2J\u202eevil\n" });
  const { stderr } = await ductus(...TRAIN, ...SHORT);
  expect(stderr).toContain("process 7 on \\u001b[2J\\u202eevil\\n is writing");
});
