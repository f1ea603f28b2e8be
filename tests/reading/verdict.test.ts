// What a reading is worth: shares against the softmax written out, fits against grids, verdicts on cases made here.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { areaUnderCurve, calibrationError, fitCalibration } from "../../src/reading/calibration.js";
import { readDigits } from "../../src/reading/read.js";
import { calibrationMetadata, calibrationOf, sharesOf, verdict } from "../../src/reading/verdict.js";

const logits = fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 3, maxLength: 12 });
const temperatures = fc.double({ min: 0.3, max: 3, noNaN: true });

function softmax(z: readonly number[], temperature = 1): number[] {
  const powers = z.map((x) => Math.exp(x / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

describe("shares", () => {
  test("are the softmax of z / T", () => {
    fc.assert(
      fc.property(logits, temperatures, (z, temperature) => {
        const { classes, none } = sharesOf(softmax(z), { temperature });
        expect(none).toBe(0);
        for (const [j, share] of softmax(z, temperature).entries()) expect(classes[j]).toBeCloseTo(share, 10);
      }),
    );
  });

  test("of sigmoid outputs are those of a softmax with one class more, for what is no digit", () => {
    fc.assert(
      fc.property(logits, temperatures, (z, temperature) => {
        const sigmoids = z.map((x) => 1 / (1 + Math.exp(-x)));
        const { classes, none } = sharesOf(sigmoids, { temperature, noDigit: "sigmoid" });
        const expected = softmax([...z, 0], temperature);
        expect(none).toBeCloseTo(expected[z.length], 6);
        for (const [j, share] of classes.entries()) expect(share).toBeCloseTo(expected[j], 6);
      }),
    );
  });

  test("of what is no digit grow with its prior as odds do", () => {
    const activations = softmax([2, 1, 0.5, 1.2]);
    const once = sharesOf(activations, { temperature: 1, noDigit: 3 });
    const thrice = sharesOf(activations, { temperature: 1, noDigit: 3, prior: 3 });
    expect(once.none).toBeCloseTo(activations[3], 10);
    expect(thrice.none / (1 - thrice.none)).toBeCloseTo((3 * once.none) / (1 - once.none), 10);
    expect(thrice.classes[0] / thrice.classes[1]).toBeCloseTo(activations[0] / activations[1], 10);
  });

  test("of what is no digit grow with what the rivals of the likeliest digit have", () => {
    const activations = [0.2, 0.75, 0.5];
    const [small, large, middle] = activations.map((a) => a / (1 - a));
    const odds = (rivals: number) => {
      const { classes, none } = sharesOf(activations, { temperature: 1, noDigit: "sigmoid", prior: 2, rivals });
      expect(classes[1] / classes[2]).toBeCloseTo(large / middle, 10);
      return none / (1 - none);
    };
    for (const rivals of [0, 0.15, 1]) {
      expect(odds(rivals)).toBeCloseTo((2 * (small + middle) ** rivals) / (small + middle + large), 10);
    }
  });

  test("are numbers whatever the activations", () => {
    for (const noDigit of [undefined, 2, "sigmoid"] as const) {
      for (const activations of [
        [0, 0, 0],
        [1, 1, 1],
        [1, 0, 0],
        [1e-38, 0, 1e-38],
      ]) {
        const { classes, none } = sharesOf(activations, { temperature: 0.5, noDigit });
        const sum = classes.reduce((a, b) => a + b, none);
        expect(sum).toBeCloseTo(1, 10);
      }
    }
  });
});

describe("a verdict", () => {
  const calibration = { temperature: 1, noDigit: 3, reject: 0.5, sure: 0.9 } as const;

  test.each([
    [[0.95, 0.02, 0.01, 0.02], "sure", 0, 1],
    [[0.05, 0.5, 0.4, 0.05], "unsure", 1, 2],
    [[0.05, 0.2, 0.1, 0.65], "not a digit", 1, 2],
    [[0.25, 0.25, 0.25, 0.25], "unsure", 0, 1],
  ] as const)("on %j is %s", (activations, kind, label, second) => {
    const result = verdict(activations, calibration);
    expect(result).toMatchObject({ kind, label, second, calibrated: true });
    expect(result.confidence).toBeCloseTo(activations[label], 10);
    expect(result.secondConfidence).toBeCloseTo(activations[second], 10);
  });

  test("without calibration says so, and calls everything a digit", () => {
    expect(verdict([0.05, 0.02, 0.03])).toMatchObject({ kind: "unsure", label: 0, second: 2, calibrated: false });
    expect(verdict(Float32Array.of(0, 0.99, 0))).toMatchObject({ kind: "sure", label: 1, calibrated: false });
  });

  test("needs two classes beside that of no digit", () => {
    expect(() => verdict([1])).toThrow("activations: expected those of at least 2 classes, got 1");
    expect(() => verdict([0.5, 0.3, 0.2], calibration)).toThrow(RangeError);
  });
});

describe("a calibration in metadata", () => {
  test("comes back", () => {
    for (const calibration of [
      { temperature: 1.25, sure: 0.875 },
      { temperature: 0.5, noDigit: "sigmoid", prior: 0.03, rivals: 0.1, reject: 0.4, sure: 0.9 },
      { temperature: 2, noDigit: 10, reject: 0.4, sure: 1 },
    ] as const) {
      expect(calibrationOf(new Map(Object.entries(calibrationMetadata(calibration))))).toEqual(calibration);
    }
    expect(calibrationOf(new Map())).toBeUndefined();
  });

  test.each([
    "{",
    "null",
    "[]",
    "3",
    "{}",
    '{"temperature":0,"sure":0.9}',
    '{"temperature":"1","sure":0.9}',
    '{"temperature":1}',
    '{"temperature":1,"sure":1.1}',
    '{"temperature":1,"sure":0.9,"reject":-1}',
    '{"temperature":1,"sure":0.9,"prior":0}',
    '{"temperature":1,"sure":0.9,"noDigit":1.5}',
    '{"temperature":1,"sure":0.9,"noDigit":"softmax"}',
  ])("%s is refused", (text) => {
    expect(() => calibrationOf(new Map([["calibration", text]]), "a.safetensors")).toThrow(FormatError);
    expect(() => calibrationOf(new Map([["calibration", text]]), "a.safetensors")).toThrow(/^a\.safetensors: metadata/);
  });
});

describe("a calibration and the outputs of its network", () => {
  const of = (noDigit: unknown, outputs: number) => {
    const text = JSON.stringify({ temperature: 1, noDigit, sure: 0.9 });
    return calibrationOf(new Map([["calibration", text]]), "a.safetensors", outputs);
  };

  test.each([
    [undefined, 10],
    [undefined, 11],
    ["sigmoid", 10],
    ["sigmoid", 2],
    [10, 11],
    [2, 3],
  ])("agree: noDigit %j of %i outputs", (noDigit, outputs) => {
    expect(of(noDigit, outputs)?.noDigit).toBe(noDigit);
  });

  test.each([
    ["sigmoid", 11, "10"],
    ["sigmoid", 26, "25"],
    [3, 11, "10"],
    [11, 11, "10"],
    [10, 10, '9 or "sigmoid"'],
    [1, 2, '"sigmoid"'],
  ])("do not agree: noDigit %j of %i outputs", (noDigit, outputs, expected) => {
    expect(() => of(noDigit, outputs)).toThrow(FormatError);
    expect(() => of(noDigit, outputs)).toThrow(
      `a.safetensors: metadata calibration: expected noDigit ${expected} for ${outputs} outputs, got `,
    );
  });

  test("are compared where a network reads", () => {
    const data = new Uint8Array(28 * 28).fill(255);
    for (let y = 4; y < 24; y++) data.fill(0, 28 * y + 13, 28 * y + 16);
    const picture = { width: 28, height: 28, channels: 1, depth: 8, data } as const;
    const activations = Float32Array.from({ length: 11 }, (_, j) => (j === 10 ? 0.99 : 0.01));
    for (const noDigit of ["sigmoid", 3, 11] as const) {
      const metadata = new Map(Object.entries(calibrationMetadata({ temperature: 1, noDigit, sure: 0.9 })));
      expect(() => readDigits(picture, { predict: () => ({ activations }), metadata })).toThrow(
        "network: metadata calibration: expected noDigit 10 for 11 outputs",
      );
    }
  });
});

/** Wrong members of a calibration, and what errors say that each should be. */
const WRONG: readonly (readonly [object, RegExp])[] = [
  ...[0, -1, Number.NaN, "1", null, Number.POSITIVE_INFINITY].map(
    (temperature) => [{ temperature }, /^temperature: expected a number from 1e-6 to 1e6, got /] as const,
  ),
  ...[0, -1, Number.NaN, "1"].map((prior) => [{ prior }, /^prior: expected a number from 1e-6 to 1e6, got /] as const),
  ...[-0.1, 1.1, Number.NaN, "1"].map((rivals) => [{ rivals }, /^rivals: expected a number from 0 to 1/] as const),
  ...[-0.1, 1.1, Number.NaN, "1"].map((reject) => [{ reject }, /^reject: expected a number from 0 to 1/] as const),
  ...["q", 1.5, -1, Number.NaN, null, true].map(
    (noDigit) => [{ noDigit }, /^noDigit: expected the number of a class or "sigmoid", got /] as const,
  ),
  [{ temprature: 2 }, /^calibration: unknown option temprature: did you mean temperature\?/],
];

describe("wrong arguments", () => {
  const right = { temperature: 1, sure: 0.9 };
  const activations = [0.1, 0.8, 0.1];

  test.each(WRONG)("a calibration with %o", (member, message) => {
    const wrong = { ...right, ...member };
    expect(() => verdict(activations, wrong)).toThrow(message);
    expect(() => sharesOf(activations, wrong)).toThrow(message);
    expect(() => calibrationMetadata(wrong)).toThrow(message);
  });

  test.each([[undefined], [-0.1], [2], ["1"]])("a calibration that is sure from %o", (sure) => {
    const wrong = { temperature: 1, sure } as { temperature: number; sure: number };
    expect(() => verdict(activations, wrong)).toThrow(/^sure: expected a number from 0 to 1, got /);
    expect(() => calibrationMetadata(wrong)).toThrow(/^sure: expected a number from 0 to 1, got /);
  });

  test.each([
    [[Number.NaN, 0.5, 0.5]],
    [[0.5, -0.1, 0.5]],
    [[0.5, 1.1, 0.5]],
    [["0.5", 0.5, 0.5] as unknown as number[]],
    [Object.assign([0.5, 0.5], { length: 3 })],
  ])("activations %o", (wrong) => {
    const message = /^activations: expected numbers from 0 to 1, got /;
    expect(() => verdict(wrong)).toThrow(message);
    expect(() => sharesOf(wrong)).toThrow(message);
    expect(() => fitCalibration({ activations: [wrong], labels: [0] })).toThrow(message);
  });

  test.each([
    [{ shown: 1 }, /^shown: expected a number from 0 to below 1, got 1/],
    [{ shown: -0.1 }, /^shown: /],
    [{ kept: 1.1 }, /^kept: expected a number from 0 to 1, got 1.1/],
    [{ kept: Number.NaN }, /^kept: /],
    [{ right: "1" }, /^right: /],
    [{ noDigit: "q" }, /^noDigit: /],
    [{ noDigit: 1.5 }, /^noDigit: /],
    [{ noDigit: 3 }, /^activations: expected those of at least 4 classes, got 3/],
    [{ keep: 1 }, /^fitCalibration: unknown option keep: did you mean kept\?/],
  ] as [object, RegExp][])("aims %o", (aims, message) => {
    expect(() => fitCalibration({ activations: [activations], labels: [1] }, aims)).toThrow(message);
  });

  test.each([
    [[3], /^labels: expected whole numbers from 0 to 2, got 3/],
    [[-1], /^labels: /],
    [[0.5], /^labels: /],
    [["1"], /^labels: /],
    [[], /^labels: expected 1, got 0/],
  ] as [number[], RegExp][])("labels %o", (labels, message) => {
    expect(() => fitCalibration({ activations: [activations], labels })).toThrow(message);
  });

  test("readings of networks with unlike outputs, and errors of none", () => {
    expect(() => fitCalibration({ activations: [activations, [0.5, 0.5]], labels: [0, 0] })).toThrow(RangeError);
    expect(() => calibrationError([0.5, Number.NaN], [true, false])).toThrow(/^confidences: expected a number/);
    expect(() => calibrationError([0.5], [true, false])).toThrow(/^is right: expected 1, got 2/);
    expect(() => calibrationError([0.5], [true], 0)).toThrow(/^bins: /);
  });
});

/** Readings of a softmax that is as sure as it should be, but for a factor on its logits. */
function readings(factor: number, count: number) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const truths: number[] = [];
  const activations = Array.from({ length: count }, () => {
    const z = Array.from({ length: 4 }, () => 4 * random());
    const shares = softmax(z);
    let [left, truth] = [random(), 0];
    while (truth < 3 && left >= shares[truth]) left -= shares[truth++];
    truths.push(truth);
    return softmax(z.map((x) => factor * x));
  });
  return { activations, labels: truths };
}

describe("fitting", () => {
  test.each([0.5, 1, 2.5])("finds the temperature of logits that are %f times too large", (factor) => {
    const { temperature } = fitCalibration(readings(factor, 4000));
    expect(Math.abs(temperature / factor - 1)).toBeLessThan(0.1);
  });

  test("makes the expected calibration error small", () => {
    const known = readings(2.5, 4000);
    const errorAt = (calibration?: ReturnType<typeof fitCalibration>) => {
      const verdicts = known.activations.map((all) => verdict(all, calibration));
      const right = verdicts.map(({ label }, i) => label === known.labels[i]);
      return calibrationError(
        verdicts.map(({ confidence }) => confidence),
        right,
      );
    };
    expect(errorAt()).toBeGreaterThan(0.1);
    expect(errorAt(fitCalibration(known))).toBeLessThan(0.03);
  });

  test("keeps the share of digits that it is told, and is right as often when sure", () => {
    const known = readings(1.5, 4000);
    const fitted = fitCalibration(known, { noDigit: 3, kept: 0.9, right: 0.8 });
    const verdicts = known.activations.map((all) => verdict(all, fitted));
    const digits = verdicts.filter((_, i) => known.labels[i] !== 3);
    const kept = digits.filter(({ kind }) => kind !== "not a digit").length / digits.length;
    expect(kept).toBeCloseTo(0.9, 2);
    const sure = verdicts.flatMap(({ kind, label }, i) => (kind === "sure" ? [label === known.labels[i]] : []));
    expect(sure.length).toBeGreaterThan(100);
    expect(sure.filter(Boolean).length / sure.length).toBeGreaterThanOrEqual(0.8);
  });

  test("needs a digit", () => {
    expect(() => fitCalibration({ activations: [], labels: [] })).toThrow(RangeError);
  });
});

test("the expected calibration error is that of bins by hand", () => {
  // Two bins of 2: (0.9, 0.7) with one right, gap 0.8 - 0.5; (0.2, 0.4) with one right, gap 0.3 - 0.5.
  expect(calibrationError([0.9, 0.7, 0.2, 0.4], [true, false, false, true], 2)).toBeCloseTo((0.3 + 0.2) / 2, 10);
  expect(calibrationError([1, 1, 0], [true, true, false])).toBe(0);
});

test("the area under the curve is the share of pairs in order, equal ones counting half", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 }),
      (first, second) => {
        const pairs = first.flatMap((a) => second.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
        const mean = pairs.reduce<number>((sum, pair) => sum + pair, 0) / pairs.length;
        expect(areaUnderCurve(first, second)).toBeCloseTo(mean, 10);
      },
    ),
  );
});
