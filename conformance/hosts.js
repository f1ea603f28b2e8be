// The hosts in other languages: each is built in a copy, tested by its own tests, and trains MNIST.

import { readdirSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram, output } from "./process.js";

const HOSTS = fileURLToPath(new URL("../hosts", import.meta.url));
/** What the hosts leave beside their sources is not copied. */
const LEFT = /[\\/](target|__pycache__|\.pytest_cache|[^\\/]*\.egg-info)$/;
/** Compiling wasmtime takes minutes. */
const PATIENCE = { timeout: 1_200_000 };
/** Of the recipe "MNIST", which holds no image back. */
const TRAINING = ["train", "--hidden", "30", "--epochs", "2", "--eta", "3", "--validation", "0"];
/** The oldest JDK that runs GraalWasm. */
const JDK = 21;

/**
 * @typedef {object} Tools where and with what a host is built
 * @property {string} host a copy of its folder, with the module in it
 * @property {string} program
 * @property {string} cache a folder for what is downloaded and compiled, kept from run to run
 * @property {string} data MNIST's files
 * @property {(command: string, args: readonly string[], env?: Record<string, string>) => Promise<string>} run in it
 *
 * @typedef {object} Host
 * @property {string} name
 * @property {string} folder in hosts/
 * @property {string} module where ductus.wasm belongs
 * @property {readonly (string | undefined)[]} programs
 * @property {string} missing
 * @property {(program: string) => Promise<string>} version
 * @property {(tools: Tools) => Promise<string>} train tests it, trains, and gives what it printed
 */

/** @param {string} folder with what was installed @returns {Host[]} */
function hosts(folder) {
  return [
    {
      name: "Python host",
      folder: "python",
      module: "ductus/ductus.wasm",
      programs: [join(folder, "python/bin/python3")],
      missing: "Python with pip, and --install",
      version: (python) =>
        output(python, ["-c", "import numpy, platform, pytest, sklearn, wasmtime; print(platform.python_version())"]),
      train: async ({ program, run, data }) => {
        await run(program, ["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
        return run(program, ["-m", "ductus", ...TRAINING, "--data", data]);
      },
    },
    {
      name: "Go host",
      folder: "go",
      module: "ductus.wasm",
      programs: ["go"],
      missing: "Go 1.22 or newer",
      version: (go) => output(go, ["version"]),
      train: async ({ program, cache, run, data }) => {
        const env = {
          CGO_ENABLED: "0",
          GOFLAGS: "-modcacherw",
          GOCACHE: join(cache, "build"),
          GOMODCACHE: join(cache, "mod"),
        };
        await run(program, ["vet", "./..."], env);
        await run(program, ["test", "./..."], env);
        return run(program, ["run", "./cmd/ductus", ...TRAINING, "--data", data], env);
      },
    },
    {
      name: "Rust host",
      folder: "rust",
      module: "ductus.wasm",
      programs: ["cargo"],
      missing: "Rust 1.95 or newer, with cargo",
      version: (cargo) => output(cargo, ["--version"]),
      train: async ({ program, cache, run, data }) => {
        const env = { CARGO_TARGET_DIR: cache };
        await run(program, ["test", "--locked", "--quiet"], env);
        return run(program, ["run", "--locked", "--quiet", "--", ...TRAINING, "--data", data], env);
      },
    },
    {
      name: "C host",
      folder: "c",
      module: "ductus.wasm",
      programs: ["make"],
      missing: "make, a C compiler, Rust's cargo, and Debian's packages libcjson-dev, libssl-dev and zlib1g-dev",
      version: async () =>
        (await compiles("cjson/cJSON.h", "openssl/evp.h", "zlib.h")) && output("cc", ["-dumpfullversion"]),
      train: async ({ host, program, cache, run, data }) => {
        const env = { CARGO_TARGET_DIR: join(cache, "../rust") };
        await run(program, ["test", "ductus"], env);
        return run(join(host, "ductus"), [...TRAINING, "--data", data]);
      },
    },
    javaHost(),
  ];
}

/** @returns {Host} */
function javaHost() {
  return {
    name: "Java host",
    folder: "java",
    module: "src/main/resources/ductus/ductus.wasm",
    programs: ["mvn"],
    missing: `Maven, and JDK ${JDK} or newer on the PATH, in JAVA_HOME or in /usr/lib/jvm`,
    version: async () => `${(await findJdk()).version}`,
    train: async ({ program, cache, run, data }) => {
      const { home } = await findJdk();
      const env = { JAVA_HOME: home };
      const jars = join(cache, "jars");
      const copy = ["dependency:copy-dependencies", `-DoutputDirectory=${jars}`, "-DincludeScope=runtime"];
      await run(program, ["-q", "-B", `-Dmaven.repo.local=${join(cache, "maven")}`, "package", ...copy], env);
      const classes = ["target/classes", `${jars}/*`].join(process.platform === "win32" ? ";" : ":");
      return run(join(home, "bin/java"), ["-cp", classes, "ductus.Main", ...TRAINING, "--data", data]);
    },
  };
}

/** Whether the C compiler finds headers, and cargo is there. @param {readonly string[]} headers */
async function compiles(...headers) {
  const includes = headers.flatMap((header) => ["-include", header]);
  await output("cargo", ["--version"]);
  await output("cc", ["-fsyntax-only", ...includes, "-x", "c", "/dev/null"]);
  return true;
}

/** @returns {Promise<{ home: string, version: number }>} */
async function findJdk() {
  const folder = "/usr/lib/jvm";
  const installed =
    findProgram([`${folder}/.`]) === undefined ? [] : readdirSync(folder).map((name) => join(folder, name));
  const onPath = findProgram(["javac"]);
  for (const home of [process.env.JAVA_HOME, onPath && join(onPath, "../.."), ...installed]) {
    const javac = home && findProgram([join(home, "bin/javac")]);
    const printed = javac && (await output(javac, ["-version"]).catch(() => undefined));
    const version = Number(/javac (\d+)/.exec(printed ?? "")?.[1]);
    if (home !== undefined && version >= JDK) return { home, version };
  }
  throw new Error(`expected JDK ${JDK} or newer, got none`);
}

/**
 * The hosts as runtimes, each of which takes up to minutes.
 * @param {string} folder with what was installed
 * @param {boolean} asked whether to build them
 * @returns {import("./runtimes.js").Runtime[]}
 */
export function hostRuntimes(folder, asked) {
  return hosts(folder).map(({ name, folder: language, module, programs, missing, version, train }) => ({
    name,
    programs: asked ? programs : [],
    missing: asked ? missing : "--hosts",
    version,
    run: async (program, { scratch, project, data }) => {
      const host = join(scratch, language);
      await cp(join(HOSTS, language), host, { recursive: true, filter: (path) => !LEFT.test(path) });
      await cp(join(project, "node_modules/ductus/build/ductus.wasm"), join(host, module));
      const run = (command, args, env = {}) =>
        output(command, args, { cwd: host, ...PATIENCE, env: { ...process.env, DUCTUS_DATA: data, ...env } });
      const printed = await train({ host, program, cache: join(folder, language), data, run });
      const [hash, rate] = [/^hash ([0-9a-f]{64})$/m, /^rate (\d+) samples\/s$/m].map(
        (form) => form.exec(printed)?.[1],
      );
      if (hash === undefined) throw new Error(`expected a host that prints its weights' hash, got ${printed}`);
      return [{ way: "own tests, training", hashes: [hash], rate: Number(rate) }];
    },
  }));
}
