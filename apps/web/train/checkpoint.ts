// The latest state of a training, kept in the browser, so that it goes on after the page was closed or loaded again.

import { openStore } from "../download.js";
import { type Choices, choicesIn, fragmentOf } from "./choices.js";

/** A training's file, and what was chosen for it. */
export interface Checkpoint {
  readonly bytes: Uint8Array;
  readonly choices: Choices;
}

const STORE = "ductus-training";
const PATH = "checkpoint";
const CHOICES = "x-choices";

/** Keeps a checkpoint in the place of the one before. Where there is no store, or no room in it, nothing is kept. */
export async function keep({ bytes, choices }: Checkpoint): Promise<void> {
  const store = await openStore(STORE);
  const headers = { [CHOICES]: fragmentOf(choices) };
  await store?.put(PATH, new Response(bytes as Uint8Array<ArrayBuffer>, { headers })).catch(() => {});
}

/** The checkpoint that was kept, if there is one. */
export async function restore(): Promise<Checkpoint | undefined> {
  const response = await (await openStore(STORE))?.match(PATH).catch(() => undefined);
  if (response === undefined) return undefined;
  const choices = choicesIn(response.headers.get(CHOICES) ?? "");
  return { bytes: new Uint8Array(await response.arrayBuffer()), choices };
}

/** Forgets it. */
export async function forget(): Promise<void> {
  await (await openStore(STORE))?.delete(PATH).catch(() => {});
}
