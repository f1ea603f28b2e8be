"""NumPy: the equations of backpropagation for a mini-batch at a time, by its matrix products."""

import numpy as np
from mnist import run, task

random = np.random.default_rng(1)
quadratic, relu = task["cost"] == "quadratic", task["activation"] == "relu"
sizes = task["layers"]
weights = [
    (random.standard_normal((k, j)) * np.sqrt((2 if relu else 1) / k)).astype(np.float32)
    for k, j in zip(sizes, sizes[1:])
]
biases = [np.zeros(j, np.float32) for j in sizes[1:]]
parameters = [*weights, *biases]
velocities = [np.zeros_like(p) for p in parameters]
one_hot = np.eye(10, dtype=np.float32)


def sigma(z):
    return 1 / (1 + np.exp(-z))


def feedforward(x):
    activations = [x]
    for layer, (w, b) in enumerate(zip(weights, biases)):
        z = activations[-1] @ w + b
        if layer < len(weights) - 1:
            activations.append(np.maximum(z, 0) if relu else sigma(z))
        elif quadratic:
            activations.append(sigma(z))
        else:
            e = np.exp(z - z.max(axis=1, keepdims=True))
            activations.append(e / e.sum(axis=1, keepdims=True))
    return activations


def gradients(x, y):
    activations = feedforward(x)
    a = activations[-1]
    delta = (a - y) / np.float32(len(x))
    if quadratic:
        delta *= a * (1 - a)
    by_weight, by_bias = [], []
    for layer in reversed(range(len(weights))):
        a = activations[layer]
        by_weight.insert(0, a.T @ delta)
        by_bias.insert(0, delta.sum(axis=0))
        if layer > 0:
            delta = (delta @ weights[layer].T) * ((a > 0) if relu else a * (1 - a))
    return [*by_weight, *by_bias]


def train(images, labels, rate):
    m, eta, mu = task["batchSize"], np.float32(rate), np.float32(task["momentum"])
    order = random.permutation(len(images))
    for first in range(0, len(images) - m + 1, m):
        batch = order[first : first + m]
        for p, v, g in zip(parameters, velocities, gradients(images[batch], one_hot[labels[batch]])):
            if mu == 0:
                p -= eta * g
            else:
                v *= mu
                v -= eta * g
                p += v


run(f"NumPy {np.__version__}", train, lambda images: feedforward(images)[-1])
