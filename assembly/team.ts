// Threads: instances of this module on one shared memory, all calling the same function with the same arguments. Each does its
// share of the neurons, samples or rows of weights, so no number has two writers, no sum is split, and the bits do not depend
// on how many they are. Between two steps they wait for each other at a barrier: first spinning, then asleep.

/** Most threads in a team. */
const MAX_THREADS: u32 = 64;

/** Looks of a short wait, some microseconds; how many waits are short at first, and at most. */
const SHORT_PATIENCE: u32 = 1000;
const HASTY: u32 = 32;
const MAX_HASTY: u32 = 8192;

let thread: u32 = 0;
let threads: u32 = 1;
let patience: u32 = 0;
/** Waits that are to be short before the next one with all patience, and how many after that if it is in vain. */
let hasty: u32 = 0;
let nextHasty: u32 = HASTY;
/** How often this thread went to sleep since it joined the team. */
let naps: u32 = 0;

/** In shared memory: for each thread how many barriers it has come to, each on its own cache line. */
const ARRIVALS: usize = memory.data(4096, 64);
/** In shared memory: how many threads sleep, or are about to; whether the team is aborted. */
const ASLEEP: usize = memory.data(64, 64);
const ABORTED: usize = memory.data(64, 64);
/** Nanoseconds after which a sleeper looks whether the team was aborted. */
const NAP: i64 = 50_000_000;

/**
 * Makes this instance thread `place` of `count`, 1 to 64: it is 0 of 1 until then. `looks` is how often it looks whether the
 * others have come before it sleeps: many times where each thread has a core, not at all where it keeps one from working.
 */
export function joinTeam(place: u32, count: u32, looks: u32): void {
  thread = place;
  threads = min(count, MAX_THREADS);
  patience = looks;
  naps = 0;
}

/** How often this thread went to sleep since joinTeam(): often, where the others do not get a core for themselves. */
export function slept(): u32 {
  return naps;
}

/** Resets the barrier: to be called by one thread before each call of a team, for teams differ in size. */
export function formTeam(): void {
  memory.fill(ARRIVALS, 0, MAX_THREADS << 6);
}

/** Lets every waiting thread return without finishing, now and at each later barrier: one of them is lost. */
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
 * Waits until a thread has come to barrier number `arrival`: it may have come to the next one. Looks with all its patience while
 * that works: being woken takes longer than a mini-batch. Once it did not, the two may share a core, where each look keeps the
 * other from coming; then it soon sleeps, and only now and then, ever more rarely, tries whether patience works again.
 */
function waitFor(thread: usize, arrival: u32): void {
  const looks = hasty === 0 ? patience : min(patience, SHORT_PATIENCE);
  for (let i: u32 = 0; i <= looks; i++) {
    if (<i32>(atomic.load<u32>(thread) - arrival) < 0) continue;
    if (hasty !== 0) hasty--;
    else nextHasty = HASTY;
    return;
  }
  if (hasty !== 0) hasty--;
  else {
    hasty = nextHasty;
    nextHasty = min(2 * nextHasty, MAX_HASTY);
  }
  naps++;
  atomic.add<u32>(ASLEEP, 1);
  while (<i32>(atomic.load<u32>(thread) - arrival) < 0 && atomic.load<u32>(ABORTED) === 0) {
    atomic.wait<i32>(thread, arrival - 1, NAP);
  }
  atomic.sub<u32>(ASLEEP, 1);
}
