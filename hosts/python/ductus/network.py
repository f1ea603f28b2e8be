"""A network in an instance of ductus.wasm, by the calls of docs/abi.md."""

import functools
import hashlib
import json
import math
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral, Real
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from wasmtime import Engine, Instance, Module, Store

ACTIVATIONS, COSTS = ("sigmoid", "tanh", "relu"), ("quadratic", "cross-entropy", "log-likelihood")
INITS = ("normal", "scaled", "he")
BLOCK = 64  # the module keeps the activations of so many samples
CHUNK, CHUNK_PIXELS = 1000, 2**22  # at most so many images are handed over at a time, with so many pixels
PADDING = 16  # addImages reads up to 15 bytes past the last pixel
_LIST, _NUMBER = r"\[\d{1,15}(, ?\d{1,15})*\]", r"\d{1,15}"
FORMAT = {"format": "ductus", "version": "1"}
# Of plain descent, in the form of Ductus' files.
METHOD = json.dumps(
    dict.fromkeys(["momentum", "beta", "epsilon", "weightDecay", "average", "labelSmoothing", "dropout"], 0)
    | {"optimizer": "sgd", "keepBest": False}
)


class Epoch(NamedTuple):
    """What an epoch of training gave."""

    number: int
    """From 1, over all calls of train."""
    cost: float
    """The mean over all samples, each before the update of its mini-batch."""
    correct: int
    """Samples read correctly, each before the update of its mini-batch."""
    seconds: float
    """Of training alone."""


@functools.cache
def _compile() -> tuple[Engine, Module]:
    path, engine = Path(__file__).with_name("ductus.wasm"), Engine()
    if not path.exists():
        raise FileNotFoundError(f"{path}: expected the module there, got none: run `npm run build:hosts` in Ductus")
    return engine, Module.from_file(engine, str(path))


class Network:
    """Fully connected layers on one instance of the module, whose memory goes with it. Not for two threads at once.

    sizes: pixels (1 to 2^22), hidden layers, classes (1 to 65,536 each). activation of the hidden layers: sigmoid, tanh
    or relu. cost: quadratic or cross-entropy, on sigmoid outputs, or log-likelihood, on softmax outputs. init: normal,
    scaled or he. seed: 0 to 2^32 - 1, decides the initial parameters and the order of samples.

    All methods raise ValueError for arguments out of range, and MemoryError if the module's 4 GiB do not suffice.
    Images are [n, pixels] or [n, rows, columns], u8 (255 counts 1) or floats (taken as they are, as f32).
    """

    def __init__(self, sizes: Sequence[int], *, activation="sigmoid", cost="quadratic", init="scaled", seed: int = 1):
        if np.ndim(sizes) != 1 or len(sizes) < 2:
            raise ValueError(f"sizes: expected a list of 2 layers or more, got {sizes!r}")
        self.sizes = [_whole(f"sizes[{l}]", n, 1, 65_536 if l else 2**22) for l, n in enumerate(sizes)]
        codes = _choice("activation", activation, ACTIVATIONS), _choice("cost", cost, COSTS)
        how = _choice("init", init, INITS)
        self.seed, self.epochs = _whole("seed", seed, 0, 2**32 - 1), 0
        self.activation, self.cost, self.init = activation, cost, init
        engine, module = _compile()
        self._store = Store(engine)
        self._exports = Instance(self._store, module, []).exports(self._store)
        if (version := self._call("abiVersion")) != 1:
            raise RuntimeError(f"ductus.wasm: expected version 1 of the ABI, got {version}")
        # One block for all that goes in and out: layers, or images and, from _labels_at on, their labels.
        self._rows = min(CHUNK, CHUNK_PIXELS // self.sizes[0])
        pixels_size = 4 * self._rows * self.sizes[0] + PADDING
        layer_sizes = [4 * (inputs + 1) * outputs for inputs, outputs in zip(self.sizes, self.sizes[1:])]
        self._block = self._grow("allocate", max(pixels_size + 2 * self._rows, 4 * len(self.sizes), *layer_sizes))
        self._labels_at = self._block + pixels_size
        self._view(self._block, "<u4", len(self.sizes))[:] = self.sizes
        self._network = self._grow("createNetwork", self._block, len(self.sizes), *codes)
        self._grow("reserveBatch", self._network, BLOCK, 1)
        self._call("initialise", self._network, self.seed, how)

    def train(
        self, images, labels, *, epochs=2, batch_size=10, eta=2.5, on_epoch: Callable[[Epoch], object] | None = None
    ) -> list[Epoch]:
        """Trains by plain descent, on from the last epoch, and calls on_epoch after each. Equal calls give equal bits.

        labels: [n], whole numbers below the number of classes. epochs, batch_size: 1 to 1,000,000. eta: above 0, up to
        3.4e38. Raises FloatingPointError when parameters are no longer finite: eta is too large.
        """
        images = self._images(images)
        labels = self._labels(labels, len(images))
        epochs, m = _whole("epochs", epochs, 1, 1_000_000), _whole("batch_size", batch_size, 1, 1_000_000)
        if not isinstance(eta, Real) or not 2**-149 <= eta <= 3.4e38:
            raise ValueError(f"eta: expected a number above 0, up to 3.4e38, got {eta!r}")
        count, history = len(images), []
        self._grow("reserveBatch", self._network, max(BLOCK, min(m, count)), 1)
        with self._dataset(images, labels) as data:
            for number in range(self.epochs + 1, self.epochs + epochs + 1):
                start = time.perf_counter()
                self._call("shuffle", data, self.seed, number)
                self._call("trainBatches", self._network, data, 0, -(-count // m), float(eta), m)
                seconds = time.perf_counter() - start
                if not self._call("allFinite", self._network):
                    raise FloatingPointError(f"epoch {number}: expected finite parameters, got others: lower eta {eta}")
                self.epochs = number
                cost, correct = self._call("sumCosts", data, 0, count) / count, self._call("countCorrect", data)
                history.append(Epoch(number, cost, correct, seconds))
                if on_epoch is not None:
                    on_epoch(history[-1])
        return history

    def evaluate(self, images, labels) -> int:
        """How many of the images are read correctly."""
        images = self._images(images)
        with self._dataset(images, self._labels(labels, len(images))) as data:
            return self._call("evaluate", self._network, data)

    def predict(self, images) -> np.ndarray:
        """The most active output for each image, u16[n]."""
        images = self._images(images)
        with self._dataset(images) as data:
            self._call("evaluate", self._network, data)
            return self._view(self._call("predictions", data), "<u2", len(images)).copy()

    def activations(self, images) -> np.ndarray:
        """The outputs for each image, f32[n, classes], 0 to 1."""
        images, outputs = self._images(images), self.sizes[-1]
        result = np.empty((len(images), outputs), np.float32)
        for first in range(0, len(images), BLOCK):
            part = images[first : first + BLOCK]
            with self._dataset(part) as data:
                self._call("evaluate", self._network, data)
                for s in range(len(part)):
                    address = self._call("activations", self._network, len(self.sizes) - 1, s)
                    result[first + s] = self._view(address, "<f4", outputs)
        return result

    def parameters(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Copies of each layer's weights, f32[outputs, inputs], and biases, f32[outputs]."""
        layers = []
        for l in range(1, len(self.sizes)):
            addresses, (weights, biases) = self._layer(l)
            self._call("readLayer", self._network, l, 0, *addresses)
            layers.append((weights.copy(), biases.copy()))
        return layers

    def hash(self) -> str:
        """The SHA-256 of all parameters, as `ductus train` prints it."""
        return hashlib.sha256(b"".join(a.tobytes() for layer in self.parameters() for a in layer)).hexdigest()

    def save(self, path: str | Path) -> None:
        """Writes a safetensors file that Ductus and PyTorch load. What was there before stays until it is whole."""
        tensors = dict(zip(_shapes(self.sizes), (array for layer in self.parameters() for array in layer)))
        metadata = FORMAT | {"layers": str(self.sizes), "activation": self.activation, "cost": self.cost}
        metadata |= {"initial_weights": self.init, "method": METHOD}
        metadata |= {"seed": str(self.seed), "epochs": str(self.epochs)}
        partial = Path(f"{path}.{os.getpid()}.part")
        try:
            partial.write_bytes(save(tensors, metadata))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | Path) -> "Network":
        """The network of a file of save or of Ductus. Of other methods than plain descent it has the parameters in use.

        Raises ValueError for a damaged file or an unknown activation or cost, and OSError.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                own = file.metadata() or {}
                if (found := {key: own.get(key) for key in FORMAT}) != FORMAT:
                    raise ValueError(f"expected metadata {FORMAT}, got {found}")
                sizes, seed, epochs = _parse(own, "layers", _LIST), _parse(own, "seed"), _parse(own, "epochs")
                # All shapes before any memory: the metadata may claim layers that the file does not have.
                expected = {name: ("F32", shape) for name, shape in _shapes(sizes).items()}
                names = [name for name in file.keys() if re.fullmatch(r"\d+\.(weight|bias)", name)]  # noqa: SIM118
                slices = {name: file.get_slice(name) for name in names}
                found = {name: (tensor.get_dtype(), tensor.get_shape()) for name, tensor in slices.items()}
                if found != expected:
                    raise ValueError(f"expected tensors {expected}, got {found}")
                arrays = [file.get_tensor(name) for name in expected]
            _whole("epochs", epochs, 0, 2**31)  # the module counts them in a u32, and more may follow
            options = {"activation": own.get("activation"), "cost": own.get("cost"), "init": own.get("initial_weights")}
            return _restore(sizes, {**options, "seed": seed}, epochs, list(zip(arrays[::2], arrays[1::2])))
        except (SafetensorError, ValueError) as error:
            raise ValueError(f"{path}: expected a whole model of Ductus (safetensors), got another: {error}") from None

    def __reduce__(self):
        options = {"activation": self.activation, "cost": self.cost, "init": self.init, "seed": self.seed}
        return _restore, (self.sizes, options, self.epochs, self.parameters())

    def _images(self, images) -> np.ndarray:
        """As [n, pixels], of u8 or f32."""
        images = np.asarray(images)
        if images.ndim < 2 or math.prod(images.shape[1:]) != self.sizes[0] or len(images) == 0:
            raise ValueError(f"images: expected 1 or more of {self.sizes[0]} pixels, got {list(images.shape)}")
        images = images.reshape(len(images), self.sizes[0])
        if images.dtype == np.uint8:
            return images
        if images.dtype.kind != "f":
            raise ValueError(f"images: expected uint8 (0 to 255) or floats (0 to 1), got {images.dtype}")
        with np.errstate(over="ignore"):
            images = images.astype(np.float32, copy=False)
        if not np.isfinite(images).all():
            raise ValueError("images: expected finite numbers of float32, got NaN, infinity or larger ones")
        return images

    def _labels(self, labels, count: int) -> np.ndarray:
        labels, last = np.asarray(labels), self.sizes[-1] - 1
        if labels.shape != (count,) or labels.dtype.kind not in "iu":
            raise ValueError(f"labels: expected {count} whole numbers, got {labels.dtype} {list(labels.shape)}")
        if labels.min() < 0 or labels.max() > last:
            raise ValueError(f"labels: expected 0 to {last}, got {labels.min()} to {labels.max()}")
        return labels

    def _call(self, name: str, *args):
        result = self._exports[name](self._store, *args)
        return result & 0xFFFFFFFF if isinstance(result, int) else result  # wasmtime gives i32 with a sign

    def _grow(self, name: str, *args) -> int:
        """Calls a function that returns 0 if there is no memory, for which no u32 suffices. Earlier views are void."""
        result = 0 if max(args) >= 2**32 else self._call(name, *args)
        if result == 0:
            raise MemoryError(f"{name}: expected room in the module's 4 GiB of memory, got none")
        return result

    def _view(self, address: int, dtype: str, shape) -> np.ndarray:
        memory = self._exports["memory"].get_buffer_ptr(self._store)
        return np.ndarray(shape, dtype, memory, address)

    def _layer(self, l: int) -> tuple[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
        """The block's addresses, and views, for the weights and biases of a layer."""
        inputs, outputs = self.sizes[l - 1 : l + 1]
        biases = self._block + 4 * inputs * outputs
        views = self._view(self._block, "<f4", (outputs, inputs)), self._view(biases, "<f4", outputs)
        return (self._block, biases), views

    @contextmanager
    def _dataset(self, images: np.ndarray, labels: np.ndarray | None = None) -> Iterator[int]:
        """A data set of checked images; without labels all have label 0."""
        count, inputs = images.shape
        add, dtype = ("addImages", "u1") if images.dtype == np.uint8 else ("addFloatImages", "<f4")
        data = self._grow("createDataset", count, inputs)
        try:
            for first in range(0, count, self._rows):
                n = min(self._rows, count - first)
                self._view(self._block, dtype, (n, inputs))[:] = images[first : first + n]
                self._view(self._labels_at, "<u2", n)[:] = 0 if labels is None else labels[first : first + n]
                self._grow(add, data, first, self._block, self._labels_at, n)
            yield data
        finally:
            self._call("releaseDataset", data)


def _restore(sizes: list[int], options: dict, epochs: int, layers: list[tuple[np.ndarray, np.ndarray]]) -> Network:
    network = Network(sizes, **options)
    network.epochs = epochs
    for l, layer in enumerate(layers, 1):
        if not all(np.isfinite(array).all() for array in layer):
            raise ValueError(f"layer {l}: expected finite parameters, got others")
        addresses, views = network._layer(l)
        for view, array in zip(views, layer):
            np.add(array, np.float32(0), out=view)  # -0 becomes 0, as training leaves it
        network._call("writeLayer", network._network, l, 0, *addresses)
    return network


def _shapes(sizes: list[int]) -> dict[str, list[int]]:
    """Of the tensors of a file, in the order of the hash: those of PyTorch's Sequential of Linear and activations."""
    shapes = {}
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        shapes |= {f"{2 * i}.weight": [outputs, inputs], f"{2 * i}.bias": [outputs]}
    return shapes


def _parse(metadata: dict[str, str], key: str, form: str = _NUMBER):
    text = metadata.get(key, "")
    if not re.fullmatch(form, text, re.ASCII):
        raise ValueError(f"metadata {key}: expected {'numbers' if form == _LIST else 'a whole number'}, got {text!r}")
    return json.loads(text)


def _whole(name: str, value, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= value <= high:
        raise ValueError(f"{name}: expected a whole number from {low} to {high}, got {value!r}")
    return int(value)


def _choice(name: str, value, choices: tuple[str, ...]) -> int:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(choices)}, got {value!r}")
    return choices.index(value)
