// CRC-32 as PNG has it: polynomial 0xedb88320, bits reversed. Source: W3C, "Portable Network Graphics", annex D.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? 0xedb88320 ^ (remainder >>> 1) : remainder >>> 1;
  return remainder;
});

/** The checksum of some bytes, 0 to 2^32 - 1. */
export function crc32(bytes: Uint8Array): number {
  let remainder = -1;
  for (let i = 0; i < bytes.length; i++) remainder = TABLE[(remainder ^ bytes[i]) & 0xff] ^ (remainder >>> 8);
  return ~remainder >>> 0;
}
