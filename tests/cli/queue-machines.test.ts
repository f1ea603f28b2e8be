// A search on four machines: network namespaces of Linux, each with its own address, and two workers in each. It needs
// root.

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeIdxFolder } from "../idx-files.js";
import { MAIN, startDuctus, startProgram } from "./command-line.js";
import { programOf, type Server, startServer } from "./servers.js";

const SEARCH = "--data data --hidden 30,30 --validation 500 --trials 27 --epochs 54".split(" ");
/** A name for everything of this test, of at most 10 characters. */
const NAME = `dt${process.pid}`;
const MACHINES = [1, 2, 3, 4];
/** A network that few use. */
const address = (host: number) => `198.18.${process.pid % 256}.${host}`;

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: "ignore" });
}

/** Whether there are namespaces here, with a bridge between them. */
function makeMachines(): boolean {
  try {
    ip("link", "add", NAME, "type", "bridge");
    ip("addr", "add", `${address(254)}/24`, "dev", NAME);
    ip("link", "set", NAME, "up");
    for (const i of MACHINES) {
      const [space, outer, inner] = [`${NAME}-${i}`, `${NAME}v${i}`, `${NAME}w${i}`];
      ip("netns", "add", space);
      ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", space);
      ip("link", "set", outer, "master", NAME, "up");
      ip("-n", space, "addr", "add", `${address(i)}/24`, "dev", inner);
      ip("-n", space, "link", "set", inner, "up");
    }
    return true;
  } catch {
    return false;
  }
}

const there = process.getuid?.() === 0 && programOf("Redis") !== undefined && makeMachines();
let folder: string;
let server: Server | undefined;
const workers: ReturnType<typeof startProgram>[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-machines-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 4500, test: 20, rows: 12, columns: 12, classes: 4 });
  if (there) server = await startServer("Redis", [], address(254));
});
afterAll(async () => {
  for (const { child } of workers) child.kill("SIGKILL");
  await Promise.all(workers.map(({ result }) => result));
  await server?.close();
  for (const i of MACHINES) if (there) ip("netns", "del", `${NAME}-${i}`);
  if (there) ip("link", "del", NAME);
  await rm(folder, { recursive: true });
});

function work(machine: number): ReturnType<typeof startProgram> {
  const command = [process.execPath, MAIN, "worker", "--queue", server?.url ?? "", "--data", "data"];
  const limits = ["--workers", "2", "--lease", "2"];
  const program = startProgram(folder, "ip", ["netns", "exec", `${NAME}-${machine}`, ...command, ...limits]);
  workers.push(program);
  return program;
}

test.skipIf(!there)(
  "eight workers on four machines, of which one is killed and one is cut off: the same to the byte" +
    (there ? "" : " (needs root, network namespaces and redis-server)"),
  async () => {
    const local = await startDuctus(folder, ["tune", ...SEARCH, "--out", "local"]).result;
    expect(local.code).toBe(0);
    const coordinator = startDuctus(folder, ["tune", ...SEARCH, "--queue", server?.url ?? "", "--out", "far"]);
    const programs = MACHINES.map(work);
    await new Promise((resolve) =>
      coordinator.child.stdout?.on("data", (text) => /rung 1/.test(text) && resolve(text)),
    );
    programs[0].child.kill("SIGKILL");
    ip("link", "set", `${NAME}v2`, "down");
    await sleep(3000);
    ip("link", "set", `${NAME}v2`, "up");
    const { code, stderr } = await coordinator.result;
    expect({ code, wrong: /wrongly/.test(stderr) }).toEqual({ code: 0, wrong: false });
    for (const name of ["best.safetensors", "search.json"]) {
      const [here, there] = await Promise.all(
        ["local", "far"].map((out) => readFile(join(folder, out, name), "latin1")),
      );
      expect(there).toBe(here);
    }
  },
  120_000,
);
