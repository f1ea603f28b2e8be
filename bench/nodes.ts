// Nodes of several versions against each other, in training, with and without vectors of 256 bits: a process for each,
// which train in turns.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { FOLDER, findNode } from "../conformance/installed.js";
import type { Answer, Question, Ready, Start } from "./child.js";
import { type NodeRow, nodesTable } from "./tables.js";
import { inTurns } from "./timing.js";
import { type BenchOptions, SHAPES, type Verified } from "./training.js";

/**
 * The programs of these major versions.
 * @throws {Error} if one is missing
 */
export function findNodes(majors: readonly string[]): string[] {
  return majors.map((major) => {
    if (!/^\d+$/.test(major)) throw new Error(`--node: expected major versions such as 20,26, got ${major}`);
    const program = findNode(major);
    if (program === undefined) throw new Error(`--node: expected Node ${major} in ${FOLDER}, got none: add --install`);
    return program;
  });
}

/**
 * Samples per second in training, of each Node, and of those that can with vectors of 256 bits, too. Prints the table.
 * @throws {Error} if they do not all end with the same bits
 */
export async function compareNodes(programs: readonly string[], options: BenchOptions): Promise<NodeRow[]> {
  const children: Child[] = [];
  try {
    for (const program of programs) children.push(...(await startBoth(program, options)));
    console.log(`${await verifyEach(children)}\n`);
    const rows: NodeRow[] = [];
    for (const [layers, batchSize] of SHAPES) {
      for (const name of ["module", "threads"] as const) {
        const threads = name === "module" ? 1 : options.threads;
        const asked = { what: "prepare", name, layers, batchSize } as const;
        rows.push({ layers, batchSize, threads, rates: await race(children, asked, options.quick ? 1 : 5) });
      }
    }
    console.log(nodesTable(rows));
    return rows;
  } finally {
    for (const child of children) child.end();
  }
}

/** A Node without vectors of 256 bits, and if it can with them. */
async function startBoth(program: string, options: BenchOptions): Promise<Child[]> {
  const narrow = await Child.start(program, { ...options, wide: false });
  const wide = await Child.start(program, { ...options, wide: true });
  if (wide.wide) return [narrow, wide];
  wide.end();
  return [narrow];
}

/** Each verifies for itself, then they are compared. Returns what the first says. */
async function verifyEach(children: readonly Child[]): Promise<string> {
  const results: (readonly Verified[])[] = [];
  for (const child of children) results.push((await child.ask({ what: "verify" })) as Verified[]);
  const [expected] = results;
  for (const [c, result] of results.entries()) {
    for (const [i, { layers, hash }] of result.entries()) {
      if (hash === expected[i].hash) continue;
      throw new Error(`${children[c].name}, [${layers}]: expected ${expected[i].hash}, got ${hash}`);
    }
  }
  return expected.map(({ line }) => line).join("\n");
}

/** Trains what is asked for, in turns. */
async function race(children: readonly Child[], asked: Question, rounds: number): Promise<NodeRow["rates"]> {
  const tasks = [];
  for (const child of children) {
    tasks.push({
      name: child.name,
      samples: (await child.ask(asked)) as number,
      warm: async () => void (await child.ask({ what: "warm" })),
      run: async () => void (await child.ask({ what: "run" })),
    });
  }
  return inTurns(tasks, rounds);
}

/** A process that trains when it is asked. */
class Child {
  readonly name: string;
  readonly wide: boolean;
  readonly #child: ChildProcess;
  /** Rejects when it ends by itself. */
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess, ended: Promise<never>, { version, wide }: Ready) {
    this.#child = child;
    this.#ended = ended;
    this.wide = wide;
    this.name = `Node ${version}${wide ? ", 256-bit" : ""}`;
  }

  static async start(program: string, start: Start): Promise<Child> {
    const script = new URL("./child.js", import.meta.url);
    const child = fork(script, [JSON.stringify(start)], { execPath: program, execArgv: [] });
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`${program}: expected it to go on, got its end, code ${code}`);
    });
    ended.catch(() => {});
    const [ready] = (await Promise.race([once(child, "message"), ended])) as [Ready];
    return new Child(child, ended, ready);
  }

  /** @throws {Error} what went wrong there */
  async ask(question: Question): Promise<unknown> {
    const answered = once(this.#child, "message");
    this.#child.send(question);
    const [{ value, error }] = (await Promise.race([answered, this.#ended])) as [Answer];
    if (error !== undefined) throw new Error(`${this.name}: ${error}`);
    return value;
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
