"""python -m ductus: what it prints, and how it fails. IDX files: which are refused."""

import gzip
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ductus import read_mnist

IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def run(*arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ductus", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The test images are packed."""
    made = np.random.default_rng(2)
    for kind, count in (("train", 60), ("t10k", 20)):
        images = struct.pack(">2x2B3I", 8, 3, count, 28, 28) + made.bytes(count * 784)
        labels = struct.pack(">2x2BI", 8, 1, count) + made.integers(0, 10, count, np.uint8).tobytes()
        packed = kind == "t10k"
        name = f"{kind}-images-idx3-ubyte"
        (tmp_path / (name + ".gz" * packed)).write_bytes(gzip.compress(images) if packed else images)
        (tmp_path / f"{kind}-labels-idx1-ubyte").write_bytes(labels)
    return tmp_path


def test_trains_saves_and_tests(data: Path):
    model = data / "model.safetensors"
    trained = run("train", "--data", data, "--epochs", 3, "--hidden", 5, "--validation", 10, "--out", model)
    assert (trained.returncode, trained.stderr) == (0, "")
    lines = trained.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["epoch", "epoch", "epoch", "test", "rate", "hash"]
    tested = run("evaluate", model, "--data", data)
    assert tested.stdout.splitlines() == [lines[3], lines[5]]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the following arguments are required: command"),
        (["train"], "the following arguments are required: --data"),
        (["train", "--data", "{}", "--epochs", "x"], "argument --epochs: invalid int value: 'x'"),
        (
            ["train", "--data", "{}", "--validation", "0", "--eta", "-1"],
            "eta: expected a number above 0, up to 3.4e38, got -1.0",
        ),
        (
            ["train", "--data", "{}", "--validation", "59", "--hidden", "0"],
            "sizes[1]: expected a whole number from 1 to 65536, got 0",
        ),
        (["train", "--data", "{}"], "--validation: expected 0 to 59, got 10000"),
        (["train", "--data", "{}", "--out", "{}/no/m"], "--out: expected a file in an existing folder, got {}/no/m"),
        (["train", "--data", "no"], "no: expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz, got neither"),
        (["evaluate", "{}/no", "--data", "{}"], "No such file or directory: {}/no"),
    ],
)
def test_says_in_a_sentence_what_is_wrong(data: Path, arguments, sentence):
    failed = run(*(argument.format(data) for argument in arguments))
    assert (failed.returncode, failed.stdout, failed.stderr) == (2, "", f"ductus: {sentence.format(data)}\n")


def test_reads_plain_and_packed_files(data: Path):
    images, labels = read_mnist(data, "t10k")
    assert (images.shape, labels.shape, images.dtype) == ((20, 28, 28), (20,), np.uint8)
    (data / IMAGES).write_bytes(struct.pack(">2x2B3I", 8, 3, 20, 1, 1) + bytes(20))
    assert read_mnist(data, "t10k")[0].shape == (20, 1, 1)


def test_refuses_damaged_idx_files(data: Path):
    whole = struct.pack(">2x2B3I", 8, 3, 2, 2, 2) + bytes(8)
    for damaged in (b"", whole[:3], whole[:10], whole[:-1], whole + b"x", whole[:2] + b"\x0d" + whole[3:]):
        (data / IMAGES).write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{IMAGES}: expected"):
            read_mnist(data, "t10k")
    (data / IMAGES).write_bytes(struct.pack(">2x2B3I", 8, 3, *[2**32 - 1] * 3))
    with pytest.raises(ValueError, match="expected at most 4294967296 bytes of data, got 792281"):
        read_mnist(data, "t10k")
    (data / IMAGES).unlink()
    packed = (data / f"{IMAGES}.gz").read_bytes()
    for damaged in (b"", packed[:-9], b"no gzip", packed[:50] + b"\0" * 99 + packed[149:]):
        (data / f"{IMAGES}.gz").write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{IMAGES}.gz: expected"):
            read_mnist(data, "t10k")
    (data / f"{IMAGES}.gz").write_bytes(gzip.compress(whole))
    with pytest.raises(ValueError, match="expected 2 t10k labels, one for each image, got 20"):
        read_mnist(data, "t10k")
