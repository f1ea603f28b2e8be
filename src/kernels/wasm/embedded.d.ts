// What rolldown.config.js puts into a JavaScript file, so that the library finds it in any runtime and in any bundle.

/** The bytes of build/ductus.wasm, inflated when first asked for. */
export function plain(): Uint8Array<ArrayBuffer>;
/** The bytes of build/ductus-threads.wasm, inflated when first asked for. */
export function threads(): Uint8Array<ArrayBuffer>;
/** worker.ts and what it imports, as one script. */
export const worker: string;
