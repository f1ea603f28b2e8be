// One training by one peer: its program is started, and ended as soon as it has reached what it is to reach.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { output } from "../../conformance/process.js";
import { PEERS_FOLDER, type Peer } from "./install.js";

/** An epoch: what all epochs so far took, and how many of 10,000 validation images are read after it. */
interface PeerEpoch {
  readonly epoch: number;
  readonly seconds: number;
  readonly correct: number;
}

export interface PeerRun {
  readonly name: string;
  readonly epochs: readonly PeerEpoch[];
  /** Why there are no more of them; undefined if the training went to its end, or to what it was to reach. */
  readonly ended?: string;
}

/** When a training ends: after so many seconds, or when it reads so many images. */
interface Limits {
  readonly seconds: number;
  readonly correct: number;
}

/** Evaluation and reading images are not counted, but take time, too. */
const SLACK = 3;

const pathOf = (file: string) => new URL(`../../../bench/peers/${file}`, import.meta.url).pathname;

/** What a program of peers says, line by line. */
export async function answers(file: string, task: object, node: string): Promise<unknown[]> {
  const said = await output(node, [pathOf(file), JSON.stringify(task)], { env: { ...process.env, PEERS_FOLDER } });
  return said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** @param node the program that runs peers in JavaScript */
export async function train(peer: Peer, task: { readonly threads: number }, limits: Limits, node: string) {
  const [command, file] =
    peer.language === "js"
      ? [node, `${peer.program}.js`]
      : [join(PEERS_FOLDER, "python/bin/python"), `${peer.program}.py`];
  const env = { ...process.env, PEERS_FOLDER, OMP_NUM_THREADS: String(task.threads) };
  const child = spawn(command, [pathOf(file), JSON.stringify(task)], { env, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors = (errors + data).slice(-2000);
  });
  const failed = new Promise<string>((resolve) => {
    child.on("error", ({ message }) => resolve(message));
    child.on("close", (code) => resolve(code === 0 ? "" : reasonIn(errors) || `code ${code}`));
  });
  const epochs: PeerEpoch[] = [];
  let name = peer.program;
  let ended: string | undefined;
  const timer = setTimeout(
    () => {
      ended = `stopped after ${limits.seconds} s`;
      child.kill("SIGKILL");
    },
    SLACK * limits.seconds * 1000,
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line);
    if (said.name !== undefined) name = said.name;
    else epochs.push(said);
    const reached = said.correct >= limits.correct;
    if (!reached && !(said.seconds > limits.seconds)) continue;
    ended = reached ? undefined : `stopped after ${limits.seconds} s`;
    child.kill("SIGKILL");
    break;
  }
  const reason = await failed;
  clearTimeout(timer);
  const last = epochs.at(-1);
  if (ended === undefined && !(last !== undefined && last.correct >= limits.correct) && reason !== "") ended = reason;
  return { name, epochs, ...(ended !== undefined && { ended }) } satisfies PeerRun;
}

/** The line of an error's text that names it: Node prints more after it. */
function reasonIn(text: string): string | undefined {
  const lines = text.trim().split("\n");
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1);
}
