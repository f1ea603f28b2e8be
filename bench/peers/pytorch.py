"""PyTorch on the CPU: Linear layers, autograd, torch.optim.SGD."""

import torch
from mnist import run, task
from torch import nn

torch.set_num_threads(task["threads"])
torch.manual_seed(1)
quadratic = task["cost"] == "quadratic"
activation = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU}[task["activation"]]
layers = []
for below, above in zip(task["layers"], task["layers"][1:]):
    layers += [nn.Linear(below, above), activation()]
model = nn.Sequential(*layers[:-1], *([nn.Sigmoid()] if quadratic else []))
optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=task["momentum"])
cross_entropy = nn.CrossEntropyLoss()


def cost(outputs, labels):
    if not quadratic:
        return cross_entropy(outputs, labels)
    return 0.5 * (outputs - nn.functional.one_hot(labels, 10)).square().sum() / len(labels)


def train(images, labels, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate
    x, y, m = torch.from_numpy(images), torch.from_numpy(labels), task["batchSize"]
    order = torch.randperm(len(x))
    for first in range(0, len(x) - m + 1, m):
        batch = order[first : first + m]
        optimizer.zero_grad(set_to_none=True)
        cost(model(x[batch]), y[batch]).backward()
        optimizer.step()


def outputs(images):
    with torch.no_grad():
        return model(torch.from_numpy(images)).numpy()


run(f"PyTorch {torch.__version__.split('+')[0]}", train, outputs)
