// Floats of 16, 32 and 64 bits as f32. Of 64 bits the nearest: what is too large becomes infinite.

/** The types, by the names that safetensors has for them, with the bytes that each takes. */
export const FLOAT_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;

/** A type of floats. */
export type FloatType = keyof typeof FLOAT_BYTES;

/** The floats in some bytes, as many as are whole. */
export function decodeFloats(bytes: Uint8Array, type: FloatType, littleEndian = true): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = FLOAT_BYTES[type];
  const read = {
    F64: (at: number) => view.getFloat64(at, littleEndian),
    F32: (at: number) => view.getFloat32(at, littleEndian),
    F16: (at: number) => half(view.getUint16(at, littleEndian)),
    BF16: (at: number) => upperHalf(view.getUint16(at, littleEndian)),
  }[type];
  return Float32Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => read(i * size));
}

/** IEEE 754's binary16: 1 sign, 5 exponent and 10 fraction bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  // 2^-24 times a whole number of 11 bits, doubled with each exponent.
  return exponent === 0 ? (sign * fraction) / 2 ** 24 : (sign * (1024 + fraction) * 2 ** (exponent - 1)) / 2 ** 24;
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of an f32. */
function upperHalf(bits: number): number {
  word.setUint16(0, bits);
  return word.getFloat32(0);
}
