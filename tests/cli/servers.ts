// Servers of queues for tests: each its own, on a free port, in a folder of its own. Debian has them in the packages
// redis-server and postgresql.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const KINDS = ["Redis", "PostgreSQL"] as const;
export type Kind = (typeof KINDS)[number];

export const PASSWORD = "s3cr:t/word";

export interface Server {
  /** With its password. */
  readonly url: string;
  start(): Promise<void>;
  /** Ends it as a crash does. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

const POSTGRES = "/usr/lib/postgresql";
const isRoot = process.getuid?.() === 0;

/** The program of a server; undefined if it is not there. */
export function programOf(kind: Kind): string | undefined {
  if (kind === "Redis")
    return ["/usr/bin", "/usr/local/bin"].map((path) => join(path, "redis-server")).find(existsSync);
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(POSTGRES, version, "bin/postgres")).find(existsSync);
}

export async function startServer(kind: Kind, settings: readonly string[] = [], host = "127.0.0.1"): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), "ductus-server-"));
  const port = await freePort();
  const server = kind === "Redis" ? redis(folder, port, settings, host) : postgres(folder, port, host);
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  const password = encodeURIComponent(PASSWORD);
  const user = kind === "Redis" ? "" : "postgres";
  const result: Server = {
    url: `${kind === "Redis" ? "redis" : "postgres"}://${user}:${password}@${host}:${port}${user && "/postgres"}`,
    start: async () => {
      child = spawn(server.program, server.args, { stdio: "ignore", ...server.user });
      ended = new Promise((resolve) => child?.once("exit", resolve));
      await answers(host, port);
    },
    stop: async () => {
      child?.kill(server.signal);
      await ended;
    },
    close: async () => {
      child?.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.prepare();
  await result.start();
  return result;
}

function redis(folder: string, port: number, settings: readonly string[], host: string) {
  const safe = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"];
  const args = ["--port", String(port), "--bind", host, "--dir", folder, "--requirepass", PASSWORD, "--save", ""];
  return {
    program: programOf("Redis") as string,
    args: [...args, ...safe, ...settings],
    user: {},
    // A restart has what was written: it is asked for with every command.
    signal: "SIGKILL" as const,
    prepare: async () => {},
  };
}

function postgres(folder: string, port: number, host: string) {
  const program = programOf("PostgreSQL") as string;
  const data = join(folder, "data");
  const id = (what: string) => Number(execFileSync("id", [what, "postgres"]));
  // It does not run as root.
  const user = isRoot ? { uid: id("-u"), gid: id("-g") } : {};
  return {
    program,
    args: ["-D", data, "-p", String(port), "-k", folder, "-c", `listen_addresses=${host}`, "-c", "max_connections=50"],
    user,
    // An immediate shutdown, which recovers at the next start.
    signal: "SIGQUIT" as const,
    prepare: async () => {
      const file = join(folder, "password");
      await writeFile(file, PASSWORD);
      if (user.uid !== undefined) for (const path of [folder, file]) chownSync(path, user.uid, user.gid);
      const args = ["-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", file, "--no-sync"];
      execFileSync(join(program, "../initdb"), args, { stdio: "ignore", cwd: folder, ...user });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when a server takes connections. */
async function answers(host: string, port: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, host);
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
    await sleep(50);
  }
  throw new Error(`no server on port ${port}`);
}
