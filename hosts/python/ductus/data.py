"""MNIST's IDX files: two zero bytes, type (8: u8), number of dimensions, their lengths (big-endian u32), data."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

MAX_BYTES = 2**32
"""More than this is not unpacked: the module has 4 GiB of memory."""


def read_mnist(folder: str | Path, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads the images, u8[n, rows, columns], and labels, u8[n], of `kind` "train" or "t10k", plain or gzip.

    Raises ValueError for a damaged file, or FileNotFoundError.
    """
    images = _read_idx(Path(folder, f"{kind}-images-idx3-ubyte"), 3)
    labels = _read_idx(Path(folder, f"{kind}-labels-idx1-ubyte"), 1)
    if len(images) != len(labels):
        raise ValueError(f"{folder}: expected {len(images)} {kind} labels, one for each image, got {len(labels)}")
    return images, labels


def _read_idx(path: Path, dimensions: int) -> np.ndarray:
    packed = path.with_name(path.name + ".gz")
    if not path.exists() and not packed.exists():
        raise FileNotFoundError(f"{path.parent}: expected {path.name} or {packed.name}, got neither")
    path, opened = (path, open) if path.exists() else (packed, gzip.open)
    try:
        with opened(path, "rb") as file:
            magic, lengths = file.read(4), file.read(4 * dimensions)
            if magic != bytes([0, 0, 8, dimensions]) or len(lengths) < 4 * dimensions:
                raise ValueError(f"{path}: expected an IDX header 0000080{dimensions}, got {magic.hex() or 'nothing'}")
            shape = np.frombuffer(lengths, ">u4").tolist()
            size = math.prod(shape)
            if size > MAX_BYTES:
                raise ValueError(f"{path}: expected at most {MAX_BYTES} bytes of data, got {size} in its header")
            data = file.read(size + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: expected a whole gzip file, got a damaged one: {error}") from None
    if len(data) != size:
        got = "more" if len(data) > size else len(data)
        raise ValueError(f"{path}: expected {size} bytes of data for {shape}, got {got}")
    return np.frombuffer(data, np.uint8).reshape(shape)
