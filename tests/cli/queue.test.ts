// ductus tune --queue and ductus worker, with servers of their own: whoever trains, and whatever dies meanwhile, the
// best model and the results are the same to the byte.

import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findNode } from "../../conformance/installed.js";
import { writeIdxFolder } from "../idx-files.js";
import { MAIN, type Result, startProgram } from "./command-line.js";
import { KINDS, type Kind, PASSWORD, programOf, type Server, startServer } from "./servers.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A search of a second or two, in four rungs. */
const SEARCH = "--data data --hidden 30,30 --validation 500 --trials 27 --epochs 54".split(" ");

let folder: string;
let local: Result;
let expected: Awaited<ReturnType<typeof resultOf>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ductus-queue-"));
  await mkdir(join(folder, "data"));
  await writeIdxFolder(join(folder, "data"), { training: 4500, test: 20, rows: 12, columns: 12, classes: 4 });
  local = await start(["tune", ...SEARCH, "--out", "local"]).result;
  expect(local).toMatchObject({ code: 0, stderr: "" });
  expected = await resultOf("local");
});
afterAll(() => rm(folder, { recursive: true }));

type Started = ReturnType<typeof startProgram>;

/** Programs of the running test, with those that it has ended. */
const running: Started[] = [];
afterEach(async () => {
  for (const { child } of running) child.kill("SIGCONT");
  for (const { child } of running) child.kill("SIGKILL");
  await Promise.all(running.splice(0).map(({ result }) => result));
});

function start(args: readonly string[], node = process.execPath): Started {
  const program = startProgram(folder, node, [MAIN, ...args]);
  running.push(program);
  return program;
}

/** Both files of a search, to the byte. */
async function resultOf(out: string) {
  const [model, results] = await Promise.all(
    ["best.safetensors", "search.json"].map((name) => readFile(join(folder, out, name), "latin1")),
  );
  return { model, results };
}

/** What a search printed, but for the folder and the time it took. */
function withoutTimes(stdout: string): string {
  return stdout.replace(/^time .*$/m, "time").replace(/^model .*$/m, "model");
}

/** Starts a worker, and waits until it takes trials. */
async function worker(url: string, args: readonly string[] = [], node?: string) {
  const program = start(["worker", "--queue", url, "--data", "data", "--workers", "1", "--lease", "2", ...args], node);
  await said(program, /takes trials/);
  return program;
}

/** Resolves when a program has printed something. */
function said({ child, result }: Started, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const onData = (data: unknown) => {
      text += data;
      if (pattern.test(text)) resolve();
    };
    child.stdout?.on("data", onData);
    child.stderr?.on("data", onData);
    void result.then(({ stderr }) => reject(new Error(`expected ${pattern} to be said, got ${text}${stderr}`)));
  });
}

function search(url: string, out: string, ...args: readonly string[]) {
  return start(["tune", ...SEARCH, "--queue", url, "--out", out, ...args]);
}

/** That a search ended as the local one did. */
async function expectSame({ result }: Started, out: string): Promise<Result> {
  const ended = await result;
  expect(ended.code === 0 ? "" : ended.stderr).toBe("");
  expect(withoutTimes(ended.stdout)).toBe(withoutTimes(local.stdout));
  expect(await resultOf(out)).toEqual(expected);
  expect(ended.stderr).not.toContain("s3cr");
  return ended;
}

const MANY = 120_000;

describe.each(KINDS.map((kind) => ({ kind, program: programOf(kind) })))("$kind", ({ kind, program }) => {
  const there = program !== undefined;
  const missing = there ? "" : ` (${kind} is not there: apt-get install redis-server postgresql)`;
  let server: Server;
  beforeAll(async () => {
    if (there) server = await startServer(kind);
  }, MANY);
  afterAll(() => server?.close());

  test.skipIf(!there)(
    `one worker, then three, one of them with other vectors: the same to the byte${missing}`,
    async () => {
      await worker(server.url);
      await expectSame(search(server.url, `one ${kind}`), `one ${kind}`);
      await Promise.all([worker(server.url, ["--no-wide"]), worker(server.url, ["--workers", "2"])]);
      await expectSame(search(server.url, `three ${kind}`), `three ${kind}`);
    },
    MANY,
  );

  test.skipIf(!there)(
    `worker and coordinator are killed, the server crashes and is there again${missing}`,
    async () => {
      const out = `killed ${kind}`;
      const workers = await Promise.all([worker(server.url), worker(server.url)]);
      const first = search(server.url, out);
      await said(first, /rung 1/);
      workers[0].child.kill("SIGKILL");
      first.child.kill("SIGKILL");
      const second = search(server.url, out);
      await said(second, /rung 1/);
      await server.stop();
      await sleep(300);
      await server.start();
      const { stderr } = await expectSame(second, out);
      expect(stderr).not.toMatch(/ {2}at |Error:/);
    },
    MANY,
  );

  test.skipIf(!there)(
    `a trial of a worker that stands still is done by another one, and what it says later is compared${missing}`,
    async () => {
      const out = `slow ${kind}`;
      const slow = await worker(server.url);
      const coordinator = search(server.url, out);
      await said(coordinator, /waits for machines/);
      await sleep(400);
      slow.child.kill("SIGSTOP");
      await worker(server.url);
      await sleep(3000);
      slow.child.kill("SIGCONT");
      const { stderr } = await expectSame(coordinator, out);
      expect(stderr).not.toContain("wrongly");
    },
    MANY,
  );

  test.skipIf(!there)(
    `SIGTERM gives a trial back at once${missing}`,
    async () => {
      const out = `stopped ${kind}`;
      const stopped = await worker(server.url, ["--lease", "15"]);
      const coordinator = search(server.url, out);
      await said(coordinator, /waits for machines/);
      await sleep(300);
      stopped.child.kill("SIGTERM");
      expect(await stopped.result).toMatchObject({
        code: 143,
        stderr: "ductus: stopped by SIGTERM; trials that were not done are given back\n",
      });
      await worker(server.url, ["--lease", "15"]);
      await expectSame(coordinator, out);
    },
    MANY,
  );

  // What has nothing to do with the kind of the server is done with one of them.
  const isRedis = there && kind === "Redis";
  const node26 = findNode("26");
  test.skipIf(!isRedis || node26 === undefined)(
    `a worker on Node 26${missing}${node26 ? "" : " (not there: npm run conformance -- --install)"}`,
    async () => {
      await worker(server.url, [], node26);
      await worker(server.url);
      await expectSame(search(server.url, `mixed ${kind}`), `mixed ${kind}`);
    },
    MANY,
  );

  test.skipIf(!there)(
    `a wrong password is one sentence, without the password${missing}`,
    async () => {
      const url = server.url.replace(encodeURIComponent(PASSWORD), "wr0ng-one");
      for (const args of [["worker"], ["tune", ...SEARCH, "--out", `refused ${kind}`]]) {
        const { code, stderr } = await start([...args, "--queue", url]).result;
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: expect.stringMatching(
            /^ductus: \w+:\/\/127[.\d:]+: expected a server for the queue, got a user or password that it refuses\n$/,
          ),
        });
      }
    },
    MANY,
  );

  test.skipIf(!there)(
    `a server that is away at first is waited for${missing}`,
    async () => {
      await server.stop();
      const out = `away ${kind}`;
      const coordinator = search(server.url, out);
      await said(coordinator, /expected a server for the queue, got no server at this address: trying again/);
      await server.start();
      await worker(server.url);
      const { stderr } = await expectSame(coordinator, out);
      expect(stderr.match(/trying again/g)).toHaveLength(1);
      expect(stderr).toContain("the server is there again");
    },
    MANY,
  );

  test.skipIf(!isRedis)(
    `two coordinators of one search both end, and know of each other${missing}`,
    async () => {
      const [one, two] = [`first ${kind}`, `second ${kind}`];
      const coordinators = [search(server.url, one)];
      await said(coordinators[0], /waits for machines/);
      await sleep(500);
      coordinators.push(search(server.url, two));
      await said(coordinators[0], /coordinates the same search: both get its results/);
      await worker(server.url, ["--workers", "2"]);
      const ended = await Promise.all([expectSame(coordinators[0], one), expectSame(coordinators[1], two)]);
      expect(ended[1].stderr).toContain("coordinates the same search");
    },
    MANY,
  );
});

describe("Redis alone", () => {
  const there = programOf("Redis") !== undefined;
  let server: Server;
  let board: Queue;
  let redis: Redis;
  beforeAll(async () => {
    if (!there) return;
    server = await startServer("Redis" satisfies Kind, ["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
    redis = new Redis(server.url);
    redis.on("error", () => {});
    board = new Queue("ductus-board", { connection: { url: server.url }, prefix: "ductus", skipVersionCheck: true });
  }, MANY);
  afterAll(async () => {
    redis?.disconnect();
    await board?.close();
    await server?.close();
  });

  test.skipIf(!there)(
    "what evicts or forgets is said, and forgetting everything costs time alone",
    async () => {
      const coordinator = search(server.url, "forgotten");
      await said(coordinator, /waits for machines/);
      await sleep(500);
      await server.stop();
      await server.start();
      await worker(server.url);
      const { stderr } = await expectSame(coordinator, "forgotten");
      expect(stderr).toMatch(/: expected maxmemory-policy noeviction, got allkeys-lru: /);
      expect(stderr).toMatch(/: expected appendonly yes, got no: /);
    },
    MANY,
  );

  test.skipIf(!there)(
    "a machine that computes wrongly is noticed, and both machines are named",
    async () => {
      const coordinator = search(server.url, "alarmed");
      await said(coordinator, /waits for machines/);
      let name: string | undefined;
      for (let i = 0; name === undefined && i < 200; i++, await sleep(50)) {
        const keys = await redis.keys("ductus:ductus-jobs-*:*-*");
        name = keys.map((key) => /:([0-9a-f]{32}-[0-9a-f]{32})$/.exec(key)?.[1]).find(Boolean);
      }
      const [search_, id] = (name as string).split("-");
      const entry = { epoch: 1, cost: 0.1, accuracy: 1, validationCost: 0.1, validationAccuracy: 1, seconds: 0 };
      const row = { id, machine: "liar:1", correct: 7, count: 500, cost: 0.5, history: [entry] };
      await board.addJobLog(search_, "no JSON");
      await board.addJobLog(search_, JSON.stringify({ ...row, correct: 2000 }));
      await board.addJobLog(search_, JSON.stringify(row));
      await worker(server.url);
      const { code, stderr } = await coordinator.result;
      expect(code).toBe(1);
      expect(stderr).toMatch(/expected one result, got 7 of 500, cost 0\.5 from liar:1, and \d+ of 500, .* from /);
    },
    MANY,
  );

  test.skipIf(!there)(
    "a coordinator whose disk is full ends in one sentence, and goes on where it was",
    async () => {
      const args = ["tune", ...SEARCH, "--queue", server.url, "--out", "full"];
      const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(" ");
      // Eight blocks: the journal has more when half of the first rung is there.
      const coordinator = startProgram(folder, "sh", ["-c", `ulimit -f 8; exec ${command}`]);
      running.push(coordinator);
      await worker(server.url);
      const { code, stderr } = await coordinator.result;
      expect(code).toBe(1);
      expect(stderr.trim().split("\n").pop()).toMatch(/^ductus: full\/search\.json: expected .*, got .*limit/);
      await expectSame(start(args), "full");
    },
    MANY,
  );

  test.skipIf(!there)(
    "a search of another version is named, and no job of it is taken; what is no job is refused",
    async () => {
      const hash = "0".repeat(64);
      await board.add("search", { version: "9.9.9", module: hash, data: hash, machine: "there:1" }, { jobId: "other" });
      const one = start(["worker", "--queue", server.url, "--data", "data"]);
      await said(one, /takes no trials of the search on there:1: expected Ductus 9\.9\.9, got 0\.1\.0: install/);
      const [name] = await redis.keys("ductus:ductus-jobs-*:meta");
      const jobs = new Queue(name.split(":")[1], {
        connection: { url: server.url },
        prefix: "ductus",
        skipVersionCheck: true,
      });
      const job = await jobs.add("trial", { settings: { data: "/etc" }, epochs: [1] });
      await said(one, /expected a job of ductus tune, got another one/);
      for (let i = 0; (await job.getState()) !== "failed" && i < 100; i++) await sleep(50);
      expect(await job.getState()).toBe("failed");
      await jobs.close();
      await board.remove("other");
    },
    MANY,
  );
});

test("without its packages a queue is refused in one sentence, with the command that installs them", async () => {
  const copy = join(folder, "copy");
  await cp(join(ROOT, "build"), join(copy, "build"), { recursive: true });
  await cp(join(ROOT, "package.json"), join(copy, "package.json"));
  const main = join(copy, "build/cli/main.js");
  for (const [url, driver] of [
    ["redis://:s3cret@host", "ioredis"],
    ["postgres://me:s3cret@host/base", "pg"],
  ]) {
    const args = [main, "worker", "--data", "data", "--queue", url];
    const { code, stdout, stderr } = await startProgram(folder, process.execPath, args).result;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(
        `^ductus: \\w+://host: expected the packages bullmq and ${driver}, which a queue needs, got no bullmq: ` +
          `npm install bullmq@6 ${driver} [^\n]+\n$`,
      ),
    );
  }
});
