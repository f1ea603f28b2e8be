"""Reads an archive of encodeNpz() with NumPy, and computes the outputs of one input from it."""

import json
import sys

import numpy

arrays = numpy.load(sys.argv[1])
a = numpy.asarray(json.loads(sys.argv[2]))
layer = 1
while f"W{layer}" in arrays:
    z = arrays[f"W{layer}"] @ a + arrays[f"b{layer}"]
    last = f"W{layer + 1}" not in arrays
    f = str(arrays["output" if last else "activation"])
    a = {"tanh": numpy.tanh, "softmax": lambda z: numpy.exp(z) / numpy.exp(z).sum()}[f](z)
    layer += 1
print(json.dumps(a.tolist()))
