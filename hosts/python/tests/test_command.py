"""python -m ductus: what it prints, and how it fails."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np


def run(*args) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ductus", *map(str, args)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def write_data(folder: Path) -> None:
    made = np.random.default_rng(2)
    for kind, count in (("train", 60), ("t10k", 20)):
        pixels = made.integers(0, 256, count * 16, dtype=np.uint8).tobytes()
        labels = made.integers(0, 10, count, dtype=np.uint8).tobytes()
        (folder / f"{kind}-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + struct.pack(">3I", count, 4, 4) + pixels)
        (folder / f"{kind}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + struct.pack(">I", count) + labels)


def test_trains_saves_and_tests(tmp_path: Path):
    write_data(tmp_path)
    model = tmp_path / "m.safetensors"
    trained = run("train", "--data", tmp_path, "--epochs", 3, "--hidden", 5, "--validation", 10, "--out", model)
    assert (trained.returncode, trained.stderr) == (0, "")
    lines = trained.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["epoch", "epoch", "epoch", "test", "rate", "hash"]
    tested = run("evaluate", model, "--data", tmp_path)
    assert tested.stdout.splitlines() == [lines[3], lines[5]]


def test_says_what_is_wrong(tmp_path: Path):
    for args in (
        ["train", "--data", tmp_path],
        ["evaluate", tmp_path / "none", "--data", tmp_path],
        ["train"],
        ["train", "--data", tmp_path, "--epochs", "x"],
    ):
        failed = run(*args)
        assert failed.returncode == 2
        assert "Traceback" not in failed.stderr
        assert failed.stderr != ""
    write_data(tmp_path)
    assert run("train", "--data", tmp_path).stderr == "ductus-python: --validation: expected 0 to 59, got 10000\n"
    failed = run("train", "--data", tmp_path, "--validation", 0, "--eta", "-1")
    assert failed.stderr == "ductus-python: eta: expected a number above 0, up to 3.4e38, got -1.0\n"
