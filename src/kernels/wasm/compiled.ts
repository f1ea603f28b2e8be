// The type of `import module from "ductus/ductus.wasm"`. No code: the modules themselves are what is imported.

import type { WasmModule } from "../../globals.js";

declare const compiled: WasmModule;

/** The compiled module, from a runtime or a bundler that imports WebAssembly so: createWasmKernels() takes it. */
export default compiled;
