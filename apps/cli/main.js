#!/usr/bin/env node
// The entry point of the program. It checks Node's version before it loads anything else. It is shipped as it is,
// and old versions of Node must be able to parse it: no import or export statement, no syntax newer than import().

const [major, minor] = process.versions.node.split(".").map(Number);

// Node 21 and early releases of 22 lack functions that 20.19 has.
if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) {
  import("./command-line.js").then(
    ({ main }) => main(process.argv.slice(2)),
    ({ code }) => {
      // The table of reasons.ts is in one of the files that did not load.
      const words = {
        EMFILE: "too many open files: raise the limit (ulimit -n)",
        ENFILE: "too many open files in the system: close other programs",
        EACCES: "no permission: let everybody read them, or install it again",
        EPERM: "no permission: let everybody read them, or install it again",
        ENOMEM: "too little memory: close other programs",
        EIO: "a disk that fails",
        ENOENT: "a missing one: install it again",
        ERR_MODULE_NOT_FOUND: "a missing one: install it again",
      };
      const got = words[code] || `${code ? `the error ${code}` : "an error"}: install it again`;
      console.error(`ductus: expected the program's files to load, got ${got}`);
      process.exitCode = 1;
    },
  );
} else {
  const oldest = major <= 20 ? "20.19" : "22.12";
  console.error(`ductus: expected Node ${oldest} or newer, got ${process.versions.node}: install a newer Node`);
  process.exitCode = 1;
}
