// The package as its users get it: packed, and installed into an empty project.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A browser that a test needs: Debian's, or another. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const run = promisify(execFile);

/** What npm says of a tarball. */
interface Packed {
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

export interface Installed {
  /** The project's folder. */
  readonly project: string;
  /** The package's folder in it. */
  readonly folder: string;
  readonly tarball: string;
  readonly packed: Packed;
  remove(): Promise<void>;
}

/** Packs the package in a folder; the tarball goes to `destination`. */
export async function pack(folder: string, destination: string): Promise<Packed> {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", destination], { cwd: folder });
  const answer: Packed[] | Record<string, Packed> = JSON.parse(stdout);
  // Versions of npm differ: a list, or an object by names.
  return Object.values(answer)[0];
}

export async function installPackage(): Promise<Installed> {
  const project = await mkdtemp(join(tmpdir(), "ductus-package-"));
  const packed = await pack(ROOT, project);
  const tarball = join(project, packed.filename);
  await writeFile(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], { cwd: project });
  const folder = join(project, "node_modules/ductus");
  return { project, folder, tarball, packed, remove: () => rm(project, { recursive: true }) };
}
