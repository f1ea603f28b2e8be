// Which slices a team trains together, and which one of its threads alone; how long they are.

/** Multiply-adds of about 10 ms of training on one thread, those with zeros included. */
export const SLICE_WORK = 2e8;
/** The same of the first slice of a team: a short trial, which costs little where it is slow. */
const TRIAL_WORK = 1e8;
/** A team gets more to do at a time: calling it takes a message, and so 0.1 ms or more, but leaves this thread free. */
const TEAM_SLICE_WORK = 1e9;
/** Multiply-adds of a slice from which on its time tells more than chance. */
const TIMED_WORK = 1e7;
/** Multiply-adds of the 0.05 ms, at least, that it takes to wake a thread. */
const WAKE_WORK = 1e6;
/** The most slices that one thread does alone before all try again. */
const MAX_ON_ONE_THREAD = 64;
/** Timed slices of the team before one thread shows how fast it is alone: code and caches are warm by then. */
const WARM_UP = 2;
/** The most of them between two such slices. */
const MAX_UNCHECKED = 64;

/**
 * Whether the calling thread may do a slice alone while its team starts: not if it would block its event loop for long,
 * nor if it takes less time than to ask how far the start is.
 */
export function suitsCaller(work: number): boolean {
  return work >= TIMED_WORK && work <= 2 * SLICE_WORK;
}

/** What a slice of a team's threads took. */
export interface Slice {
  /** How often threads parked, all of them together. */
  readonly parks: number;
  /** Milliseconds, of the thread that took longest. */
  readonly ms: number;
}

/**
 * Decides, slice by slice, whether the team trains together or one of its threads alone. Where other programs keep the
 * cores busy, threads that wait for each other after each layer are slower than one. A slice of the team is slow if one
 * thread needed less time for as much work when it last worked alone. While that is not known, a slice is slow if
 * parked threads lost more time than one thread takes for all of it. After slow slices in a row, the next ones are done
 * alone: 0, 2, 4, 8, ... of them, up to 64. After the first it is none, since threads that were just woken may not have
 * found their cores yet.
 *
 * A team's first slice is short, and so is the one with which it tries again: a slow one costs little. While it is
 * fast, they become longer. After 2 of them one thread does a short slice alone, and after 4, 8, ... more, up to 64:
 * the machine may have become another one meanwhile.
 */
export class Pace {
  /** Slices that one thread still has to do alone. */
  #slicesOnOneThread = 0;
  /** Slow slices of the team in a row. */
  #slow = 0;
  /** Multiply-adds of the team's next slice. */
  #work = TRIAL_WORK;
  /** Milliseconds that one thread takes for a multiply-add; NaN while that is not known. */
  #singleThreadRate = Number.NaN;
  /** Timed slices of the team until one thread shows again how fast it is alone, and how many there were between. */
  #unchecked = WARM_UP;
  #interval = WARM_UP;

  /** Whether the next slice is for one thread alone. */
  get isForOneThread(): boolean {
    return this.#slicesOnOneThread > 0;
  }

  /** Multiply-adds of the next slice. A slice alone is long where the team is slow, and short where it is fast. */
  get work(): number {
    if (!this.isForOneThread) return this.#work;
    return this.#slow > 0 ? TEAM_SLICE_WORK : TRIAL_WORK;
  }

  /** One thread did a slice of so much work alone. */
  ranOnOneThread(ms: number, work: number): void {
    this.#slicesOnOneThread = Math.max(0, this.#slicesOnOneThread - 1);
    if (work < TIMED_WORK) return;
    const rate = ms / work;
    // Chance only makes slices slower, so a faster one is believed at once.
    this.#singleThreadRate = this.#singleThreadRate < rate ? (this.#singleThreadRate + rate) / 2 : rate;
  }

  /** The team did a slice of so much work. */
  ranOnTeam({ parks, ms }: Slice, work: number): void {
    const share = work < TIMED_WORK ? Number.NaN : ms / work / this.#singleThreadRate;
    if (Number.isNaN(share) ? parks * WAKE_WORK > work : share > 1) this.#giveUp();
    else this.#goOn(work);
  }

  #giveUp(): void {
    this.#work = TRIAL_WORK;
    this.#unchecked = WARM_UP;
    this.#interval = WARM_UP;
    this.#slicesOnOneThread = this.#slow > 0 ? Math.min(2 ** this.#slow, MAX_ON_ONE_THREAD) : 0;
    this.#slow++;
  }

  #goOn(work: number): void {
    this.#slow = 0;
    if (work < TIMED_WORK) return;
    if (!Number.isNaN(this.#singleThreadRate)) this.#work = Math.min(2 * this.#work, TEAM_SLICE_WORK);
    if (--this.#unchecked > 0) return;
    this.#interval = Math.min(2 * this.#interval, MAX_UNCHECKED);
    this.#unchecked = this.#interval;
    this.#slicesOnOneThread = 1;
  }
}
