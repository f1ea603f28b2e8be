//! IDX files, MNIST's format: two zero bytes, the type (8: bytes), the number of dimensions, their lengths, the data.

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Dataset, Error};

/// An unpacked file is at most so large.
const MOST: u64 = 1 << 32;

/// The lengths of an IDX file of bytes, plain or gzip, and its contents.
pub fn parse_idx(file: &[u8]) -> Result<(Vec<usize>, Vec<u8>), Error> {
    let mut unpacked = Vec::new();
    if file.starts_with(&[0x1f, 0x8b]) {
        let damaged = |error| Error(format!("expected a whole gzip file, got a damaged one ({error})"));
        MultiGzDecoder::new(file).take(MOST).read_to_end(&mut unpacked).map_err(damaged)?;
    }
    let file = if unpacked.is_empty() { file } else { &unpacked };
    let dimensions = match file {
        [0, 0, 8, dimensions @ 1..=4, ..] => usize::from(*dimensions),
        _ => {
            let start = &file[..file.len().min(4)];
            return Err(Error(format!("expected an IDX file of bytes (00 00 08 ...), got {start:02x?}")));
        }
    };
    let start = 4 + 4 * dimensions;
    let lengths = file.get(4..start).ok_or_else(|| Error::of("expected an IDX header, got part of one"))?;
    let word = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let shape: Vec<usize> = lengths.chunks(4).map(word).collect();
    let expected = shape.iter().try_fold(1usize, |product, length| product.checked_mul(*length));
    if expected != Some(file.len() - start) {
        return Err(Error(format!("expected the data of {shape:?}, got {} bytes", file.len() - start)));
    }
    Ok((shape, file[start..].to_vec()))
}

/// The images and labels of "train" or "t10k" in a folder of IDX files, plain or with .gz.
pub fn read_mnist(folder: &Path, kind: &str) -> Result<Dataset, Error> {
    let (shape, images) = read(folder, &format!("{kind}-images-idx3-ubyte"), 3)?;
    let (_, labels) = read(folder, &format!("{kind}-labels-idx1-ubyte"), 1)?;
    if labels.len() != shape[0] {
        let counts = format!("{} images, got {}", shape[0], labels.len());
        return Err(Error(format!("{}: expected a label for each of {counts}", folder.display())));
    }
    let labels = labels.into_iter().map(u16::from).collect();
    Ok(Dataset { images, labels, inputs: shape[1] * shape[2] })
}

fn read(folder: &Path, name: &str, dimensions: usize) -> Result<(Vec<usize>, Vec<u8>), Error> {
    let plain = folder.join(name);
    let path = if plain.exists() { plain } else { folder.join(format!("{name}.gz")) };
    let absent = |error| Error(format!("expected {name} or {name}.gz in {}: {error}", folder.display()));
    let (shape, contents) = parse_idx(&std::fs::read(&path).map_err(absent)?)
        .map_err(|Error(text)| Error(format!("{}: {text}", path.display())))?;
    if shape.len() == dimensions {
        return Ok((shape, contents));
    }
    Err(Error(format!("{}: expected {dimensions} dimensions, got {}", path.display(), shape.len())))
}
