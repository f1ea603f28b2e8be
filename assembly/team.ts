// Threads: instances of this module on one shared memory, all calling the same function with the same arguments. Each
// does its share (ownership.ts) of the neurons, samples or weights. No number has two writers and no sum is split, so
// the bits do not depend on the number of threads. Between two steps they wait for each other at a barrier: first
// spinning, then asleep.

/** Most threads in a team. */
const MAX_THREADS: u32 = 64;

/** Spins of a short wait, which takes some microseconds. */
const SHORT_SPINS: u32 = 1000;
/** How many waits in a row are short after one that spun in vain: at first, and at most. */
const MIN_BACKOFF: u32 = 32;
const MAX_BACKOFF: u32 = 8192;

let thread: u32 = 0;
let threads: u32 = 1;
/** Spins of a long wait. */
let maxSpins: u32 = 0;
/** Short waits before the next long one, and how many will follow that one if it is in vain. */
let backoff: u32 = 0;
let nextBackoff: u32 = MIN_BACKOFF;
/** How often this thread went to sleep since it joined the team. */
let sleeps: u32 = 0;

/** In shared memory: for each thread how many barriers it has come to, each on its own cache line. */
const ARRIVALS: usize = memory.data(4096, 64);
/** In shared memory: how many threads sleep, or are about to; whether the team is aborted. */
const ASLEEP: usize = memory.data(64, 64);
const ABORTED: usize = memory.data(64, 64);
/** Nanoseconds after which a sleeper checks whether the team was aborted. */
const SLEEP_TIMEOUT: i64 = 50_000_000;

/**
 * Makes this instance thread `place` of `count`, 1 to 64; before it is 0 of 1. `looks` is how often it spins before it
 * sleeps: many times where each thread has a core, not at all where spinning keeps another thread from working.
 */
export function joinTeam(place: u32, count: u32, looks: u32): void {
  thread = place;
  threads = min(count, MAX_THREADS);
  maxSpins = looks;
  sleeps = 0;
}

/** How often this thread went to sleep since joinTeam(): often, where the others do not each have a core. */
export function slept(): u32 {
  return sleeps;
}

/** Resets the barrier. One thread calls it before each call of a team, because teams differ in size. */
export function formTeam(): void {
  memory.fill(ARRIVALS, 0, MAX_THREADS << 6);
}

/** Makes every waiting thread return without finishing, now and at each later barrier: for when a thread is lost. */
export function abortTeam(): void {
  if (ASC_FEATURE_THREADS) atomic.store<u32>(ABORTED, 1);
}

/** This thread's number, from 0, and how many there are. */
export function threadIndex(): u32 {
  return thread;
}

export function threadCount(): u32 {
  return threads;
}

/** Waits until all threads are here, and sees what they wrote. Returns false if the team was aborted. */
export function barrier(): bool {
  if (!ASC_FEATURE_THREADS || threads === 1) return true;
  const arrival = load<u32>(ARRIVALS + (thread << 6)) + 1;
  atomic.store<u32>(ARRIVALS + (thread << 6), arrival);
  if (atomic.load<u32>(ASLEEP) !== 0) atomic.notify(ARRIVALS + (thread << 6), -1);
  for (let other: u32 = 0; other < threads; other++) {
    if (other !== thread) waitFor(ARRIVALS + (other << 6), arrival);
  }
  return atomic.load<u32>(ABORTED) === 0;
}

/**
 * Waits until a thread has come to barrier number `arrival`; it may have come to the next one already. Waits are long
 * while that works: being woken takes longer than a mini-batch. After a long wait in vain the two threads may share a
 * core, where spinning keeps the other one from coming. Then waits are short, and only now and then, ever more rarely,
 * is a long one tried again.
 */
function waitFor(thread: usize, arrival: u32): void {
  const spins = backoff === 0 ? maxSpins : min(maxSpins, SHORT_SPINS);
  for (let i: u32 = 0; i <= spins; i++) {
    if (<i32>(atomic.load<u32>(thread) - arrival) < 0) continue;
    if (backoff !== 0) backoff--;
    else nextBackoff = MIN_BACKOFF;
    return;
  }
  if (backoff !== 0) backoff--;
  else {
    backoff = nextBackoff;
    nextBackoff = min(2 * nextBackoff, MAX_BACKOFF);
  }
  sleeps++;
  atomic.add<u32>(ASLEEP, 1);
  while (<i32>(atomic.load<u32>(thread) - arrival) < 0 && atomic.load<u32>(ABORTED) === 0) {
    atomic.wait<i32>(thread, arrival - 1, SLEEP_TIMEOUT);
  }
  atomic.sub<u32>(ASLEEP, 1);
}
