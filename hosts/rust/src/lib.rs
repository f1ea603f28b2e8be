//! Trains and uses handwritten-digit networks with Ductus' WebAssembly module in wasmtime: the same bits as
//! `ductus train`, and the same files. The calls of the module are described in docs/abi.md of its repository.
#![forbid(unsafe_code)]

mod idx;
mod model;
mod module;

use std::fmt;

use sha2::{Digest, Sha256};
use wasmtime::Val;

pub use idx::{parse_idx, read_mnist};
use module::{address, int, Exports};

const ACTIVATIONS: &[&str] = &["sigmoid", "tanh", "relu"];
const COSTS: &[&str] = &["quadratic", "cross-entropy", "log-likelihood"];
const INITS: &[&str] = &["normal", "scaled", "he"];
/// Images of which the module keeps the activations.
const BLOCK: usize = 64;

/// What is wrong, in one sentence.
#[derive(Debug)]
pub struct Error(pub String);

impl Error {
    fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<wasmtime::Error> for Error {
    fn from(error: wasmtime::Error) -> Self {
        Self(format!("ductus.wasm: {error}"))
    }
}

impl From<safetensors::SafeTensorError> for Error {
    fn from(error: safetensors::SafeTensorError) -> Self {
        Self(format!("expected a safetensors file, got one that is damaged or none ({error})"))
    }
}

/// Labelled images.
pub struct Dataset {
    /// `[n][inputs]`, 0 to 255.
    pub images: Vec<u8>,
    /// `[n]`, below the number of classes.
    pub labels: Vec<u16>,
    /// Pixels of an image.
    pub inputs: usize,
}

impl Dataset {
    /// The first images, or all if there are fewer.
    pub fn first(&self, count: usize) -> Self {
        let count = count.min(self.labels.len());
        let images = self.images[..count * self.inputs].to_vec();
        Self { images, labels: self.labels[..count].to_vec(), inputs: self.inputs }
    }

    fn check(&self, inputs: usize, outputs: usize) -> Result<(), Error> {
        let Self { images, labels, inputs: own } = self;
        if labels.is_empty() {
            return Err(Error::of("data: expected at least one image, got none"));
        }
        if *own != inputs || images.len() != inputs * labels.len() {
            let expected = format!("{} images of {inputs} pixels", labels.len());
            return Err(Error(format!("data: expected {expected}, got {} bytes of {own}", images.len())));
        }
        match labels.iter().position(|label| usize::from(*label) >= outputs) {
            Some(i) => Err(Error(format!("labels: expected 0 to {}, got {} for image {i}", outputs - 1, labels[i]))),
            None => Ok(()),
        }
    }
}

/// What a new network is like.
#[derive(Clone)]
pub struct Options {
    /// Of the weights, and of the order of images.
    pub seed: u32,
    /// Of the hidden layers: sigmoid, tanh or relu.
    pub activation: String,
    /// quadratic, cross-entropy or log-likelihood.
    pub cost: String,
    /// Initial weights: normal, scaled or he.
    pub init: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, activation: "sigmoid".into(), cost: "quadratic".into(), init: "scaled".into() }
    }
}

/// What an epoch gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// From 1.
    pub number: u32,
    /// The mean over the samples.
    pub cost: f64,
    /// Samples read correctly, each before the update of its mini-batch.
    pub correct: u64,
}

/// A network of fully connected layers.
pub struct Network {
    sizes: Vec<usize>,
    options: Options,
    epochs: u32,
    wasm: Exports,
    network: u32,
}

impl Network {
    /// Layers: pixels (1 to 2^22), hidden layers, classes (1 to 65,536 each). Equal arguments give equal bits.
    pub fn new(sizes: &[usize], options: Options) -> Result<Self, Error> {
        if sizes.len() < 2 {
            return Err(Error(format!("sizes: expected 2 layers or more, got {}", sizes.len())));
        }
        for (l, size) in sizes.iter().enumerate() {
            if *size < 1 || *size > if l == 0 { 1 << 22 } else { 1 << 16 } {
                let expected = "1 to 65536 neurons (4194304 pixels)";
                return Err(Error(format!("sizes: expected {expected}, got {size} in layer {l}")));
            }
        }
        let code = |name: &str, value: &str, all: &[&str]| {
            let unknown = || Error(format!("{name}: expected one of {all:?}, got {value:?}"));
            all.iter().position(|known| *known == value).map(int).ok_or_else(unknown)
        };
        let activation = code("activation", &options.activation, ACTIVATIONS)?;
        let cost = code("cost", &options.cost, COSTS)?;
        let how = code("init", &options.init, INITS)?;
        let mut wasm = Exports::new()?;
        let list = wasm.grow("allocate", &[int(4 * sizes.len())])?;
        let bytes: Vec<u8> = sizes.iter().flat_map(|size| (*size as u32).to_le_bytes()).collect();
        wasm.write(list, &bytes)?;
        let network = wasm.grow("createNetwork", &[address(list), int(sizes.len()), activation, cost])?;
        wasm.call("release", &[address(list)])?;
        wasm.grow("reserveBatch", &[address(network), int(BLOCK), int(1)])?;
        wasm.call("initialise", &[address(network), address(options.seed), how])?;
        Ok(Self { sizes: sizes.to_vec(), options, epochs: 0, wasm, network })
    }

    /// How many epochs it was trained for.
    pub fn epochs(&self) -> u32 {
        self.epochs
    }

    fn outputs(&self) -> usize {
        self.sizes[self.sizes.len() - 1]
    }

    /// Trains by mini-batch stochastic gradient descent, and calls `report` after each epoch. It goes on from the last
    /// epoch trained: the same bits as in one call.
    pub fn train(
        &mut self,
        data: &Dataset,
        epochs: u32,
        batch_size: usize,
        eta: f32,
        mut report: impl FnMut(Epoch),
    ) -> Result<(), Error> {
        data.check(self.sizes[0], self.outputs())?;
        if !(1..=1_000_000).contains(&epochs) {
            return Err(Error(format!("epochs: expected a whole number from 1 to 1000000, got {epochs}")));
        }
        if !(1..=1_000_000).contains(&batch_size) {
            return Err(Error(format!("batch size: expected a whole number from 1 to 1000000, got {batch_size}")));
        }
        if !(eta.is_finite() && eta > 0.0) {
            return Err(Error(format!("eta: expected a finite number above 0, got {eta}")));
        }
        let count = data.labels.len();
        let network = address(self.network);
        self.wasm.grow("reserveBatch", &[network, int(BLOCK.max(batch_size.min(count))), int(1)])?;
        let set = address(self.wasm.add_dataset(data)?);
        for _ in 0..epochs {
            let number = self.epochs + 1;
            self.wasm.call("shuffle", &[set, address(self.options.seed), address(number)])?;
            let batches = int(count.div_ceil(batch_size));
            let rate = Val::F32(eta.to_bits());
            self.wasm.call("trainBatches", &[network, set, int(0), batches, rate, int(batch_size)])?;
            if self.wasm.call("allFinite", &[network])? == 0 {
                self.wasm.call("releaseDataset", &[set])?;
                return Err(Error(format!("epoch {number}: weights are no longer finite numbers: lower eta ({eta})")));
            }
            self.epochs = number;
            let sum = f64::from_bits(self.wasm.call("sumCosts", &[set, int(0), int(count)])?);
            let correct = self.wasm.call("countCorrect", &[set])?;
            report(Epoch { number, cost: sum / count as f64, correct });
        }
        self.wasm.call("releaseDataset", &[set])?;
        Ok(())
    }

    /// How many images are read correctly.
    pub fn evaluate(&mut self, data: &Dataset) -> Result<u64, Error> {
        data.check(self.sizes[0], self.outputs())?;
        let set = address(self.wasm.add_dataset(data)?);
        let correct = self.wasm.call("evaluate", &[address(self.network), set])?;
        self.wasm.call("releaseDataset", &[set])?;
        Ok(correct)
    }

    /// The activations of all outputs for each image, 0 to 1. The largest is what the image is read as.
    pub fn activations(&mut self, images: &[u8]) -> Result<Vec<Vec<f32>>, Error> {
        let (inputs, last, size) = (self.sizes[0], self.sizes.len() - 1, 4 * self.outputs());
        if images.is_empty() || images.len() % inputs != 0 {
            return Err(Error(format!("images: expected a multiple of {inputs} pixels, got {}", images.len())));
        }
        let mut all = Vec::new();
        for part in images.chunks(BLOCK * inputs) {
            let count = part.len() / inputs;
            let data = Dataset { images: part.to_vec(), labels: vec![0; count], inputs };
            let set = address(self.wasm.add_dataset(&data)?);
            self.wasm.call("evaluate", &[address(self.network), set])?;
            for s in 0..count {
                let place = self.wasm.call("activations", &[address(self.network), int(last), int(s)])?;
                all.push(floats(self.wasm.bytes(place as u32, size)).collect());
            }
            self.wasm.call("releaseDataset", &[set])?;
        }
        Ok(all)
    }

    /// The bytes of layer l, from 1: weights, `f32[outputs][inputs]`, then biases, `f32[outputs]`, little-endian.
    pub fn parameters(&mut self, l: usize) -> Result<Vec<u8>, Error> {
        if l < 1 || l >= self.sizes.len() {
            return Err(Error(format!("layer: expected 1 to {}, got {l}", self.sizes.len() - 1)));
        }
        let (weights, size) = self.bytes_of(l);
        let block = self.wasm.grow("allocate", &[int(size)])?;
        let args = [address(self.network), int(l), int(0), address(block), address(block + weights as u32)];
        self.wasm.call("readLayer", &args)?;
        let bytes = self.wasm.bytes(block, size).to_vec();
        self.wasm.call("release", &[address(block)])?;
        Ok(bytes)
    }

    fn write_layer(&mut self, l: usize, bytes: &[u8]) -> Result<(), Error> {
        let (weights, size) = self.bytes_of(l);
        let block = self.wasm.grow("allocate", &[int(size)])?;
        self.wasm.write(block, bytes)?;
        let args = [address(self.network), int(l), int(0), address(block), address(block + weights as u32)];
        self.wasm.call("writeLayer", &args)?;
        self.wasm.call("release", &[address(block)])?;
        Ok(())
    }

    /// Bytes of a layer's weights, and of weights and biases.
    fn bytes_of(&self, l: usize) -> (usize, usize) {
        let (inputs, outputs) = (self.sizes[l - 1], self.sizes[l]);
        (4 * inputs * outputs, 4 * (inputs + 1) * outputs)
    }

    /// The SHA-256 of all parameters, in hexadecimal, as `ductus train` prints it.
    pub fn hash(&mut self) -> Result<String, Error> {
        let mut hash = Sha256::new();
        for l in 1..self.sizes.len() {
            hash.update(self.parameters(l)?);
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.chunks_exact(4).map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}
