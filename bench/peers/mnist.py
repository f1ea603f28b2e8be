"""What the programs of peers in Python have in common: the task, images, and an epoch after the other."""

import json
import os
import sys
import time

import numpy as np

task = json.loads(sys.argv[1])
TRAINING, PIXELS = 50_000, 784


def read(name, header):
    return np.fromfile(os.path.join(task["data"], name), np.uint8)[header:]


def inputs(images):
    """Pixels as inputs from 0 to 1."""
    return images.reshape(-1, PIXELS).astype(np.float32) / np.float32(255)


_images = read("train-images-idx3-ubyte", 16)
_labels = read("train-labels-idx1-ubyte", 8).astype(np.int64)
_samples = task["samples"]
labels = _labels[:_samples]
validation = inputs(_images[TRAINING * PIXELS :]), _labels[TRAINING:]


def training(epoch):
    """The training images of an epoch, counted from 1: always the same, or distorted ones."""
    distorted = task.get("distorted")
    images = _images if distorted is None else np.fromfile(os.path.join(distorted, f"epoch-{epoch}"), np.uint8)
    return inputs(images[: _samples * PIXELS])


def say(**line):
    print(json.dumps(line), flush=True)


def run(name, train, outputs):
    """Trains an epoch after the other; says how long all took, and how many validation images are read."""
    say(name=name)
    seconds, images = 0.0, None
    for epoch, rate in enumerate(task["rates"], 1):
        if images is None or task.get("distorted") is not None:
            images = training(epoch)
        start = time.perf_counter()
        train(images, labels, rate)
        seconds += time.perf_counter() - start
        correct = int((np.argmax(outputs(validation[0]), axis=1) == validation[1]).sum())
        say(epoch=epoch, seconds=seconds, correct=correct)
