"""The network: the bits of the command line, files both ways, and bad input in one sentence."""

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from ductus import Network, read_idx, read_mnist

MADE = np.random.default_rng(1)
IMAGES = MADE.integers(0, 256, (200, 4, 5), dtype=np.uint8)
LABELS = (IMAGES.mean(axis=(1, 2)) // 26).astype(int) % 3


def small(**settings) -> Network:
    network = Network([20, 7, 3], **settings)
    list(network.train(IMAGES, LABELS, epochs=3, eta=0.5))
    return network


@pytest.mark.skipif("DUCTUS_DATA" not in os.environ, reason="needs MNIST's folder in DUCTUS_DATA")
def test_mnist_gives_the_hash_of_the_command_line():
    images, labels = read_mnist(os.environ["DUCTUS_DATA"], "train")
    network = Network([784, 30, 10])
    epochs = list(network.train(images[:50_000], labels[:50_000], epochs=2))
    assert [epoch.correct for epoch in epochs] == [45018, 47030]
    assert epochs[0].cost == 0.08180533521744815
    assert network.hash() == "d6f971d14ee0f7e9d141bfc38304b7a0e777a4101d7c881d769f621c209d7a54"
    assert network.evaluate(*read_mnist(os.environ["DUCTUS_DATA"], "t10k")) == 9466


def test_equal_settings_give_equal_bits_and_others_do_not():
    assert small().hash() == small().hash()
    others = [small(seed=2), small(activation="tanh"), small(cost="cross-entropy"), small(init="he")]
    assert len({network.hash() for network in (small(), *others)}) == 5


def test_two_trainings_are_one():
    network = Network([20, 7, 3])
    numbers = [e.number for n in (1, 2) for e in network.train(IMAGES, LABELS, epochs=n, eta=0.5)]
    assert numbers == [1, 2, 3]
    assert network.hash() == small().hash()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_activations_are_those_of_the_equations(activation):
    network = small(activation=activation, cost="log-likelihood")
    (w1, b1), (w2, b2) = network.parameters()
    hidden = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}
    z = hidden[activation](IMAGES.reshape(200, 20) / 255 @ w1.T + b1) @ w2.T + b2
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert np.allclose(network.activations(IMAGES), expected, atol=1e-5)
    assert (network.predict(IMAGES) == network.activations(IMAGES).argmax(axis=1)).all()
    assert network.evaluate(IMAGES, LABELS) == (network.predict(IMAGES) == LABELS).sum()


def test_floats_are_255ths_of_bytes():
    network = Network([20, 7, 3])
    list(network.train(IMAGES.astype(np.float32) / np.float32(255), LABELS, epochs=3, eta=0.5))
    assert np.allclose(network.activations(IMAGES), small().activations(IMAGES), atol=1e-4)


def test_files_keep_all_bits(tmp_path: Path):
    network, path = small(), tmp_path / "model.safetensors"
    network.save(path)
    loaded = Network.load(path)
    assert (loaded.hash(), loaded.sizes, loaded.epochs) == (network.hash(), [20, 7, 3], 3)
    more = [list(n.train(IMAGES, LABELS, epochs=1, eta=0.5)) for n in (network, loaded)]
    assert more[0] == more[1]
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_safetensors_reads_what_is_saved(tmp_path: Path):
    numpy = pytest.importorskip("safetensors.numpy")
    small().save(tmp_path / "m.safetensors")
    tensors = numpy.load_file(tmp_path / "m.safetensors")
    assert sorted(tensors) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    assert (tensors["0.weight"] == small().parameters()[0][0]).all()


def test_reads_what_safetensors_saves_in_its_own_order(tmp_path: Path):
    numpy = pytest.importorskip("safetensors.numpy")
    small().save(tmp_path / "m.safetensors")
    data = (tmp_path / "m.safetensors").read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    own = json.loads(data[8 : 8 + length])["__metadata__"]
    numpy.save_file(numpy.load_file(tmp_path / "m.safetensors"), tmp_path / "again.safetensors", own)
    assert (tmp_path / "again.safetensors").read_bytes()[8 + length :] != data[8 + length :]
    assert Network.load(tmp_path / "again.safetensors").hash() == small().hash()


def test_pytorch_computes_the_same(tmp_path: Path):
    torch = pytest.importorskip("torch")
    load_file = pytest.importorskip("safetensors.torch").load_file
    small().save(tmp_path / "m.safetensors")
    sigmoid = torch.nn.Sigmoid
    model = torch.nn.Sequential(torch.nn.Linear(20, 7), sigmoid(), torch.nn.Linear(7, 3), sigmoid())
    model.load_state_dict(load_file(tmp_path / "m.safetensors"))
    with torch.no_grad():
        outputs = model(torch.tensor(IMAGES.reshape(200, 20) / 255, dtype=torch.float32)).numpy()
    assert np.allclose(outputs, small().activations(IMAGES), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"sizes": [20]}, "sizes: expected 2 layers or more, got 1"),
        ({"sizes": [20, 0, 3]}, "sizes: expected a whole number from 1 to 65536, got 0"),
        ({"sizes": [2**22 + 1, 3]}, "sizes: expected a whole number from 1 to 4194304, got 4194305"),
        ({"seed": -1}, "seed: expected a whole number from 0 to 4294967295, got -1"),
        ({"seed": True}, "seed: expected a whole number"),
        ({"activation": "relux"}, "activation: expected sigmoid, tanh or relu, got 'relux'"),
        ({"cost": None}, "cost: expected quadratic, cross-entropy or log-likelihood, got None"),
        ({"init": "zero"}, "init: expected normal, scaled or he, got 'zero'"),
    ],
)
def test_a_network_that_cannot_be(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        Network(**{"sizes": [20, 3], **settings})


@pytest.mark.parametrize(
    ("training", "sentence"),
    [
        ({"images": IMAGES[:, :3]}, r"images: expected \[n, 20\] pixels, got \[200, 15\]"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, r"images: expected \[n, 20\] pixels, got \[0, 20\]"),
        ({"images": np.full((200, 20), np.nan)}, "images: expected finite numbers, got NaN"),
        ({"images": np.full((200, 20), "a")}, "images: expected numbers, got <U1"),
        ({"labels": LABELS[:9]}, r"labels: expected 200 whole numbers, got int64 \[9\]"),
        ({"labels": LABELS + 1}, "labels: expected 0 to 2, got 1 to 3"),
        ({"labels": LABELS - 1}, "labels: expected 0 to 2, got -1 to 1"),
        ({"labels": LABELS / 2}, "labels: expected 200 whole numbers, got float64"),
        ({"epochs": 0}, "epochs: expected a whole number from 1 to 1000000, got 0"),
        ({"batch_size": 2.5}, "batch_size: expected a whole number from 1 to 1000000, got 2.5"),
        ({"eta": 0}, "eta: expected a number above 0, up to 3.4e38, got 0"),
        ({"eta": float("nan")}, "eta: expected a number above 0, up to 3.4e38, got nan"),
        ({"eta": "1"}, "eta: expected a number above 0, up to 3.4e38, got '1'"),
    ],
)
def test_a_training_that_cannot_be(training, sentence):
    network = Network([20, 7, 3])
    before = network.hash()
    with pytest.raises(ValueError, match=sentence):
        network.train(**{"images": IMAGES, "labels": LABELS, **training})
    assert network.hash() == before


def test_says_that_eta_is_too_large():
    network = Network([20, 7, 3], activation="relu", cost="cross-entropy")
    with pytest.raises(FloatingPointError, match="epoch 1: weights are no longer finite numbers: lower eta"):
        list(network.train(IMAGES, LABELS, eta=3e38))


def test_damaged_models_are_refused(tmp_path: Path):
    path = tmp_path / "m.safetensors"
    small().save(path)
    whole = path.read_bytes()
    (length,) = struct.unpack_from("<Q", whole)
    header = json.loads(whole[8 : 8 + length])

    def changed(change) -> bytes:
        other = json.loads(json.dumps(header))
        change(other)
        text = json.dumps(other).encode()
        return struct.pack("<Q", len(text)) + text + whole[8 + length :]

    damaged = [b"", whole[:7], whole[:100], whole[:-1], b"\xff" * 100, whole[: 8 + length] + b"\xff" * 748]
    damaged += [changed(lambda h: h.pop("2.bias")), changed(lambda h: h["0.weight"].update(dtype="F16"))]
    for offsets in ([8, 569], [-4, 556], [2**40, 2**40 + 560], ["0", 560], [], 7):
        damaged.append(changed(lambda h, offsets=offsets: h["0.weight"].update(data_offsets=offsets)))
    own = "__metadata__"
    for key, value in {"layers": "[20,8,3]", "activation": "x", "seed": "-1", "epochs": "x", "format": "pt"}.items():
        damaged.append(changed(lambda h, key=key, value=value: h[own].update({key: value})))
    damaged += [changed(lambda h: h.pop(own)), changed(lambda h: h[own].update(layers="[[1]]"))]
    for i, data in enumerate(damaged):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="expected a Ductus model"):
            Network.load(path)
            pytest.fail(f"number {i} was loaded")


def test_idx_files_that_are_none(tmp_path: Path):
    path = tmp_path / "t10k-images-idx3-ubyte"
    whole = b"\0\0\x08\x03" + struct.pack(">3I", 2, 2, 2) + bytes(8)
    for data in (b"", b"\0\0\x08", whole[:10], whole[:-1], whole + b"x", b"\x1f\x8b\x08", b"\0\0\x0d" + whole[3:]):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="t10k-images-idx3-ubyte: expected "):
            read_idx(path)
    path.write_bytes(whole)
    assert read_idx(path).shape == (2, 2, 2)
    with pytest.raises(FileNotFoundError, match="expected t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz in this"):
        read_mnist(tmp_path, "t10k")
    path.with_name("t10k-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + struct.pack(">I", 3) + bytes(3))
    with pytest.raises(ValueError, match="expected a label for each of 2 images, got 3"):
        read_mnist(tmp_path, "t10k")
