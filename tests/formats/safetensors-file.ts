// Safetensors files made for tests.

export const content = {
  tensors: new Map([
    ["a", { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, -0, 1e-40) }],
    ["b", { shape: [1], data: Float32Array.of(0.1) }],
  ]),
  metadata: new Map([["seed", "1"]]),
};

/** A file with this header, and as many bytes of data. */
export function fileWith(header: unknown, dataBytes: number): Uint8Array {
  return fileOf(typeof header === "string" ? header : JSON.stringify(header), new Uint8Array(dataBytes));
}

export function fileOf(header: string, data: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}
