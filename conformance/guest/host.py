"""A host of the module in wasmtime: trains recipes.json in a folder, with their data beside it, and prints a hash of
each one's weights."""

import hashlib
import json
import struct
import sys
from pathlib import Path

from wasmtime import Engine, Instance, Module, Store

ACTIVATIONS = ["sigmoid", "tanh", "relu"]
COSTS = ["quadratic", "cross-entropy", "log-likelihood"]
INITIAL_WEIGHTS = ["normal", "scaled", "he"]
OPTIMIZERS = ["sgd", "momentum", "nesterov", "adam", "adamw"]
SLOTS = {"sgd": 1, "momentum": 3, "nesterov": 3, "adam": 4, "adamw": 4}

store = Store(Engine())
exports = Instance(store, Module.from_file(store.engine, sys.argv[1]), []).exports(store)
memory = exports["memory"]


def call(name, *args):
    return exports[name](store, *args)


def got(result):
    if result == 0:
        sys.exit("expected memory, got none")
    return result & 0xFFFFFFFF


def load(inputs, floats, images, labels):
    count = len(labels)
    dataset = got(call("createDataset", count, inputs))
    pixels, classes = got(call("allocate", len(images) + 16)), got(call("allocate", 2 * count))
    memory.write(store, images, pixels)
    memory.write(store, struct.pack(f"<{count}H", *labels), classes)
    got(call("addFloatImages" if floats else "addImages", dataset, 0, pixels, classes, count))
    return dataset


def layer(network, layers, l, slot):
    weights = 4 * layers[l - 1] * layers[l]
    block = got(call("allocate", weights + 4 * layers[l]))
    call("readLayer", network, l, slot, block, block + weights)
    return block, block + weights, block + weights + 4 * layers[l]


def train(recipe, images, labels):
    options, training = recipe["network"], recipe["training"]
    layers, seed, m = options["layers"], options["seed"], training["batchSize"]
    dataset = load(layers[0], recipe["data"].get("floats", False), images, labels)
    sizes = got(call("allocate", 4 * len(layers)))
    memory.write(store, struct.pack(f"<{len(layers)}I", *layers), sizes)
    activation, cost = options.get("activation", "sigmoid"), options.get("cost", "quadratic")
    network = got(call("createNetwork", sizes, len(layers), ACTIVATIONS.index(activation), COSTS.index(cost)))
    got(call("reserveBatch", network, max(m, 64), 1))
    call("initialise", network, seed, INITIAL_WEIGHTS.index(options.get("initialWeights", "scaled")))
    optimizer, averaging = training.get("optimizer", "sgd"), training.get("averaging", 0)
    got(call("reserveSlots", network, SLOTS[optimizer] + (averaging > 0)))
    names = ["momentum", "beta2", "epsilon", "weightDecay", "averaging", "labelSmoothing", "dropout"]
    call("configure", network, OPTIMIZERS.index(optimizer), *(float(training.get(name, 0)) for name in names))
    used = SLOTS[optimizer] if averaging > 0 else 0
    for l in range(1, len(layers) if used else 1):
        weights, biases, _ = layer(network, layers, l, 0)
        call("writeLayer", network, l, used, weights, biases)
    if "distortions" in training:
        call("setDistortion", dataset, recipe["data"]["columns"], *map(float, recipe["bounds"]))
        got(call("reserveDistorted", dataset, m, 1))
    batches = -(-len(labels) // m)
    for epoch in range(1, training["epochs"] + 1):
        call("shuffle", dataset, seed, epoch)
        call("setSteps", network, (epoch - 1) * batches)
        call("trainBatches", network, dataset, 0, batches, float(training["learningRate"]), m)
    sha256 = hashlib.sha256()
    for l in range(1, len(layers)):
        block, _, end = layer(network, layers, l, used)
        sha256.update(memory.read(store, block, end))
    return sha256.hexdigest()


folder = Path(sys.argv[2])
recipes = json.loads((folder / "recipes.json").read_text())
files = [[(folder / f"{i}.{kind}").read_bytes() for kind in ("images", "labels")] for i in range(len(recipes))]
print(json.dumps([train(recipe, *data) for recipe, data in zip(recipes, files)]))
