//! wasmtime behind the WebAssembly C API, as a static library. Its header, wasm.h, is in the crate that this one wraps.

pub use wasmtime_c_api::*;
