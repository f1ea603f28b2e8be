// Pictures in class folders made a data set, on all cores.

import { availableParallelism } from "node:os";
import { basename, dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { usualPreparation } from "../data/preparation.js";
import type { Pixels } from "../data/samples.js";
import { FormatError } from "../errors.js";
import {
  DONE,
  END,
  imageOf,
  type Making,
  NEXT,
  OTHER_SIZE,
  type PictureJob,
  type Refused,
  readPicture,
  readPictures,
} from "./picture-job.js";

/** Called with how much is read, and of how much. */
export type Progress = (done: number, total: number) => void;

/** Pictures that all have one size are used as they are, if neither side is longer than this, in pixels. */
const MOST_SIDE = 64;
/** The inputs of images in MNIST's form. */
const MNIST_INPUTS = 784;
/** Fewer pictures are read faster than a thread begins. */
const FEW = 200;
/** More threads than this wait for the disk. */
const MOST_THREADS = 8;
/** Milliseconds from one report of progress to the next, and of work between two. */
const PAUSE = 100;
/** Bytes: more would not fit in the module's memory. */
const MOST_BYTES = 2 ** 30;

/** Images of pictures. */
export interface PictureImages {
  /** [paths][inputs] */
  readonly images: Pixels;
  readonly columns: number;
  /** How they were made. */
  readonly making: Making;
  /** Why each was looked at for a digit, where they are not as they were. */
  readonly notice: string | undefined;
}

/**
 * Images of all pictures. Those of one size, up to 64 x 64 pixels, are used as they are; of others each is made an
 * image of 28 x 28 pixels in MNIST's form, as a network that is trained on them makes it to read it.
 * @param making how they are to be made, as others were
 * @throws {FormatError} for the first picture that cannot be used
 */
export async function readImages(
  paths: readonly string[],
  making?: Making,
  onProgress: Progress = () => {},
): Promise<PictureImages> {
  if (making !== undefined) return readAlike(paths, making, onProgress);
  const digit = usualPreparation(MNIST_INPUTS);
  const { width, height } = readPicture(paths[0]);
  if (Math.max(width, height) > MOST_SIDE) {
    const large = `${MOST_SIDE} x ${MOST_SIDE} pixels`;
    const notice = `pictures have more than ${large}: a digit or letter is looked for on each`;
    return { ...(await readAlike(paths, digit, onProgress)), notice };
  }
  const same = await read(paths, { width, height }, onProgress);
  if ("images" in same) return same;
  const notice = `${basename(paths[same.other])} has another size than others: a digit or letter is looked for on each`;
  return { ...(await readAlike(paths, digit, onProgress)), notice };
}

/** Images that are made as it is said, or refused. */
async function readAlike(paths: readonly string[], making: Making, onProgress: Progress): Promise<PictureImages> {
  const made = await read(paths, making, onProgress);
  if ("images" in made) return made;
  const path = paths[made.other];
  const { width, height } = readPicture(path);
  const [w, h] = "form" in making ? [making.columns, making.rows] : [making.width, making.height];
  throw new FormatError(path, `expected ${w} x ${h} pixels, as the others, got ${width} x ${height}`);
}

/** Images, or the number of a picture that has another size. */
async function read(
  paths: readonly string[],
  making: Making,
  onProgress: Progress,
): Promise<PictureImages | { readonly other: number }> {
  const [path] = paths;
  const first = imageOf(readPicture(path), path, making);
  if (first === undefined) return { other: 0 };
  const bytes = paths.length * first.byteLength;
  if (bytes > MOST_BYTES)
    throw new FormatError(path, `expected at most ${MOST_BYTES} bytes of pixels in all, got ${bytes}`);
  const memory = new SharedArrayBuffer(bytes);
  const images = first instanceof Float32Array ? new Float32Array(memory) : new Uint8Array(memory);
  const state = new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT));
  state[END] = paths.length;
  const job: PictureJob = { paths, making, images, state };
  const timer = setInterval(() => onProgress(Atomics.load(state, DONE), paths.length), PAUSE);
  let refused: readonly Refused[];
  try {
    refused = paths.length < FEW ? await readHere(job) : await readInThreads(job);
  } finally {
    clearInterval(timer);
  }
  if (state[OTHER_SIZE] > 0) return { other: state[OTHER_SIZE] - 1 };
  const worst = refused.reduce<Refused | undefined>(
    (a, b) => (a === undefined || b.index < a.index ? b : a),
    undefined,
  );
  if (worst !== undefined) {
    throw worst.problem === undefined ? new Error(worst.message) : new FormatError(paths[worst.index], worst.problem);
  }
  if (state[DONE] < paths.length) {
    throw new Error(
      `${dirname(path)}: expected ${paths.length} pictures to be read, got a thread that was lost: try again`,
    );
  }
  onProgress(paths.length, paths.length);
  // Not shared: a data set is an ordinary array for whoever gets it.
  const columns = "form" in making ? making.columns : making.width;
  return { images: images.slice(), columns, making, notice: undefined };
}

/** Reads in this thread, and lets others of its tasks have a turn now and then. */
async function readHere(job: PictureJob): Promise<Refused[]> {
  const isOver = () => Atomics.load(job.state, NEXT) >= Atomics.load(job.state, END);
  while (!isOver()) {
    const end = performance.now() + PAUSE;
    const refused = readPictures(job, () => performance.now() > end);
    if (refused !== undefined) return [refused];
    await new Promise((resolve) => setImmediate(resolve));
  }
  return [];
}

/** Reads on all cores. What no thread could read, as where the system gives none, is read here. */
async function readInThreads(job: PictureJob): Promise<Refused[]> {
  const count = Math.min(MOST_THREADS, availableParallelism());
  const found = await Promise.all(Array.from({ length: count }, () => inThread(job)));
  const refused = found.filter((one) => one !== undefined);
  return refused.length > 0 || found.length === 0 ? refused : readHere(job);
}

/** What a thread refused, if anything; a thread that does not begin reads nothing. */
function inThread(job: PictureJob): Promise<Refused | undefined> {
  return new Promise((resolve) => {
    try {
      // Without the options of this process: some, as --input-type, do not go with a worker's script.
      const worker = new Worker(new URL("./picture-worker.js", import.meta.url), { workerData: job, execArgv: [] });
      worker.on("message", ({ refused }: { readonly refused: Refused | undefined }) => resolve(refused));
      worker.on("error", () => resolve(undefined));
      worker.on("exit", () => resolve(undefined));
    } catch {
      resolve(undefined);
    }
  });
}
