"""Trains handwritten-digit networks with Ductus' WebAssembly module: the same bits on every machine."""

from .data import read_mnist
from .network import Epoch, Network

__all__ = ["DuctusClassifier", "Epoch", "Network", "read_mnist"]


def __getattr__(name: str):
    """Imports scikit-learn only for those who use the estimator: it is optional, and slow to load."""
    if name == "DuctusClassifier":
        from .classifier import DuctusClassifier

        return DuctusClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
