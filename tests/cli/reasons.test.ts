// What the system says of files, in words.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reasonOf } from "../../apps/cli/reasons.js";
import { createReference } from "../../src/kernels/reference/reference.js";
import { Network } from "../../src/network/network.js";
import { MAIN } from "./command-line.js";

test("has no bare code, and says of one without words that it is the system's", () => {
  const codes = [...Object.keys(constants.errno), "ERR_FS_FILE_TOO_LARGE", "ENEW"];
  for (const code of codes) {
    const reason = reasonOf(Object.assign(new Error(), { code }));
    expect(reason).toMatch(/^(the system's error E[A-Z0-9_]+|[a-z][^_]*)$/);
    expect(reason).not.toBe(code);
  }
  const usual = ["EFBIG", "EBUSY", "EINVAL", "ENXIO", "ESTALE", "ETIMEDOUT", "EEXIST", "EMLINK", "ENOTSUP"];
  for (const code of usual) expect(reasonOf(Object.assign(new Error(), { code }))).not.toContain(code);
});

test.runIf(process.platform === "linux").each([20, 22, 24, 26, 28, 30])(
  "a limit of %i open files is told in words, whoever opens the one too many",
  (limit) => {
    const folder = mkdtempSync(join(tmpdir(), "ductus-reasons-"));
    const train = "train --hidden none --epochs 1 --limit 50 --batch-size 10 --threads 1";
    for (const command of [`${train} --force`, "evaluate", "report --force"]) {
      const script = `ulimit -n ${limit}; '${process.execPath}' '${MAIN}' ${command}`;
      const { stderr } = spawnSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" });
      expect(stderr, command).not.toMatch(/\bE[A-Z]{3,}|\n {2,}at /);
      if (stderr !== "") expect(stderr, command).toMatch(/^ductus: [^\n]*expected [^\n]*, got [^\n]*\n/);
    }
    rmSync(folder, { recursive: true });
  },
);

test.runIf(process.platform === "linux")(
  "a limit on the size of files is told in words, and leaves nothing",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "ductus-reasons-"));
    const network = await Network.create({ kernels: createReference(), layers: [784, 30, 4] });
    writeFileSync(join(folder, "model.safetensors"), network.save());
    const script = `ulimit -f 8; '${process.execPath}' '${MAIN}' export --out out.onnx`;
    const { status, stderr } = spawnSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" });
    const files = readdirSync(folder);
    rmSync(folder, { recursive: true });
    expect({ status, files }).toEqual({ status: 1, files: ["model.safetensors"] });
    expect(stderr).toBe(
      "ductus: out.onnx: expected a place to write to, got a limit on the size of files: " +
        "raise the limit (ulimit -f), or choose another place with --out\n",
    );
  },
);
