// Linear memory as blocks above the static data, in whole cache lines of 64 bytes. The line before a block says how
// long it is. Freed blocks form a list by address, and neighbours are joined. An allocation takes the first block that
// is long enough, or else grows the end. Blocks are few and large (a network, a batch, a chunk of images): the list
// stays short.

const LINE: u64 = 64;

@unmanaged
class Block {
  /** Bytes, this line included. */
  size: u32;
  /** The next free block, if this one is free. */
  next: Block | null;
}

/** First address after all blocks; 0 before the first allocation: reading `__heap_base` here needs a start function. */
let top: usize = 0;
/** The free block with the lowest address. */
let firstFree: Block | null = null;

/** Reserves `bytes` bytes, contents undefined. Returns a 64-byte aligned address, or 0 if the memory cannot be had. */
export function allocate(bytes: u32): usize {
  return allocateBlock(bytes);
}

/** allocate() for sizes that were computed, and may be beyond 4 GiB. */
export function allocateBlock(bytes: u64): usize {
  if (bytes > u32.MAX_VALUE) return 0;
  const size = align(bytes) + LINE;
  let previous: Block | null = null;
  let block = firstFree;
  while (block !== null && block.size < size) {
    previous = block;
    block = block.next;
  }
  if (block === null) return extend(size);
  if (block.size > size) {
    const rest = changetype<Block>(changetype<usize>(block) + <usize>size);
    rest.size = block.size - <u32>size;
    rest.next = block.next;
    block.next = rest;
    block.size = <u32>size;
  }
  link(previous, block.next);
  return changetype<usize>(block) + <usize>LINE;
}

/** A new block at the end. */
function extend(size: u64): usize {
  const block = changetype<Block>(top !== 0 ? top : <usize>align(__heap_base));
  const end = <u64>changetype<usize>(block) + size;
  const pages = (end + 0xffff) >> 16;
  if (pages > 0xffff) return 0; // keeps every address, and top itself, below 4 GiB
  const missing = <i32>pages - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return 0;
  top = <usize>end;
  block.size = <u32>size;
  return changetype<usize>(block) + <usize>LINE;
}

/** Frees what is beyond the first `bytes` bytes of a block. */
export function shrink(address: usize, bytes: u32): void {
  const block = changetype<Block>(address - <usize>LINE);
  const size = <u32>(align(bytes) + LINE);
  if (size >= block.size) return;
  const rest = changetype<Block>(changetype<usize>(block) + size);
  rest.size = block.size - size;
  block.size = size;
  release(changetype<usize>(rest) + <usize>LINE);
}

/** Frees a block; 0 is none. */
export function release(address: usize): void {
  if (address === 0) return;
  const block = changetype<Block>(address - <usize>LINE);
  let before: Block | null = null;
  let previous: Block | null = null;
  let next = firstFree;
  while (next !== null && changetype<usize>(next) < address) {
    before = previous;
    previous = next;
    next = next.next;
  }
  block.next = next;
  if (next !== null && endOf(block) === changetype<usize>(next)) {
    block.size += next.size;
    block.next = next.next;
  }
  let last = block;
  if (previous !== null && endOf(previous) === changetype<usize>(block)) {
    previous.size += block.size;
    previous.next = block.next;
    last = previous;
    previous = before;
  } else {
    link(previous, block);
  }
  if (endOf(last) === top) {
    top = changetype<usize>(last);
    link(previous, null);
  }
}

function link(previous: Block | null, next: Block | null): void {
  if (previous === null) firstFree = next;
  else previous.next = next;
}

function endOf(block: Block): usize {
  return changetype<usize>(block) + block.size;
}

function align(bytes: u64): u64 {
  return (bytes + (LINE - 1)) & ~(LINE - 1);
}

/** Reads a byte of every cache line: what is far away, or other threads wrote, comes all at once, not line by line. */
export function prefetch(start: usize, end: usize): void {
  for (let line = start; line < end; line += <usize>LINE) load<u8>(line);
}
