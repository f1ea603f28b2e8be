// What npm's scripts of this project run first: tells an old Node so in one sentence. As apps/cli/main.js, it must be
// parsed by old versions: no import or export statement, no syntax newer than arrow functions.

const [major, minor] = process.versions.node.split(".").map(Number);

if (!(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19))) {
  const oldest = major <= 20 ? "20.19" : "22.12";
  console.error(`ductus: expected Node ${oldest} or newer, got ${process.versions.node}: install a newer Node`);
  process.exit(1);
}
