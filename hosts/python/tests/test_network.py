"""The network: the bits of the command line, files that others read, and bad input refused in one sentence."""

import copy
import json
import os
import pickle
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ductus import Network, read_mnist

MADE = np.random.default_rng(1)
IMAGES = MADE.integers(0, 256, (200, 4, 5), dtype=np.uint8)
LABELS = (IMAGES.mean(axis=(1, 2)) // 26).astype(int) % 3
SIZES = [20, 7, 3]


def trained(**options) -> Network:
    network = Network(SIZES, **options)
    network.train(IMAGES, LABELS, epochs=3, eta=0.5)
    return network


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    trained().save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.mark.skipif("DUCTUS_DATA" not in os.environ, reason="needs the folder of MNIST's files in DUCTUS_DATA")
def test_mnist_gives_the_hash_of_the_command_line():
    images, labels = read_mnist(os.environ["DUCTUS_DATA"], "train")
    network = Network([784, 30, 10])
    history = network.train(images[:50_000], labels[:50_000], epochs=2)
    assert [epoch.correct for epoch in history] == [45018, 47030]
    assert [epoch.cost for epoch in history] == [0.08180533521744815, 0.0497319080275944]
    assert network.hash() == "d6f971d14ee0f7e9d141bfc38304b7a0e777a4101d7c881d769f621c209d7a54"
    assert network.evaluate(*read_mnist(os.environ["DUCTUS_DATA"], "t10k")) == 9466


def test_equal_options_give_equal_bits_and_others_do_not():
    others = [{"seed": 2**32 - 1}, {"activation": "tanh"}, {"activation": "relu"}, {"cost": "cross-entropy"}]
    others += [{"cost": "log-likelihood"}, {"init": "he"}, {"init": "normal"}]
    assert trained().hash() == trained().hash()
    assert len({trained(**options).hash() for options in ({}, *others)}) == 8


def test_goes_on_with_the_next_epoch():
    network, seen = Network(SIZES), []
    for epochs in (1, 2):
        network.train(IMAGES, LABELS, epochs=epochs, eta=0.5, on_epoch=seen.append)
    assert [epoch.number for epoch in seen] == [1, 2, 3]
    assert network.hash() == trained().hash()


def test_views_arrays_of_any_order():
    wide = np.zeros((200, 8, 5), np.uint8)
    wide[:, ::2] = IMAGES
    network = Network(SIZES)
    network.train(wide[:, ::2], LABELS.astype(np.uint8), epochs=3, eta=np.float32(0.5))
    assert network.hash() == trained().hash()


def test_hands_over_more_images_than_a_block_holds():
    network, many = Network([2, 2]), MADE.integers(0, 256, (2345, 2), dtype=np.uint8)
    (weights, biases), *_ = network.parameters()
    expected = 1 / (1 + np.exp(-(many / 255 @ weights.T + biases)))
    assert np.allclose(network.activations(many), expected, atol=1e-6)
    assert np.allclose(network.activations((many / 255).astype(np.float16)), expected, atol=1e-3)
    assert (network.predict(many) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_activations_are_those_of_the_equations(activation):
    network = trained(activation=activation, cost="log-likelihood")
    (w1, b1), (w2, b2) = network.parameters()
    functions = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}
    z = functions[activation](IMAGES.reshape(200, 20) / 255 @ w1.T + b1) @ w2.T + b2
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    outputs = network.activations(IMAGES)
    assert (outputs.dtype, outputs.shape) == (np.float32, (200, 3))
    assert np.allclose(outputs, expected, atol=1e-6)
    assert np.allclose(network.activations(IMAGES / 255), expected, atol=1e-6)
    assert (network.predict(IMAGES) == outputs.argmax(axis=1)).all()
    assert network.evaluate(IMAGES, LABELS) == (network.predict(IMAGES) == LABELS).sum()


def test_files_pickles_and_copies_keep_all_bits(saved: Path):
    networks = [trained(), Network.load(saved), pickle.loads(pickle.dumps(trained())), copy.deepcopy(trained())]
    assert os.listdir(saved.parent) == [saved.name]
    assert len({network.hash() for network in networks}) == 1
    for network in networks:
        assert network.train(IMAGES, LABELS, epochs=1, eta=0.5)[0].number == 4
    assert len({network.hash() for network in networks}) == 1


def test_safetensors_reads_what_is_saved(saved: Path):
    tensors = load_file(saved)
    assert sorted(tensors) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    assert [a.tobytes() for layer in trained().parameters() for a in layer] == [
        tensors[name].tobytes() for name in ("0.weight", "0.bias", "2.weight", "2.bias")
    ]


@pytest.mark.parametrize("cost", ["quadratic", "log-likelihood"])
def test_pytorch_computes_the_same(tmp_path: Path, cost):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    network = trained(cost=cost)
    network.save(tmp_path / "m.safetensors")
    output = torch.nn.Sigmoid() if cost == "quadratic" else torch.nn.Softmax(dim=1)
    model = torch.nn.Sequential(torch.nn.Linear(20, 7), torch.nn.Sigmoid(), torch.nn.Linear(7, 3), output)
    model.load_state_dict(load_file(tmp_path / "m.safetensors"))
    with torch.no_grad():
        outputs = model(torch.tensor(IMAGES.reshape(200, 20) / 255, dtype=torch.float32)).numpy()
    assert np.abs(outputs - network.activations(IMAGES)).max() <= 1e-6


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"sizes": [20]}, "sizes: expected a list of 2 layers or more, got [20]"),
        ({"sizes": 20}, "sizes: expected a list of 2 layers or more, got 20"),
        ({"sizes": [20, 0, 3]}, "sizes[1]: expected a whole number from 1 to 65536, got 0"),
        ({"sizes": [2**22 + 1, 3]}, "sizes[0]: expected a whole number from 1 to 4194304, got 4194305"),
        ({"seed": -1}, "seed: expected a whole number from 0 to 4294967295, got -1"),
        ({"seed": True}, "seed: expected a whole number from 0 to 4294967295, got True"),
        ({"activation": "relux"}, "activation: expected one of sigmoid, tanh, relu, got 'relux'"),
        ({"cost": None}, "cost: expected one of quadratic, cross-entropy, log-likelihood, got None"),
        ({"init": ["he"]}, "init: expected one of normal, scaled, he, got ['he']"),
    ],
)
def test_refuses_a_network(options, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Network(**{"sizes": [20, 3], **options})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"images": IMAGES[:, :3]}, "images: expected 1 or more of 20 pixels, got [200, 3, 5]"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "images: expected 1 or more of 20 pixels, got [0, 4, 5]"),
        ({"images": np.full((200, 20), np.nan)}, "images: expected finite numbers of float32, got NaN, infinity or"),
        ({"images": np.full((200, 20), 1e39)}, "images: expected finite numbers of float32, got NaN, infinity or"),
        ({"images": IMAGES.astype(int)}, "images: expected uint8 (0 to 255) or floats (0 to 1), got int64"),
        ({"labels": LABELS[:9]}, "labels: expected 200 whole numbers, got int64 [9]"),
        ({"labels": LABELS / 2}, "labels: expected 200 whole numbers, got float64 [200]"),
        ({"labels": LABELS + 1}, "labels: expected 0 to 2, got 1 to 3"),
        ({"labels": LABELS - 1}, "labels: expected 0 to 2, got -1 to 1"),
        ({"epochs": 0}, "epochs: expected a whole number from 1 to 1000000, got 0"),
        ({"batch_size": 2.5}, "batch_size: expected a whole number from 1 to 1000000, got 2.5"),
        ({"eta": 0}, "eta: expected a number above 0, up to 3.4e38, got 0"),
        ({"eta": float("nan")}, "eta: expected a number above 0, up to 3.4e38, got nan"),
        ({"eta": "1"}, "eta: expected a number above 0, up to 3.4e38, got '1'"),
    ],
)
def test_refuses_a_training_and_leaves_the_network_as_it_was(arguments, sentence):
    network = Network(SIZES)
    before = network.hash()
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        network.train(**{"images": IMAGES, "labels": LABELS, **arguments})
    assert network.hash() == before


def test_says_that_eta_is_too_large():
    network = Network(SIZES, activation="relu", cost="cross-entropy")
    with pytest.raises(FloatingPointError, match=r"^epoch 1: expected finite parameters, got others: lower eta 3e"):
        network.train(IMAGES, LABELS, eta=3e38)


def test_says_that_memory_does_not_suffice():
    with pytest.raises(MemoryError, match=r"^allocate: expected room in the module's 4 GiB of memory, got none$"):
        Network([2**22, 2**16])
    with pytest.raises(MemoryError, match=r"^createNetwork: expected"):
        Network([2**22, 255])
    with pytest.raises(MemoryError, match=r"^createDataset: expected"):
        Network([1, 2]).predict(np.broadcast_to(np.uint8(0), (2**32 + 1, 1)))


def damaged(whole: bytes) -> dict[str, bytes]:
    (length,) = struct.unpack_from("<Q", whole)
    header, data = whole[8 : 8 + length], whole[8 + length :]

    def changed(*path, to) -> bytes:
        parsed = json.loads(header)
        place = parsed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to
        text = json.dumps(parsed).encode()
        return struct.pack("<Q", len(text)) + text + data

    own = "__metadata__"
    files = {"empty": b"", "short": whole[:7], "cut": whole[:-1], "long": whole + b"x", "noise": b"\xff" * 100}
    files |= {"infinite": whole[: 8 + length] + b"\xff" * len(data), "no metadata": changed(own, to={})}
    files |= {"header": struct.pack("<Q", 2**60) + whole[8:], "type": changed("0.weight", "dtype", to="I32")}
    for offsets in ([0, 8], [-4, 556], [2**40, 2**40 + 560], [], 7):
        files[f"offsets {offsets}"] = changed("0.weight", "data_offsets", to=offsets)
    files |= {"shape": changed("0.weight", "shape", to=[20, 7]), "nested": changed(own, "layers", to="[" * 10**5)}
    for layers in ("[20,8,3]", "[20,3]", "[20,7,3,3]", "[4194304,65536,3]", "[20]", "[[1]]", "[-20,7,3]", "", "[³,1]"):
        files[f"layers {layers}"] = changed(own, "layers", to=layers)
    for key, value in (
        ("activation", "gelu"),
        ("cost", "hinge"),
        ("seed", "-1"),
        ("epochs", "1e3"),
        ("epochs", "4294967296"),
        ("version", "2"),
    ):
        files[f"{key} {value}"] = changed(own, key, to=value)
    return files


def test_refuses_damaged_models(saved: Path):
    for what, data in damaged(saved.read_bytes()).items():
        saved.write_bytes(data)
        with pytest.raises(ValueError, match=r"^[^\n]*model.safetensors: expected a whole model of Ductus[^\n]*$"):
            Network.load(saved)
            pytest.fail(f"loaded in spite of its {what}")
    save_file({"0.weight": np.zeros((3, 20), np.float32)}, saved)
    with pytest.raises(
        ValueError, match=r"expected metadata {'format': 'ductus', 'version': '1'}, got {'format': None"
    ):
        Network.load(saved)
    with pytest.raises(OSError):
        Network.load(saved.parent / "none")
    with pytest.raises(OSError):
        Network.load(saved.parent)
