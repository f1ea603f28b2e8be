// npm run web: serves the page in build/web, to this machine alone.

import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serveFiles } from "./files.js";
import { HEADERS, ISOLATION } from "./headers.js";

const FOLDER = fileURLToPath(new URL("../../build/web", import.meta.url));
const USAGE = `Usage: npm run web -- [options]

  --port N      where to serve: 0 to 65535, 0 for any that is free (default 8080)
  --one-thread  without the headers that a page needs for shared memory, as a plain host serves it
  --help        print this and exit`;

/** Why a port cannot be had, by the system's code. */
const REFUSED_PORTS = { EADDRINUSE: "one that is in use", EACCES: "one that needs an administrator's rights" };

function main() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8080" },
      "one-thread": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const port = /^\d+$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (!(port <= 65535)) throw new Error(`--port: expected a whole number from 0 to 65535, got "${values.port}"`);
  const headers = HEADERS.filter((header) => !(values["one-thread"] && ISOLATION.includes(header)));
  const server = createServer(serveFiles(FOLDER, headers));
  server.on("error", ({ code }) => {
    const got = REFUSED_PORTS[code] ?? "one that the system refuses";
    console.error(`ductus web: port ${port}: expected a free one, got ${got}: choose another with --port`);
    process.exitCode = 1;
  });
  // Browsers trust localhost as much as https, which a page with threads needs.
  server.listen(port, "127.0.0.1", () => console.log(`http://localhost:${server.address().port}/  (Ctrl-C ends)`));
}

/** What is wrong with the arguments: in our words, where parseArgs() has found it. */
function sentenceOf({ code, message }) {
  const [, name = ""] = /'(-[^' ]*)/.exec(message) ?? [];
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `expected an option that there is, got ${name}`;
  if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") {
    return /does not take/.test(message)
      ? `${name}: expected no value, got one`
      : `${name}: expected a value, got none`;
  }
  if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL") return "expected options only, got another argument";
  return message;
}

try {
  main();
} catch (error) {
  console.error(`ductus web: ${sentenceOf(error)}: see --help`);
  process.exitCode = 2;
}
