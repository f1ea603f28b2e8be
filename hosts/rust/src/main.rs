//! Trains and tests networks on MNIST's IDX files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use ductus::{read_mnist, Error, Network, Options};

const USAGE: &str =
    "usage: ductus train --data DIR [--hidden 30] [--epochs 2] [--batch-size 10] [--eta 2.5] [--seed 1] \
                     [--validation 10000] [--out FILE], or ductus evaluate MODEL --data DIR";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ductus: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(mut args: impl Iterator<Item = String>) -> Result<(), Error> {
    let command = args.next().unwrap_or_default();
    let (mut hidden, mut epochs, mut batch, mut eta, mut options) = (30, 2, 10, 2.5, Options::default());
    let mut validation = 10_000;
    let (mut data, mut out, mut model) = (None, None, None);
    while let Some(name) = args.next() {
        if !name.starts_with("--") && model.is_none() {
            model = Some(PathBuf::from(name));
            continue;
        }
        let value = args.next().ok_or_else(|| Error(format!("{name}: expected a value, got none; {USAGE}")))?;
        match name.as_str() {
            "--data" => data = Some(PathBuf::from(value)),
            "--out" => out = Some(PathBuf::from(value)),
            "--hidden" => hidden = parsed(&name, &value)?,
            "--epochs" => epochs = parsed(&name, &value)?,
            "--batch-size" => batch = parsed(&name, &value)?,
            // Through f64, as in Ductus: rounded twice, it may be another f32.
            "--eta" => eta = parsed::<f64>(&name, &value)? as f32,
            "--validation" => validation = parsed(&name, &value)?,
            "--seed" => options.seed = parsed(&name, &value)?,
            _ => return Err(Error(format!("{name}: unknown; {USAGE}"))),
        }
    }
    match (command.as_str(), data, model) {
        ("evaluate", Some(data), Some(model)) => report(&mut Network::load(&model)?, &data, None),
        ("train", Some(data), None) => {
            let images = read_mnist(&data, "train")?;
            let most = images.labels.len();
            let held_back = || Error(format!("--validation: expected less than {most}, got {validation}"));
            let count = most.checked_sub(validation).filter(|count| *count > 0).ok_or_else(held_back)?;
            let images = images.first(count);
            let mut network = Network::new(&[images.inputs, hidden, 10], options)?;
            let start = Instant::now();
            network.train(&images, epochs, batch, eta, |epoch| {
                println!("epoch {}: cost {:.6}, {} of {count}", epoch.number, epoch.cost, epoch.correct);
            })?;
            let rate = f64::from(epochs) * count as f64 / start.elapsed().as_secs_f64();
            report(&mut network, &data, Some(rate))?;
            out.map_or(Ok(()), |path| network.save(&path))
        }
        _ => Err(Error(USAGE.to_owned())),
    }
}

fn parsed<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, Error> {
    value.parse().map_err(|_| Error(format!("{name}: expected a number within its range, got {value:?}")))
}

fn report(network: &mut Network, folder: &Path, rate: Option<f64>) -> Result<(), Error> {
    let data = read_mnist(folder, "t10k")?;
    println!("test {} of {}", network.evaluate(&data)?, data.labels.len());
    if let Some(rate) = rate {
        println!("rate {rate:.0} samples/s");
    }
    println!("hash {}", network.hash()?);
    Ok(())
}
