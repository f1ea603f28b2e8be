//! The module in wasmtime: one instance for each network, and the calls of docs/abi.md on slices.

use std::sync::OnceLock;

use wasmtime::{Engine, Instance, Memory, Module, Store, Val};

use crate::{Dataset, Error};

/// The version of the ABI that this host knows.
const ABI_VERSION: u64 = 1;
/// Images handed over at a time.
const CHUNK: usize = 1000;
/// addImages reads up to 15 bytes past the last pixel.
const PADDING: usize = 16;

static WASM: &[u8] = include_bytes!("../ductus.wasm");

/// The module, compiled once for all networks.
fn compiled() -> Result<&'static (Engine, Module), Error> {
    static COMPILED: OnceLock<Result<(Engine, Module), String>> = OnceLock::new();
    let compile = || {
        let engine = Engine::default();
        Module::new(&engine, WASM).map(|module| (engine, module)).map_err(|error| error.to_string())
    };
    COMPILED.get_or_init(compile).as_ref().map_err(|error| Error(format!("ductus.wasm: {error}")))
}

/// An instance of the module. Its memory is freed with it.
pub struct Exports {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Exports {
    pub fn new() -> Result<Self, Error> {
        let (engine, module) = compiled()?;
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, module, &[])?;
        let memory =
            instance.get_memory(&mut store, "memory").ok_or_else(|| Error::of("ductus.wasm: has no memory"))?;
        let mut exports = Self { store, instance, memory };
        match exports.call("abiVersion", &[])? {
            ABI_VERSION => Ok(exports),
            other => Err(Error(format!("ductus.wasm: expected version {ABI_VERSION} of the ABI, got {other}"))),
        }
    }

    /// Calls a function; results are unsigned, f64 as their bits.
    pub fn call(&mut self, name: &str, args: &[Val]) -> Result<u64, Error> {
        let missing = || Error(format!("ductus.wasm: expected a function {name}, got none"));
        let function = self.instance.get_func(&mut self.store, name).ok_or_else(missing)?;
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, args, &mut results)?;
        Ok(match results.first() {
            Some(Val::I32(value)) => u64::from(*value as u32),
            Some(Val::F64(bits)) => *bits,
            _ => 0,
        })
    }

    /// Calls a function that returns 0 if memory cannot be had.
    pub fn grow(&mut self, name: &str, args: &[Val]) -> Result<u32, Error> {
        match self.call(name, args)? {
            0 => Err(Error(format!("{name}: expected room in the module's 4 GiB of memory, got none"))),
            result => Ok(result as u32),
        }
    }

    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), Error> {
        let outside = |_| Error(format!("memory: expected {} bytes at {address}, got fewer", bytes.len()));
        self.memory.write(&mut self.store, address as usize, bytes).map_err(outside)
    }

    /// The bytes at an address, until the memory grows.
    pub fn bytes(&self, address: u32, count: usize) -> &[u8] {
        &self.memory.data(&self.store)[address as usize..][..count]
    }

    /// Copies checked images and labels into the module. To be released.
    pub fn add_dataset(&mut self, data: &Dataset) -> Result<u32, Error> {
        let count = data.labels.len();
        let dataset = self.grow("createDataset", &[int(count), int(data.inputs)])?;
        let room = CHUNK.min(count) * data.inputs + PADDING;
        let pixels = self.grow("allocate", &[int(room)])?;
        let labels = self.grow("allocate", &[int(2 * CHUNK)])?;
        for first in (0..count).step_by(CHUNK) {
            let last = count.min(first + CHUNK);
            self.write(pixels, &data.images[first * data.inputs..last * data.inputs])?;
            let words: Vec<u8> = data.labels[first..last].iter().flat_map(|label| label.to_le_bytes()).collect();
            self.write(labels, &words)?;
            let args = [address(dataset), int(first), address(pixels), address(labels), int(last - first)];
            self.grow("addImages", &args)?;
        }
        self.call("release", &[address(pixels)])?;
        self.call("release", &[address(labels)])?;
        Ok(dataset)
    }
}

/// An unsigned number as the i32 of WebAssembly.
pub fn int(value: usize) -> Val {
    Val::I32(value as u32 as i32)
}

/// What the module returned, given back.
pub fn address(value: u32) -> Val {
    Val::I32(value as i32)
}
