#!/usr/bin/env node
// The program's first file: checks Node's version before it loads anything else. The package ships it as it is, and old
// versions of Node have to be able to read it: no import statement, no export, no syntax younger than import().

const [major, minor] = process.versions.node.split(".").map(Number);

// Node 21 and the first of 22 lack functions that 20.19 has.
if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) {
  import("./command-line.js").then(({ main }) => main(process.argv.slice(2)));
} else {
  const oldest = major <= 20 ? "20.19" : "22.12";
  console.error(`ductus: expected Node ${oldest} or newer, got ${process.versions.node}: install a newer Node`);
  process.exitCode = 1;
}
