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
