#!/usr/bin/env node
// The entry point of the program. It checks Node's version before it loads anything else. It is shipped as it is,
// and old versions of Node must be able to parse it: no import or export statement, no syntax newer than import().

const [major, minor] = process.versions.node.split(".").map(Number);

// Node 21 and early releases of 22 lack functions that 20.19 has.
if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) {
  import("./command-line.js").then(
    ({ main }) => main(process.argv.slice(2)),
    ({ code }) => {
      const hint = code === "EMFILE" ? "too many are open: raise ulimit -n" : "install it again";
      console.error(`ductus: expected the program's files to load, got ${code || "an error"}: ${hint}`);
      process.exitCode = 1;
    },
  );
} else {
  const oldest = major <= 20 ? "20.19" : "22.12";
  console.error(`ductus: expected Node ${oldest} or newer, got ${process.versions.node}: install a newer Node`);
  process.exitCode = 1;
}
