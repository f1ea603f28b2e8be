// CRC-32 as PNG has it: polynomial 0xedb88320, bits reversed. Source: W3C, "Portable Network Graphics", annex D.
// Four bytes at a time: M. Kounavis, F. Berry, "A systematic approach to building high performance software-based CRC
// generators", 2005.

/** What a byte adds to the remainder, by how many bytes follow it: 256 x 0, then 256 x 1, 2 and 3. */
const TABLE = new Int32Array(4 * 256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? 0xedb88320 ^ (remainder >>> 1) : remainder >>> 1;
  TABLE[byte] = remainder;
}
for (let i = 256; i < TABLE.length; i++) TABLE[i] = TABLE[TABLE[i - 256] & 0xff] ^ (TABLE[i - 256] >>> 8);

/** The checksum of some bytes, 0 to 2^32 - 1. */
export function crc32(bytes: Uint8Array): number {
  let remainder = -1;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    remainder ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    remainder =
      TABLE[768 + (remainder & 0xff)] ^
      TABLE[512 + ((remainder >>> 8) & 0xff)] ^
      TABLE[256 + ((remainder >>> 16) & 0xff)] ^
      TABLE[remainder >>> 24];
  }
  for (; i < bytes.length; i++) remainder = TABLE[(remainder ^ bytes[i]) & 0xff] ^ (remainder >>> 8);
  return ~remainder >>> 0;
}
