"""The module in wasmtime: one instance for each network, and the calls of docs/abi.md on NumPy arrays."""

from functools import cache
from pathlib import Path

import numpy as np
from wasmtime import Config, Engine, Instance, Module, Store

VERSION = 1
"""The version of the ABI that this host knows."""
CHUNK = 1000
"""Images handed over at a time."""
PADDING = 16
"""addImages reads up to 15 bytes past the last pixel."""


@cache
def _compiled() -> tuple[Engine, Module]:
    path = Path(__file__).with_name("ductus.wasm")
    if not path.exists():
        raise FileNotFoundError(
            f"{path}: expected Ductus' module, got none: run `npm run build:hosts` in its repository"
        )
    engine = Engine(Config())
    return engine, Module.from_file(engine, str(path))


class Exports:
    """An instance of the module. Its memory is freed with it."""

    def __init__(self) -> None:
        engine, module = _compiled()
        self._store = Store(engine)
        self._exports = Instance(self._store, module, []).exports(self._store)
        self._memory = self._exports["memory"]
        version = self.call("abiVersion")
        if version != VERSION:
            raise RuntimeError(f"ductus.wasm: expected version {VERSION} of the ABI, got {version}: use its own host")

    def call(self, name: str, *args):
        """Calls a function that cannot fail."""
        return self._exports[name](self._store, *args)

    def grow(self, name: str, *args) -> int:
        """Calls a function that returns 0 if memory cannot be had, else an address (or 1)."""
        result = self.call(name, *args) & 0xFFFFFFFF  # an i32 comes with a sign
        if result == 0:
            raise MemoryError(f"{name}: expected room in the module's 4 GiB of memory, got none")
        return result

    def write(self, address: int, array: np.ndarray) -> None:
        self._memory.write(self._store, array.tobytes(), address)

    def read(self, address: int, dtype: str, count: int) -> np.ndarray:
        """A copy: the memory may move."""
        end = address + count * np.dtype(dtype).itemsize
        return np.frombuffer(bytes(self._memory.read(self._store, address, end)), dtype)

    def add_dataset(self, images: np.ndarray, labels: np.ndarray) -> int:
        """A data set of checked images, [n, inputs] of uint8 or float32, and labels, [n]. To be released."""
        count, inputs = images.shape
        add = "addImages" if images.dtype == np.uint8 else "addFloatImages"
        dataset = self.grow("createDataset", count, inputs)
        size = CHUNK * inputs * images.itemsize
        pixels = self.grow("allocate", size + PADDING)
        classes = self.grow("allocate", 2 * CHUNK)
        for first in range(0, count, CHUNK):
            part = images[first : first + CHUNK]
            self.write(pixels, part.astype("<f4") if add == "addFloatImages" else part)
            self.write(classes, labels[first : first + CHUNK].astype("<u2"))
            self.grow(add, dataset, first, pixels, classes, len(part))
        self.call("release", pixels)
        self.call("release", classes)
        return dataset
