// What rolldown.config.js puts into a JavaScript file, so that the library finds it in any runtime and in any bundle.

/** The bytes of build/ductus.wasm. */
export const plain: Uint8Array<ArrayBuffer>;
/** The bytes of build/ductus-threads.wasm. */
export const threads: Uint8Array<ArrayBuffer>;
/** worker.ts and what it imports, as one script. */
export const worker: string;
