//! The network: the bits of the command line, files both ways, and bad input in one sentence.

use std::path::{Path, PathBuf};

use ductus::{parse_idx, read_mnist, Dataset, Epoch, Error, Network, Options};

/// 200 images of 20 pixels in three classes, by a generator of 31 bits.
fn made() -> Dataset {
    let mut state = 1u64;
    let mut next = || {
        state = state * 1_103_515_245 % (1 << 31) + 12_345;
        (state >> 16) as u8
    };
    let images: Vec<u8> = (0..4000).map(|_| next()).collect();
    let class = |image: &[u8]| image.iter().map(|pixel| u16::from(*pixel)).sum::<u16>() / 500 % 3;
    Dataset { labels: images.chunks(20).map(class).collect(), images, inputs: 20 }
}

fn with(change: impl FnOnce(&mut Options)) -> Options {
    let mut options = Options::default();
    change(&mut options);
    options
}

fn small(options: Options) -> Network {
    let mut network = Network::new(&[20, 7, 3], options).unwrap();
    network.train(&made(), 3, 10, 0.5, |_| ()).unwrap();
    network
}

fn expect_error<T>(result: Result<T, Error>, sentence: &str) {
    let Error(text) = result.err().unwrap_or_else(|| panic!("expected {sentence:?}, got none"));
    assert!(text.contains(sentence), "expected {sentence:?}, got {text:?}");
}

/// A folder of its own for each test.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("ductus-rust-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn mnist_gives_the_hash_of_the_command_line() {
    let Ok(data) = std::env::var("DUCTUS_DATA") else {
        return eprintln!("skipped: needs MNIST's folder in DUCTUS_DATA");
    };
    let training = read_mnist(Path::new(&data), "train").unwrap().first(50_000);
    let mut network = Network::new(&[784, 30, 10], Options::default()).unwrap();
    let mut correct = Vec::new();
    network.train(&training, 2, 10, 2.5, |epoch| correct.push(epoch.correct)).unwrap();
    assert_eq!(correct, [45018, 47030]);
    let hash = "d6f971d14ee0f7e9d141bfc38304b7a0e777a4101d7c881d769f621c209d7a54";
    assert_eq!(network.hash().unwrap(), hash);
    assert_eq!(network.evaluate(&read_mnist(Path::new(&data), "t10k").unwrap()).unwrap(), 9466);
}

#[test]
fn equal_settings_give_equal_bits_and_others_do_not() {
    let first = small(Options::default()).hash().unwrap();
    assert_eq!(small(Options::default()).hash().unwrap(), first);
    let others = [
        with(|options| options.seed = 2),
        with(|options| options.activation = "tanh".into()),
        with(|options| options.cost = "cross-entropy".into()),
        with(|options| options.init = "he".into()),
    ];
    for options in others {
        assert_ne!(small(options).hash().unwrap(), first);
    }
}

#[test]
fn two_trainings_are_one() {
    let mut network = Network::new(&[20, 7, 3], Options::default()).unwrap();
    let mut numbers = Vec::new();
    for epochs in [1, 2] {
        network.train(&made(), epochs, 10, 0.5, |Epoch { number, .. }| numbers.push(number)).unwrap();
    }
    assert_eq!((numbers, network.epochs()), (vec![1, 2, 3], 3));
    assert_eq!(network.hash().unwrap(), small(Options::default()).hash().unwrap());
}

#[test]
fn activations_are_those_of_the_equations() {
    let (mut network, data) = (small(Options::default()), made());
    let all = network.activations(&data.images).unwrap();
    let floats = |bytes: Vec<u8>| -> Vec<f64> {
        bytes.chunks(4).map(|word| f64::from(f32::from_le_bytes(word.try_into().unwrap()))).collect()
    };
    let layers = [(20, 7, floats(network.parameters(1).unwrap())), (7, 3, floats(network.parameters(2).unwrap()))];
    let mut correct = 0;
    for (i, image) in data.images.chunks(20).enumerate() {
        let mut a: Vec<f64> = image.iter().map(|pixel| f64::from(*pixel) / 255.0).collect();
        for (inputs, outputs, w) in &layers {
            let z = |j: usize| (0..*inputs).map(|k| w[j * inputs + k] * a[k]).sum::<f64>() + w[inputs * outputs + j];
            a = (0..*outputs).map(|j| 1.0 / (1.0 + (-z(j)).exp())).collect();
        }
        assert!(a.iter().zip(&all[i]).all(|(expected, got)| (expected - f64::from(*got)).abs() < 1e-5));
        let largest = (0..3).max_by(|j, k| all[i][*j].total_cmp(&all[i][*k])).unwrap();
        correct += u64::from(largest == usize::from(data.labels[i]));
    }
    assert_eq!(network.evaluate(&data).unwrap(), correct);
}

#[test]
fn files_keep_all_bits() {
    let folder = folder("files");
    let path = folder.join("model.safetensors");
    let mut network = small(with(|options| options.activation = "tanh".into()));
    for _ in 0..2 {
        network.save(&path).unwrap();
    }
    let mut loaded = Network::load(&path).unwrap();
    assert_eq!((loaded.hash().unwrap(), loaded.epochs()), (network.hash().unwrap(), 3));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    assert!(network.save(&path.join("in a file")).is_err());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn networks_that_cannot_be_are_refused() {
    let new = |sizes: &[usize], options: Options| Network::new(sizes, options);
    expect_error(new(&[20], Options::default()), "sizes: expected 2 layers or more, got 1");
    expect_error(new(&[20, 0, 3], Options::default()), "(4194304 pixels), got 0 in layer 1");
    expect_error(new(&[(1 << 22) + 1, 3], Options::default()), "(4194304 pixels), got 4194305 in layer 0");
    expect_error(new(&[20, 70_000], Options::default()), "(4194304 pixels), got 70000 in layer 1");
    expect_error(new(&[1 << 22, 1 << 16, 3], Options::default()), "expected room in the module's 4 GiB of memory");
    let activation = with(|options| options.activation = "x".into());
    expect_error(new(&[20, 3], activation), "activation: expected one of [\"sigmoid\", \"tanh\", \"relu\"], got \"x\"");
    expect_error(new(&[20, 3], with(|options| options.cost = "x".into())), "cost: expected one of");
    expect_error(new(&[20, 3], with(|options| options.init = "x".into())), "init: expected one of");
}

#[test]
fn trainings_that_cannot_be_are_refused() {
    let mut network = small(Options::default());
    let before = network.hash().unwrap();
    let mut wrong = made();
    wrong.labels[7] = 3;
    let short = Dataset { images: made().images[1..].to_vec(), ..made() };
    let narrow = Dataset { inputs: 10, ..made() };
    let cases = [
        (made().first(0), 1, 10, 0.5, "data: expected at least one image, got none"),
        (narrow, 1, 10, 0.5, "data: expected 200 images of 20 pixels, got 4000 bytes of 10"),
        (short, 1, 10, 0.5, "data: expected 200 images of 20 pixels, got 3999 bytes of 20"),
        (wrong, 1, 10, 0.5, "labels: expected 0 to 2, got 3 for image 7"),
        (made(), 0, 10, 0.5, "epochs: expected a whole number from 1 to 1000000, got 0"),
        (made(), 1, 0, 0.5, "batch size: expected a whole number from 1 to 1000000, got 0"),
        (made(), 1, 10, f32::NAN, "eta: expected a finite number above 0, got NaN"),
        (made(), 1, 10, -1.0, "eta: expected a finite number above 0, got -1"),
    ];
    for (data, epochs, batch_size, eta, sentence) in cases {
        expect_error(network.train(&data, epochs, batch_size, eta, |_| ()), sentence);
    }
    expect_error(network.activations(&[0; 19]), "images: expected a multiple of 20 pixels, got 19");
    expect_error(network.parameters(3), "layer: expected 1 to 2, got 3");
    assert_eq!(network.hash().unwrap(), before);
    let relu = with(|options| (options.activation, options.cost) = ("relu".into(), "cross-entropy".into()));
    let diverged = Network::new(&[20, 7, 3], relu).unwrap().train(&made(), 3, 10, 3e38, |_| ());
    expect_error(diverged, "epoch 1: weights are no longer finite numbers: lower eta");
}

#[test]
fn damaged_models_are_refused() {
    let whole = small(Options::default()).encode().unwrap();
    let length = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let changed = |from: &str, to: &str| {
        let text = String::from_utf8(whole[8..length].to_vec()).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        let text = text.replacen(from, to, 1);
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &whole[length..]].concat()
    };
    // -0 is read as 0. The last bytes are a bias of the last layer, or its last weight.
    let mut negative = whole.clone();
    let end = negative.len() - 4;
    negative[end..].copy_from_slice(&(-0f32).to_le_bytes());
    let last = Network::decode(&negative).unwrap().parameters(2).unwrap();
    assert!(last.chunks(4).any(|word| word == [0; 4]) && last.chunks(4).all(|word| word != (-0f32).to_le_bytes()));
    let mut nan = whole.clone();
    let last = nan.len() - 4;
    nan[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    let damaged = [
        Vec::new(),
        whole[..7].to_vec(),
        whole[..100].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        vec![255; 100],
        nan,
        changed("[20,7,3]", "[20,8,3]"),
        changed("[20,7,3]", "[20,-7,3]"),
        changed("[20,7,3]", "4194304,65536,3"),
        changed("\"sigmoid\"", "\"x\""),
        changed("\"quadratic\"", "\"\""),
        changed("\"seed\":\"1\"", "\"seed\":\"-1\""),
        changed("\"epochs\":\"3\"", "\"epochs\":\"x\""),
        changed("\"ductus\"", "\"pt\""),
        changed("F32", "F16"),
        changed("[7,20]", "[20,7]"),
    ];
    for (i, bytes) in damaged.iter().enumerate() {
        assert!(Network::decode(bytes).is_err(), "file {i} was loaded");
    }
    expect_error(Network::load(Path::new("none.safetensors")), "none.safetensors: ");
}

#[test]
fn idx_files_that_are_none_are_refused() {
    let whole = [vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2], vec![0; 8]].concat();
    let huge = [vec![0, 0, 8, 4], vec![255; 16]].concat();
    let longer = [&whole[..], &[1]].concat();
    let floats = [&[0, 0, 13], &whole[3..]].concat();
    for file in [&[][..], &whole[..3], &whole[..10], &whole[..23], &longer, &huge, &[0x1f, 0x8b, 8], &floats] {
        assert!(parse_idx(file).is_err(), "{file:?}");
    }
    assert_eq!(parse_idx(&whole).unwrap(), (vec![2, 2, 2], vec![0; 8]));
    let folder = folder("idx");
    expect_error(read_mnist(&folder, "train"), "expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz in ");
    std::fs::remove_dir_all(folder).unwrap();
}
