// Linear memory as one stack of blocks above the static data, in steps of 64 bytes (a cache line).
// Blocks are freed in reverse order only: release(block) frees it and everything allocated after it.

const ALIGNMENT: u64 = 64;

/** First free address. Zero until the first allocation: reading `__heap_base` here would need a start function. */
let top: usize = 0;

/** Reserves `bytes` bytes, contents undefined. Returns a 64-byte aligned address, or 0 if the memory cannot be had. */
export function allocate(bytes: u32): usize {
  return allocateBlock(bytes);
}

/** allocate() for sizes that were computed, and may be beyond 4 GiB. */
export function allocateBlock(bytes: u64): usize {
  const block = top !== 0 ? top : <usize>align(__heap_base);
  const end = align(<u64>block + bytes);
  const pages = (end + 0xffff) >> 16;
  if (bytes > u32.MAX_VALUE || pages > 0xffff) return 0; // keeps every address, and top itself, below 4 GiB
  const missing = <i32>pages - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return 0;
  top = <usize>end;
  return block;
}

/** Frees `block` and every block allocated after it. */
export function release(block: usize): void {
  top = block;
}

function align(address: u64): u64 {
  return (address + (ALIGNMENT - 1)) & ~(ALIGNMENT - 1);
}
