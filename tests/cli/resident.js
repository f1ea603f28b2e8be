// The built command line in one process for many commands, since to start one takes longer than most commands do. Each
// command ends as in a process of its own: when nothing is left that would keep that alive, and what it leaves to the
// end of the process is done. Not for what needs a process: signals, standard streams, files on standard output.

import { main } from "../../build/cli/command-line.js";

const said = { stdout: "", stderr: "" };
for (const name of /** @type {const} */ (["stdout", "stderr"])) {
  process[name].write = (text) => {
    if (typeof text !== "string") throw new Error(`expected text on ${name}, got bytes`);
    said[name] += text;
    return true;
  };
}

/** What a process of its own would not have. */
const ownListeners = process.listeners("exit");

process.on("message", (/** @type {{ folder: string, args: string[] }} */ { folder, args }) => {
  process.chdir(folder);
  process.channel?.unref();
  main(args);
});

process.on("disconnect", () => process.exit());

process.on("beforeExit", (code) => {
  process.channel?.ref();
  for (const listener of process.listeners("exit")) {
    listener.call(process, code);
    if (!ownListeners.includes(listener)) process.off("exit", listener);
  }
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
  process.send?.({ code, signal: null, ...said });
  [said.stdout, said.stderr] = ["", ""];
  process.exitCode = undefined;
});
