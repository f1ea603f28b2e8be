"""IDX files, MNIST's format: big-endian, two zero bytes, the type (8: bytes), the number of dimensions, their lengths."""

import gzip
import zlib
from pathlib import Path

import numpy as np

LIMIT = 2**32
"""An unpacked file is at most so large."""


def read_idx(path: str | Path) -> np.ndarray:
    """The bytes of an IDX file, plain or gzip, as an array of uint8 with the file's shape. Raises ValueError."""
    data = Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as packed:
                data = packed.read(LIMIT + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path}: expected a whole gzip file, got a damaged one ({error})") from None
    if len(data) < 4 or data[:3] != b"\0\0\x08" or not 1 <= data[3] <= 4 or len(data) < 4 + 4 * data[3]:
        raise ValueError(f"{path}: expected an IDX file of bytes (00 00 08 ...), got {data[:4].hex(' ') or 'nothing'}")
    start = 4 + 4 * data[3]
    shape = [int(n) for n in np.frombuffer(data, ">u4", data[3], 4)]
    expected = start + int(np.prod(shape, dtype=object))
    if len(data) != expected:
        raise ValueError(f"{path}: expected {expected} bytes for {' x '.join(map(str, shape))}, got {len(data)}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def read_mnist(folder: str | Path, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [n, rows, columns] and labels [n] of "train" or "t10k", in a folder of IDX files. Raises ValueError."""
    arrays = []
    for name, dimensions in ((f"{kind}-images-idx3-ubyte", 3), (f"{kind}-labels-idx1-ubyte", 1)):
        path = next((p for p in (Path(folder, name), Path(folder, name + ".gz")) if p.exists()), None)
        if path is None:
            raise FileNotFoundError(f"{folder}: expected {name} or {name}.gz in this folder, got neither")
        array = read_idx(path)
        if array.ndim != dimensions:
            raise ValueError(f"{path}: expected {dimensions} dimensions, got {array.ndim}")
        arrays.append(array)
    images, labels = arrays
    if len(images) != len(labels):
        raise ValueError(f"{folder}: expected a label for each of {len(images)} images, got {len(labels)}")
    return images, labels
