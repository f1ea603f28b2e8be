"""A network of scikit-learn in a folder, with inputs and what scikit-learn makes of them."""

import sys
import warnings

import numpy
from sklearn.neural_network import MLPClassifier

folder = sys.argv[1]
warnings.simplefilter("ignore")
random = numpy.random.default_rng(1)
x = random.random((50, 784), dtype=numpy.float32)
network = MLPClassifier((15, 12), activation="tanh", max_iter=20, random_state=1).fit(x, numpy.arange(50) % 10)
x.astype("<f4").tofile(f"{folder}/x")
numpy.savez(f"{folder}/turns.npz", *network.coefs_, *network.intercepts_)
layers = enumerate(zip(network.coefs_, network.intercepts_), 1)
named = {name + str(i): array for i, (w, b) in layers for name, array in (("W", w.T), ("b", b[:, None]))}
numpy.savez_compressed(f"{folder}/named.npz", **named)
for name in "turns", "named":
    network.predict_proba(x.astype(float)).astype("<f4").tofile(f"{folder}/{name}.y")
