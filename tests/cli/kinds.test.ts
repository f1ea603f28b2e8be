// A file's kind: by its contents, while another program replaces the file, and by the ending of its name.

import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KINDS, otherEnding, readHeader } from "../../apps/cli/kinds.js";
import { encodeSafetensors } from "../../src/formats/safetensors.js";

test("a model that a training replaces again and again is a model at every moment", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ductus-kinds-"));
  try {
    const model = join(folder, "model.safetensors");
    // The history in the header gets longer with each epoch.
    const save = async (epoch: number) => {
      const metadata = new Map([
        ["format", "ductus"],
        ["history", "x".repeat(100 * (epoch % 50))],
      ]);
      await writeFile(join(folder, "new"), encodeSafetensors({ tensors: new Map(), metadata }));
      await rename(join(folder, "new"), model);
    };
    await save(0);
    let [epochs, checks, done] = [0, 0, false];
    const train = async () => {
      while (!done) await save(++epochs);
    };
    const check = async () => {
      for (; checks < 500 || epochs < 500; checks++) {
        expect(await KINDS.model.matches(model)).toBe(true);
        expect((await readHeader(model))?.metadata.format).toBe("ductus");
      }
    };
    const training = train();
    await check().finally(() => {
      done = true;
    });
    await training;
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ["model.pt", KINDS.model, "pt"],
  ["drawing.PNG", KINDS.model, "png"],
  ["sheet.safetensors", KINDS.sheet, "safetensors"],
  ["page.txt", KINDS.report, "txt"],
  ["net.h5", KINDS.onnx, "h5"],
  ["model.safetensors", KINDS.model, undefined],
  ["MODEL.SafeTensors", KINDS.safetensors, undefined],
  ["model", KINDS.model, undefined],
  ["model.2026-11-26", KINDS.model, undefined],
  [".png", KINDS.model, undefined],
])("%s says that it is of another kind, or nothing", (name, kind, ending) => {
  expect(otherEnding(name, kind)).toBe(ending);
});
