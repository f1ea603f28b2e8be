//! Networks as safetensors files, with PyTorch's names, which Ductus loads.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::{Error, Network, Options, ACTIVATIONS, COSTS, INITS};

/// How Ductus writes the method of training.
const PLAIN_DESCENT: &str = concat!(
    r#"{"optimizer":"sgd","momentum":0,"beta":0,"epsilon":0,"weightDecay":0,"average":0,"#,
    r#""labelSmoothing":0,"dropout":0,"keepBest":false}"#
);

impl Network {
    /// The bytes of a file.
    pub fn encode(&mut self) -> Result<Vec<u8>, Error> {
        let layers: Vec<Vec<u8>> = (1..self.sizes.len()).map(|l| self.parameters(l)).collect::<Result<_, _>>()?;
        let mut tensors = Vec::new();
        for (i, bytes) in layers.iter().enumerate() {
            let (inputs, outputs) = (self.sizes[i], self.sizes[i + 1]);
            let (weights, biases) = bytes.split_at(4 * inputs * outputs);
            let named = [("weight", vec![outputs, inputs], weights), ("bias", vec![outputs], biases)];
            for (name, shape, data) in named {
                tensors.push((format!("{}.{name}", 2 * i), TensorView::new(Dtype::F32, shape, data)?));
            }
        }
        let own = [
            ("format", "ductus".into()),
            ("version", "1".into()),
            ("layers", format!("{:?}", self.sizes).replace(' ', "")),
            ("activation", self.options.activation.clone()),
            ("cost", self.options.cost.clone()),
            ("initial_weights", self.options.init.clone()),
            ("method", PLAIN_DESCENT.into()),
            ("seed", self.options.seed.to_string()),
            ("epochs", self.epochs.to_string()),
        ];
        let own: HashMap<String, String> = own.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Ok(safetensors::serialize(tensors, Some(own))?)
    }

    /// Writes a file. An old one stays until the new one is whole.
    pub fn save(&mut self, path: &Path) -> Result<(), Error> {
        let named = |error| Error(format!("{}: {error}", path.display()));
        let partial = path.with_extension(format!("{}.part", std::process::id()));
        let bytes = self.encode()?;
        let written = std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, path));
        if written.is_err() {
            // It may not even be there.
            let _ = std::fs::remove_file(&partial);
        }
        written.map_err(named)
    }

    /// The network of a file that save() or Ductus wrote.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let named = |text| Error(format!("{}: {text}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
        Self::decode(&bytes).map_err(|Error(text)| named(text))
    }

    /// The network of the bytes of a file. Nothing in them is trusted.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let file = SafeTensors::deserialize(bytes)?;
        let own = header.metadata().as_ref().ok_or_else(|| Error::of("expected a Ductus model, got no metadata"))?;
        let get = |key: &str| own.get(key).map(String::as_str).unwrap_or_default();
        if (get("format"), get("version")) != ("ductus", "1") {
            return Err(Error::of("expected the metadata of a Ductus model (format: ductus), got others"));
        }
        let number = |key: &str| {
            let wrong = |_| Error(format!("metadata {key}: expected a whole number, got {:?}", get(key)));
            get(key).parse::<u32>().map_err(wrong)
        };
        let wrong = || Error(format!("metadata layers: expected a list of whole numbers, got {:?}", get("layers")));
        let list = get("layers").strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or_else(wrong)?;
        let sizes: Vec<usize> =
            list.split(',').map(|text| text.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
        // All tensors are checked before memory is taken for a network of these sizes.
        let mut layers = Vec::new();
        for (i, pair) in sizes.windows(2).enumerate() {
            let mut layer = Vec::new();
            for (name, shape) in [("weight", vec![pair[1], pair[0]]), ("bias", vec![pair[1]])] {
                let name = format!("{}.{name}", 2 * i);
                let tensor = file.tensor(&name)?;
                if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
                    let got = format!("{:?} {:?}", tensor.dtype(), tensor.shape());
                    return Err(Error(format!("tensor {name}: expected F32 {shape:?}, got {got}")));
                }
                if crate::floats(tensor.data()).any(|value| !value.is_finite()) {
                    return Err(Error(format!("tensor {name}: expected finite numbers, got others")));
                }
                // -0 becomes 0, as in Ductus.
                layer.extend(crate::floats(tensor.data()).flat_map(|value| (value + 0.0).to_le_bytes()));
            }
            layers.push(layer);
        }
        let known = |key: &str, all: &[&str]| match all.contains(&get(key)) {
            true => Ok(get(key).to_owned()),
            false => Err(Error(format!("metadata {key}: expected one of {all:?}, got {:?}", get(key)))),
        };
        let options = Options {
            seed: number("seed")?,
            activation: known("activation", ACTIVATIONS)?,
            cost: known("cost", COSTS)?,
            init: known("initial_weights", INITS)?,
        };
        let mut network = Self::new(&sizes, options)?;
        network.epochs = number("epochs")?;
        for (i, layer) in layers.iter().enumerate() {
            network.write_layer(i + 1, layer)?;
        }
        Ok(network)
    }
}
