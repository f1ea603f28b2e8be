// npm run build:hosts: puts ductus.wasm where each host expects it.

import { copyFile } from "node:fs/promises";

const MODULE = new URL("../build/ductus.wasm", import.meta.url);
const FOLDERS = ["python/ductus", "c", "go", "rust", "java/src/main/resources/ductus"];

await Promise.all(FOLDERS.map((folder) => copyFile(MODULE, new URL(`${folder}/ductus.wasm`, import.meta.url))));
