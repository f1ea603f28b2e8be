// Every name that users can import is explained where it is declared.

import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const ENTRIES = [
  "../../src/index.ts",
  "../../src/formats/index.ts",
  "../../src/recipe/index.ts",
  "../../src/node/index.ts",
  "../../src/pretrained/index.ts",
].map((path) => fileURLToPath(new URL(path, import.meta.url)));

test("every public name and method has a docstring", () => {
  const program = ts.createProgram(ENTRIES, { strict: true, target: ts.ScriptTarget.ES2022, skipLibCheck: true });
  const checker = program.getTypeChecker();
  const missing: string[] = [];
  const names: string[] = [];
  const check = (symbol: ts.Symbol, name: string) => {
    names.push(name);
    if (ts.displayPartsToString(symbol.getDocumentationComment(checker)) === "") missing.push(name);
  };
  for (const entry of ENTRIES) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile) as ts.Symbol;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      check(symbol, symbol.name);
      for (const member of [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])]) {
        const [declaration] = member.declarations ?? [];
        // Names that say it all, and what users cannot reach.
        if (
          !declaration ||
          /^(__|#|prototype)/.test(member.name) ||
          ts.isPrivateIdentifier(ts.getNameOfDeclaration(declaration) ?? declaration)
        )
          continue;
        if (ts.isFunctionLike(declaration)) check(member, `${symbol.name}.${member.name}`);
      }
    }
  }
  expect(missing).toEqual([]);
  expect(names).toContain("Network");
  expect(names).toContain("Network.train");
  expect(names.length).toBeGreaterThan(45);
});
