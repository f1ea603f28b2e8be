"""Train and use handwritten-digit networks: the WebAssembly module of Ductus, with the same bits everywhere."""

from .classifier import DuctusClassifier
from .idx import read_idx, read_mnist
from .network import Network

__all__ = ["DuctusClassifier", "Network", "read_idx", "read_mnist"]
