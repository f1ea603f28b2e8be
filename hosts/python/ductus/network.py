"""A network of sigmoid, tanh or ReLU neurons, trained by mini-batch stochastic gradient descent and backpropagation."""

import json
import math
import os
import struct
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .module import Exports

ACTIVATIONS = ("sigmoid", "tanh", "relu")
COSTS = ("quadratic", "cross-entropy", "log-likelihood")
INITS = ("normal", "scaled", "he")
BLOCK = 64
"""Images of which the module keeps the activations."""
METHOD = {"optimizer": "sgd", "momentum": 0, "beta": 0, "epsilon": 0, "weightDecay": 0, "average": 0}
METHOD |= {"labelSmoothing": 0, "dropout": 0, "keepBest": False}


class Epoch(NamedTuple):
    """What an epoch gave: its number from 1, the mean cost, and the samples read correctly before their update."""

    number: int
    cost: float
    correct: int


def _integer(name: str, value, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise ValueError(f"{name}: expected a whole number from {low} to {high}, got {value!r}")
    return int(value)


def _choice(name: str, value, choices: Sequence[str]) -> int:
    if value not in choices:
        raise ValueError(f"{name}: expected {', '.join(choices[:-1])} or {choices[-1]}, got {value!r}")
    return choices.index(value)


class Network:
    """sizes: pixels, hidden layers, classes. Equal arguments give equal bits. Raises ValueError."""

    def __init__(self, sizes: Sequence[int], *, seed: int = 1, activation="sigmoid", cost="quadratic", init="scaled"):
        if len(sizes) < 2:
            raise ValueError(f"sizes: expected 2 layers or more, got {len(sizes)}")
        limits = [2**22] + [2**16] * (len(sizes) - 1)
        self.sizes = [_integer("sizes", n, 1, high) for n, high in zip(sizes, limits)]
        self.seed = _integer("seed", seed, 0, 2**32 - 1)
        self.activation, self.cost, self.init, self.epochs = activation, cost, init, 0
        codes = _choice("activation", activation, ACTIVATIONS), _choice("cost", cost, COSTS)
        how = _choice("init", init, INITS)
        self._wasm = Exports()
        block = self._wasm.grow("allocate", 4 * len(sizes))
        self._wasm.write(block, np.array(self.sizes, "<u4"))
        self._network = self._wasm.grow("createNetwork", block, len(sizes), *codes)
        self._wasm.call("release", block)
        self._reserve(BLOCK)
        self._wasm.call("initialise", self._network, self.seed, how)

    def _reserve(self, samples: int) -> None:
        self._wasm.grow("reserveBatch", self._network, samples, 1)

    def _images(self, images) -> np.ndarray:
        """As [n, inputs] of uint8 (255 is 1) or float32."""
        images = np.asarray(images)
        if images.ndim > 2:
            images = images.reshape(len(images), math.prod(images.shape[1:]))
        if images.ndim != 2 or images.shape[1] != self.sizes[0] or len(images) == 0:
            raise ValueError(f"images: expected [n, {self.sizes[0]}] pixels, got {list(images.shape)}")
        if images.dtype == np.uint8:
            return images
        if images.dtype.kind not in "fiub":
            raise ValueError(f"images: expected numbers, got {images.dtype}")
        with np.errstate(over="ignore"):
            images = images.astype(np.float32)
        if not np.isfinite(images).all():
            raise ValueError("images: expected finite numbers, got NaN, infinity, or more than float32 holds")
        return images

    def _labels(self, labels, count: int) -> np.ndarray:
        labels, outputs = np.asarray(labels), self.sizes[-1]
        if labels.shape != (count,) or labels.dtype.kind not in "iu":
            raise ValueError(f"labels: expected {count} whole numbers, got {labels.dtype} {list(labels.shape)}")
        if labels.min() < 0 or labels.max() >= outputs:
            raise ValueError(f"labels: expected 0 to {outputs - 1}, got {labels.min()} to {labels.max()}")
        return labels

    def train(self, images, labels, *, epochs: int = 30, batch_size: int = 10, eta: float = 2.5) -> Iterator[Epoch]:
        """Trains, and yields each epoch; all arguments are checked at once. Goes on from the last epoch trained.

        images: [n, pixels] or [n, rows, columns], uint8 or floats. labels: [n], below the number of classes. Raises
        ValueError, MemoryError, and FloatingPointError when weights are no longer finite: eta is too large.
        """
        images = self._images(images)
        labels = self._labels(labels, len(images))
        _integer("epochs", epochs, 1, 1_000_000)
        _integer("batch_size", batch_size, 1, 1_000_000)
        if not isinstance(eta, (int, float, np.number)) or not (math.isfinite(eta) and 0 < eta <= 3.4e38):
            raise ValueError(f"eta: expected a number above 0, up to 3.4e38, got {eta!r}")
        return self._train(images, labels, epochs, batch_size, float(eta))

    def _train(self, images: np.ndarray, labels: np.ndarray, epochs: int, m: int, eta: float) -> Iterator[Epoch]:
        wasm, count = self._wasm, len(images)
        self._reserve(max(BLOCK, min(m, count)))
        data = wasm.add_dataset(images, labels)
        try:
            for _ in range(epochs):
                number = self.epochs + 1
                wasm.call("shuffle", data, self.seed, number)
                wasm.call("trainBatches", self._network, data, 0, -(-count // m), eta, m)
                if not wasm.call("allFinite", self._network):
                    raise FloatingPointError(f"epoch {number}: weights are no longer finite numbers: lower eta ({eta})")
                self.epochs = number
                yield Epoch(number, wasm.call("sumCosts", data, 0, count) / count, wasm.call("countCorrect", data))
        finally:
            wasm.call("releaseDataset", data)

    def evaluate(self, images, labels) -> int:
        """How many of the images are read correctly."""
        images = self._images(images)
        return int((self.predict(images) == self._labels(labels, len(images))).sum())

    def predict(self, images) -> np.ndarray:
        """The most active output for each image, [n] of uint16, the first of equals."""
        images = self._images(images)
        wasm, data = self._wasm, self._wasm.add_dataset(images, np.zeros(len(images), np.uint16))
        wasm.call("evaluate", self._network, data)
        predictions = wasm.read(wasm.call("predictions", data) & 0xFFFFFFFF, "<u2", len(images))
        wasm.call("releaseDataset", data)
        return predictions

    def activations(self, images) -> np.ndarray:
        """The outputs for each image, [n, classes] of float32, 0 to 1."""
        images, wasm, last = self._images(images), self._wasm, len(self.sizes) - 1
        result = np.empty((len(images), self.sizes[-1]), np.float32)
        for first in range(0, len(images), BLOCK):
            part = images[first : first + BLOCK]
            data = wasm.add_dataset(part, np.zeros(len(part), np.uint16))
            wasm.call("evaluate", self._network, data)
            for s in range(len(part)):
                address = wasm.call("activations", self._network, last, s) & 0xFFFFFFFF
                result[first + s] = wasm.read(address, "<f4", self.sizes[-1])
            wasm.call("releaseDataset", data)
        return result

    def parameters(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Of each layer the weights, [outputs, inputs], and the biases, [outputs], of float32."""
        wasm, layers = self._wasm, []
        for l, (inputs, outputs) in enumerate(zip(self.sizes, self.sizes[1:]), 1):
            block = wasm.grow("allocate", 4 * (inputs + 1) * outputs)
            wasm.call("readLayer", self._network, l, 0, block, block + 4 * inputs * outputs)
            both = wasm.read(block, "<f4", (inputs + 1) * outputs)
            wasm.call("release", block)
            layers.append((both[: inputs * outputs].reshape(outputs, inputs), both[inputs * outputs :]))
        return layers

    def hash(self) -> str:
        """The SHA-256 of all parameters, as `ductus train` prints it."""
        return sha256(b"".join(a.tobytes() for layer in self.parameters() for a in layer)).hexdigest()

    def save(self, path: str | Path) -> None:
        """Writes a safetensors file with PyTorch's names, which Ductus loads. An old one stays until it is whole."""
        own = {"format": "ductus", "version": "1", "layers": json.dumps(self.sizes, separators=(",", ":"))}
        own |= {"activation": self.activation, "cost": self.cost, "initial_weights": self.init}
        own |= {"method": json.dumps(METHOD, separators=(",", ":")), "seed": str(self.seed), "epochs": str(self.epochs)}
        header, data = {"__metadata__": own}, b""
        for i, layer in enumerate(self.parameters()):
            for name, array in zip(("weight", "bias"), layer):
                offsets = [len(data), len(data) + array.nbytes]
                header[f"{2 * i}.{name}"] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": offsets}
                data += array.tobytes()
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        partial = Path(f"{path}.{os.getpid()}.part")
        try:
            partial.write_bytes(struct.pack("<Q", len(text)) + text + data)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | Path) -> "Network":
        """The network of a file that save() or Ductus wrote, trained by plain descent. Raises ValueError."""
        data = Path(path).read_bytes()
        try:
            (length,) = struct.unpack_from("<Q", data)
            header = json.loads(data[8 : 8 + length])
            own = header.pop("__metadata__")
            sizes, seed, epochs = json.loads(own["layers"]), int(own["seed"]), int(own["epochs"])
            network = cls(sizes, seed=seed, activation=own["activation"], cost=own["cost"], init=own["initial_weights"])
            if own["format"] != "ductus" or own["version"] != "1":
                raise ValueError("another format")
            network.epochs = _integer("epochs", epochs, 0, 2**32 - 1)
            network._write(header, data[8 + length :])
        except (struct.error, KeyError, TypeError, AttributeError, IndexError, UnicodeDecodeError, ValueError) as error:
            raise ValueError(
                f"{path}: expected a Ductus model (safetensors), got a file that is none ({error})"
            ) from None
        return network

    def _write(self, header: dict, data: bytes) -> None:
        wasm, layers = self._wasm, []
        for i, (inputs, outputs) in enumerate(zip(self.sizes, self.sizes[1:])):
            weights = self._tensor(header, data, f"{2 * i}.weight", [outputs, inputs])
            layers.append((weights, self._tensor(header, data, f"{2 * i}.bias", [outputs])))
        for l, (weights, biases) in enumerate(layers, 1):
            block = wasm.grow("allocate", weights.nbytes + biases.nbytes)
            wasm.write(block, weights)
            wasm.write(block + weights.nbytes, biases)
            wasm.call("writeLayer", self._network, l, 0, block, block + weights.nbytes)
            wasm.call("release", block)

    @staticmethod
    def _tensor(header: dict, data: bytes, name: str, shape: list[int]) -> np.ndarray:
        """Wherever it lies: writers order tensors as they like."""
        entry, size = header[name], 4 * math.prod(shape)
        begin = _integer(f"tensor {name}: data_offsets", entry["data_offsets"][0], 0, len(data))
        if entry != {"dtype": "F32", "shape": shape, "data_offsets": [begin, begin + size]} or begin + size > len(data):
            raise ValueError(f"tensor {name} is {entry}")
        values = np.frombuffer(data, "<f4", size // 4, begin)
        if not np.isfinite(values).all():
            raise ValueError(f"tensor {name} has numbers that are not finite")
        return values
