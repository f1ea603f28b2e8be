// What comes out of a queue, and the URL of one: hostile jobs, results and errors, without a server.

import { describe, expect, test } from "vitest";
import { Address } from "../../apps/cli/queue/address.js";
import { lackOf } from "../../apps/cli/queue/identity.js";
import { parseNotice, parsePayload, parseRow, portable, sameResult } from "../../apps/cli/queue/messages.js";
import { reasonFor } from "../../apps/cli/queue/reasons.js";
import { warningsOf } from "../../apps/cli/queue/server.js";
import { taskId } from "../../apps/cli/tune/task.js";
import { RandomStream } from "../../src/kernels/reference/random.js";

const IDENTITY = "f".repeat(32);
const SEARCH = "0".repeat(32);

function payload(settings: object = { hidden: "30", "batch-size": "10" }, epochs: unknown = [1, 3]) {
  const id = taskId({ settings: settings as Record<string, string>, epochs: epochs as number[] }, IDENTITY);
  return { search: SEARCH, id, more: true, settings, epochs };
}

describe("a job", () => {
  test("is what it was, without anything else", () => {
    const whole = payload();
    expect(parsePayload({ ...whole, path: "/etc/passwd", code: "exit()" }, IDENTITY)).toEqual(whole);
  });

  test("has the name of its settings, whatever their order, and of who can do it", () => {
    const task = { settings: { a: "1", b: "2" }, epochs: [1] };
    expect(taskId({ ...task, settings: { b: "2", a: "1" } }, IDENTITY)).toBe(taskId(task, IDENTITY));
    const others = [
      taskId(task, SEARCH),
      taskId({ ...task, epochs: [2] }, IDENTITY),
      taskId({ ...task, settings: { a: "1", b: "3" } }, IDENTITY),
    ];
    expect(new Set([taskId(task, IDENTITY), ...others]).size).toBe(4);
  });

  test("names no folder", () => {
    expect(portable({ data: "/home/me", hidden: "30" })).toEqual({ hidden: "30" });
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "job"],
    ["a list", [payload()]],
    ["no search", { ...payload(), search: "../../x" }],
    ["settings that are a list", payload([])],
    ["another option than those of a search", payload({ out: "/tmp/x" })],
    ["a folder", payload({ data: "/etc" })],
    ["an option of every object", payload({ constructor: "1" })],
    ["a number as a value", payload({ hidden: 30 })],
    ["a long value", payload({ hidden: "1".repeat(2000) })],
    ["no epochs", payload(undefined, [])],
    ["epochs that fall", payload(undefined, [3, 1])],
    ["epochs beyond all bounds", payload(undefined, [1e300])],
    [
      "too many rungs",
      payload(
        undefined,
        Array.from({ length: 40 }, (_, i) => i + 1),
      ),
    ],
    ["the name of another", { ...payload(), id: SEARCH }],
    ["another identity", { ...payload(), id: taskId({ settings: {}, epochs: [1] }, SEARCH) }],
    ["any size", { ...payload(), more: "x".repeat(100_000) }],
  ])("is refused with %s", (_, value) => {
    expect(() => parsePayload(value, IDENTITY)).toThrow(/^expected a job of ductus tune, got /);
  });
});

describe("a row of results", () => {
  const row = { id: SEARCH, machine: "a:1", correct: 1, count: 2, cost: 0.5, history: [] };

  test("is a result, or a greeting", () => {
    expect(parseRow(JSON.stringify({ ...row, more: 1 }))).toEqual(row);
    expect(parseRow(JSON.stringify({ hello: SEARCH, machine: "a:1" }))).toEqual({ hello: SEARCH, machine: "a:1" });
  });

  test.each([
    "",
    "null",
    "[]",
    "{",
    JSON.stringify({ ...row, id: "1" }),
    JSON.stringify({ ...row, machine: undefined }),
    JSON.stringify({ ...row, machine: "m".repeat(2000) }),
    JSON.stringify({ ...row, history: "none" }),
    JSON.stringify({ ...row, error: 1 }),
    JSON.stringify({ ...row, error: "e".repeat(2000) }),
    "1".repeat(5_000_000),
  ])("%.40s is none", (text) => {
    expect(parseRow(text)).toBeUndefined();
  });

  test("that is cut or changed is a whole one, or none", () => {
    const random = new RandomStream(Number(process.env.FUZZ_SEED ?? 1), 1007, 0);
    const text = JSON.stringify(row);
    let kept = 0;
    for (let i = 0; i < 3000; i++) {
      const at = random.nextBelow(text.length);
      const changed =
        text.slice(0, at) + String.fromCharCode(random.nextBelow(128)) + text.slice(at + random.nextBelow(3));
      const parsed = parseRow(changed);
      if (parsed === undefined || "hello" in parsed) continue;
      kept++;
      expect(parsed.id).toMatch(/^[0-9a-f]{32}$/);
      expect(Array.isArray(parsed.history) && typeof parsed.machine === "string").toBe(true);
    }
    expect(kept).toBeGreaterThan(100);
  });

  test("is compared to the last bit, but not by machine and time", () => {
    const entry = { epoch: 1, cost: 0.1, accuracy: 1, seconds: 1 };
    const one = { ...row, history: [entry] };
    expect(sameResult(one, { ...one, machine: "b:2", history: [{ ...entry, seconds: 2 }] })).toBe(true);
    expect(sameResult(one, { ...one, cost: 0.5 + 2 ** -53 })).toBe(false);
    expect(sameResult(one, { ...one, history: [{ ...entry, cost: 0.1 + 2 ** -56 }] })).toBe(false);
  });
});

test("a notice of a search that is none is not shown", () => {
  const hash = "a".repeat(64);
  const notice = { version: "1", module: hash, data: hash, machine: "a:1" };
  expect(parseNotice({ ...notice, more: 1 })).toEqual(notice);
  for (const value of [
    undefined,
    {},
    { ...notice, version: 1 },
    { ...notice, module: "x" },
    { ...notice, data: "/" },
  ]) {
    expect(parseNotice(value)).toBeUndefined();
  }
});

test("what a machine lacks is named: version, then module, then data", () => {
  const own = { version: "1", module: "a".repeat(64), data: "b".repeat(64) };
  expect(lackOf(own, own)).toBeUndefined();
  expect(lackOf(own, { ...own, version: "2" })).toBe("Ductus 2, got 1: install that version");
  expect(lackOf(own, { ...own, module: "c".repeat(64) })).toMatch(/^the module cccccccccccc, got aaaaaaaaaaaa: /);
  expect(lackOf(own, { ...own, data: "c".repeat(64) })).toMatch(/^the data with SHA-256 cccccccccccc\.\.\., got bbb/);
});

describe("the URL of a queue", () => {
  test.each([
    ["redis://:pass%2Fword@host:6379/1?family=6", "redis://host:6379"],
    ["rediss://user:pass%2Fword@host", "rediss://host"],
    ["postgres://user:pass%2Fword@host:5432/base?sslmode=verify-full", "postgres://host:5432"],
    ["postgresql://host/base?password=pass%2Fword", "postgresql://host"],
  ])("%s is shown as %s, and its password nowhere", (url, shown) => {
    const address = Address.parse(url);
    expect(address.shown).toBe(shown);
    expect(address.redact("no pass/word for pass%2Fword\n    at line 2")).not.toMatch(/word[^ ]|pass\/|line/);
    const error = Object.assign(new Error("bad pass/word"), { code: "X" });
    expect(reasonFor(error, address)).toEqual({ again: false, got: '"bad ***"' });
  });

  test.each(["", "host:6379", "http://:secret@host", "redis://", "mysql://root:secret@host", "redis//:secret"])(
    "%j is refused, and not repeated",
    (text) => {
      let message = "";
      try {
        Address.parse(text);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).toMatch(
        /^--queue: expected the URL of a server, as redis:\/\/host:6379 or .*, got something else$/,
      );
      expect(message).not.toContain("secret");
    },
  );
});

test.each([
  [{ code: "ECONNREFUSED" }, true],
  [{ errors: [{ code: "ECONNREFUSED" }] }, true],
  [{ code: "57P03", message: "the database system is starting up" }, true],
  [{ message: "Connection is closed." }, true],
  [{ message: "Client has encountered a connection error and is not queryable" }, true],
  [{ message: "LOADING Redis is loading the dataset in memory" }, true],
  [{ message: "WRONGPASS invalid username-password pair" }, false],
  [{ message: "NOAUTH Authentication required." }, false],
  [{ code: "28P01", message: "password authentication failed" }, false],
  [{ code: "DEPTH_ZERO_SELF_SIGNED_CERT", message: "self-signed certificate" }, false],
  [{ code: "3D000", message: 'database "x" does not exist' }, false],
  [undefined, false],
])("of an error %j it is known whether to try again", (error, again) => {
  expect(reasonFor(error, Address.parse("redis://host")).again).toBe(again);
});

test("what of a Redis loses jobs is said", () => {
  expect(warningsOf("maxmemory_policy:noeviction\r\naof_enabled:1\r\n")).toEqual([]);
  expect(warningsOf("aof_enabled:0\r\nmaxmemory_policy:volatile-ttl\r\n")).toEqual([
    expect.stringMatching(/^expected maxmemory-policy noeviction, got volatile-ttl: /),
    expect.stringMatching(/^expected appendonly yes, got no: /),
  ]);
});
