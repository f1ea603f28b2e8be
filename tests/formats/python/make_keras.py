"""A network of Keras in a folder, with inputs and what Keras makes of them."""

import sys

import numpy
import keras

folder = sys.argv[1]
keras.utils.set_random_seed(1)
layers = [keras.layers.Dense(30, activation="sigmoid"), keras.layers.Dense(10, activation="softmax")]
network = keras.Sequential([keras.Input((784,)), *layers])
x = numpy.random.default_rng(1).random((50, 784), dtype=numpy.float32)
x.astype("<f4").tofile(f"{folder}/x")
numpy.savez(f"{folder}/keras.npz", *network.get_weights())
numpy.asarray(network(x)).astype("<f4").tofile(f"{folder}/keras.y")
network.save(f"{folder}/refused.keras")
