// The latest state of a run, kept in the browser, so that it can be resumed after the page was closed or reloaded.

import { openStore } from "../download.js";
import { type Choices, choicesIn, fragmentOf } from "./choices.js";

/** The model file of a run, and the choices it was started with. */
export interface Checkpoint {
  readonly bytes: Uint8Array;
  readonly choices: Choices;
}

const STORE = "ductus-training";
const PATH = "checkpoint";
const CHOICES = "x-choices";

/** Replaces the checkpoint. Does nothing if there is no cache, or no room in it. */
export async function keep({ bytes, choices }: Checkpoint): Promise<void> {
  const store = await openStore(STORE);
  const headers = { [CHOICES]: fragmentOf(choices) };
  await store?.put(PATH, new Response(bytes as Uint8Array<ArrayBuffer>, { headers })).catch(() => {});
}

/** The checkpoint, if there is one. */
export async function restore(): Promise<Checkpoint | undefined> {
  const response = await (await openStore(STORE))?.match(PATH).catch(() => undefined);
  if (response === undefined) return undefined;
  const choices = choicesIn(response.headers.get(CHOICES) ?? "");
  return { bytes: new Uint8Array(await response.arrayBuffer()), choices };
}

/** Deletes the checkpoint. */
export async function forget(): Promise<void> {
  await (await openStore(STORE))?.delete(PATH).catch(() => {});
}

/** The right to train. All tabs have the same memory, so that one has it at a time. */
export interface Turn {
  /** Resolves when another tab may have it. */
  readonly end: () => Promise<unknown>;
}

/** Undefined if another tab of the page trains. */
export function takeTurn(): Promise<Turn | undefined> {
  return new Promise((resolve) => {
    // A page that is not served securely has no locks, and no memory either.
    const alone = () => resolve({ end: () => Promise.resolve() });
    if (navigator.locks === undefined) return alone();
    const ended: Promise<unknown> = navigator.locks.request(STORE, { ifAvailable: true }, async (lock) => {
      if (lock === null) return resolve(undefined);
      await new Promise<void>((release) => {
        const end = () => {
          release();
          return ended;
        };
        resolve({ end });
      });
    });
    ended.catch(alone);
  });
}
