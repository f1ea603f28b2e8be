// The arithmetic of the module in C99: what assembly/sigmoid.ts and assembly/activation.ts do, one number at a time.
// Every operation is on f32 and rounds by itself, and every sum has the order of docs/math.md.

import type { Activation } from "../../kernels/kernels.js";
import { hexFloat } from "./numbers.js";

/** Stops compilers that would give other bits, and keeps others from fusing a product with its sum. */
export const GUARDS = `#include <float.h>

#if defined(__FAST_MATH__)
#error "expected arithmetic as it is written: compile without -ffast-math and -Ofast"
#endif
/* 16 is the same, for a type of 16 bits that is not used here. */
#if !defined(FLT_EVAL_METHOD) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)
#error "expected float to round after each operation: compile with -std=c99 -msse2 -mfpmath=sse, or the like"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#elif defined(_MSC_VER)
#pragma fp_contract(off)
#endif
`;

/** Of Cephes' expf, the highest power's first, as in assembly/sigmoid.ts. */
const COEFFICIENTS = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.50000001201,
].map(hexFloat);

const EXPONENTIAL = `typedef union {
    float real;
    uint32_t bits;
} word;

/* e^t = 2^n e^r with n = round(t / ln 2), for t from -87 to 87; beyond them as at them. */
static float exponential(float t)
{
    word power;
    float n, r, p;
    t = t < -87.0f ? -87.0f : t;
    t = 87.0f < t ? 87.0f : t;
    /* 1.5 * 2^23 leaves no room for a fraction, so the sum is rounded to a whole number: its low bits are n. */
    power.real = t * ${hexFloat(Math.LOG2E)} + 12582912.0f;
    n = power.real - 12582912.0f;
    r = t - n * ${hexFloat(0.693359375)};
    r = r + n * ${hexFloat(2.1219444e-4)};
    p = ${COEFFICIENTS[0]};
${COEFFICIENTS.slice(1)
  .map((coefficient) => `    p = p * r + ${coefficient};`)
  .join("\n")}
    power.bits = (power.bits << 23) + 0x3f800000u;
    return (p * (r * r) + r + 1.0f) * power.real;
}
`;

const SIGMOID = `static float sigma(float z)
{
    return 1.0f / (1.0f + exponential(-z));
}
`;

/** In place, of so many neurons. Softmax adds in four lanes, as the module does. */
const FUNCTIONS = {
  sigmoid: `static void sigmoid(float *z, uint32_t count)
{
    uint32_t j;
    for (j = 0; j < count; j++) z[j] = sigma(z[j]);
}
`,
  tanh: `static void tanh_of(float *z, uint32_t count)
{
    uint32_t j;
    for (j = 0; j < count; j++) {
        const float a = sigma(z[j] + z[j]);
        z[j] = a + a - 1.0f;
    }
}
`,
  relu: `static void relu(float *z, uint32_t count)
{
    uint32_t j;
    for (j = 0; j < count; j++) z[j] = z[j] < 0.0f ? 0.0f : z[j];
}
`,
  softmax: `static void softmax(float *z, uint32_t count)
{
    float lanes[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    float largest = z[0];
    float total;
    uint32_t j;
    for (j = 1; j < count; j++) largest = largest < z[j] ? z[j] : largest;
    for (j = 0; j < count; j++) {
        z[j] = exponential(z[j] - largest);
        lanes[j % 4u] = lanes[j % 4u] + z[j];
    }
    total = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
    for (j = 0; j < count; j++) z[j] = z[j] / total;
}
`,
} as const satisfies Record<Activation | "softmax", string>;

/** What a layer does to its sums. */
export type Nonlinearity = keyof typeof FUNCTIONS;

/** The name of a function in the source. */
export function functionName(nonlinearity: Nonlinearity): string {
  return nonlinearity === "tanh" ? "tanh_of" : nonlinearity;
}

/** The functions that a network uses, each after what it calls. */
export function functionsIn(used: ReadonlySet<Nonlinearity>): string {
  const parts: string[] = [];
  if (["sigmoid", "tanh", "softmax"].some((name) => used.has(name as Nonlinearity))) parts.push(EXPONENTIAL);
  if (used.has("sigmoid") || used.has("tanh")) parts.push(SIGMOID);
  parts.push(...[...used].map((name) => FUNCTIONS[name]));
  return parts.join("\n");
}

/**
 * z = b + w a. Each z_j starts at b_j and adds its products by ascending k; those with an a_k of 0 change no bit. Rows
 * hold the weights of one input, for all outputs.
 */
export function sumsOf(int8: boolean): string {
  const [type, scales] = int8 ? ["int8_t", " const float *scales,"] : ["float", ""];
  const weight = int8 ? "scales[j] * (float)row[j]" : "row[j]";
  return `/* z = b + w a, from bytes or, where there are none, from floats. */
static void sums(const uint8_t *bytes, const float *floats, uint32_t inputs, uint32_t outputs,
                 const ${type} *weights,${scales} const float *biases, float *z)
{
    const ${type} *row = weights;
    uint32_t j, k;
    for (j = 0; j < outputs; j++) z[j] = biases[j];
    for (k = 0; k < inputs; k++, row += outputs) {
        const float a = bytes ? (float)bytes[k] / 255.0f : floats[k];
        if (a < 0.0f || a > 0.0f) {
            for (j = 0; j < outputs; j++) z[j] = z[j] + a * (${weight});
        }
    }
}
`;
}
