// Types of the runtime that the public API mentions. A program that knows them gets the very ones, from the DOM
// library, from @types/node or from its runtime's own types. To any other program they are only what Ductus itself uses
// of them, so that the package's types compile with the language's library alone.

/** WebAssembly.Module: a compiled module. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : object;

/** WebAssembly.Memory: an instance's memory. */
export type WasmMemory = typeof globalThis extends { WebAssembly: { Memory: { prototype: infer T } } }
  ? T
  : { readonly buffer: ArrayBuffer; grow(pages: number): number };

/** BufferSource: the bytes of a module, in an ArrayBuffer or a view of one. */
export type WasmBytes = typeof globalThis extends { WebAssembly: { validate(bytes: infer T): boolean } }
  ? T
  : ArrayBuffer | ArrayBufferView;

/** AbortSignal, which ends a training run from outside. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer T } }
  ? T
  : {
      readonly aborted: boolean;
      readonly reason: unknown;
      throwIfAborted(): void;
      addEventListener(type: "abort", listener: () => void): void;
      removeEventListener(type: "abort", listener: () => void): void;
    };
