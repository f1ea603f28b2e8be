// Every name that users can import is explained where it is declared.

import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const SOURCES = fileURLToPath(new URL("../../src/", import.meta.url));
const ENTRIES = [
  "../../src/index.ts",
  "../../src/formats/index.ts",
  "../../src/recipe/index.ts",
  "../../src/node/index.ts",
  "../../src/pretrained/index.ts",
].map((path) => fileURLToPath(new URL(path, import.meta.url)));

test("every public name, method and property has a docstring", () => {
  const program = ts.createProgram(ENTRIES, { strict: true, target: ts.ScriptTarget.ES2022, skipLibCheck: true });
  const checker = program.getTypeChecker();
  const missing: string[] = [];
  const names: string[] = [];
  const seen = new Set<ts.Symbol>();
  const check = (symbol: ts.Symbol, name: string) => {
    names.push(name);
    if (ts.displayPartsToString(symbol.getDocumentationComment(checker)) === "") missing.push(name);
  };
  const isOurs = ({ declarations }: ts.Symbol) =>
    declarations?.some((declaration) => {
      const name = ts.getNameOfDeclaration(declaration) ?? declaration;
      return declaration.getSourceFile().fileName.startsWith(SOURCES) && !ts.isPrivateIdentifier(name);
    });
  /** What a type written in place has: a property's, what a function returns, or one of several types. */
  const checkWithin = (type: ts.Type, name: string) => {
    if (type.isUnionOrIntersection()) for (const part of type.types) checkWithin(part, name);
    for (const signature of type.getCallSignatures()) checkWithin(signature.getReturnType(), name);
    if (checker.isArrayType(type) || checker.isTupleType(type)) {
      for (const item of checker.getTypeArguments(type as ts.TypeReference)) checkWithin(item, `${name}[]`);
    } else if (type.symbol?.name === "__type" || type.symbol?.name === "__object") {
      for (const member of checker.getPropertiesOfType(type)) checkMember(member, `${name}.${member.name}`);
    }
  };
  const checkMember = (member: ts.Symbol, name: string) => {
    if (seen.has(member) || member.flags & ts.SymbolFlags.TypeParameter || !isOurs(member)) return;
    seen.add(member);
    check(member, name);
    checkWithin(checker.getTypeOfSymbol(member), name);
  };
  for (const entry of ENTRIES) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile) as ts.Symbol;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      check(symbol, symbol.name);
      for (const member of [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])]) {
        // Names that say it all, and what users cannot reach.
        if (!/^(__|#|prototype)/.test(member.name)) checkMember(member, `${symbol.name}.${member.name}`);
      }
      if (symbol.flags & ts.SymbolFlags.TypeAlias) checkWithin(checker.getDeclaredTypeOfSymbol(symbol), symbol.name);
      if (symbol.flags & (ts.SymbolFlags.Variable | ts.SymbolFlags.Function))
        checkWithin(checker.getTypeOfSymbol(symbol), symbol.name);
    }
  }
  expect(missing).toEqual([]);
  const kinds = ["Network", "Network.train", "Dataset.images", "Session.network", "Picture.width", "RANGES.sigma"];
  expect(names).toEqual(expect.arrayContaining([...kinds, "Reply.parks", "MNIST[].sha256", "recipeFrom.hidden"]));
  expect(names.length).toBeGreaterThan(500);
});
