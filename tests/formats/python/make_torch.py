"""Networks of PyTorch in a folder, with inputs and what PyTorch makes of them."""

import sys

import torch
from safetensors.torch import save_file
from torch import nn

folder = sys.argv[1]
torch.manual_seed(1)


class Network(nn.Module):
    """Its layers have names in another order than they are used in."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 30)
        self.middle = nn.Linear(30, 20)
        self.after = nn.Linear(20, 10)

    def forward(self, x):
        x = torch.relu(self.hidden(x.flatten(1)))
        return self.after(torch.relu(self.middle(x)))


def write(name, tensor):
    tensor.detach().float().numpy().astype("<f4").tofile(f"{folder}/{name}")


x = torch.rand(50, 784)
write("x", x)
network = Network()
for name, dtype in ("f16", torch.float16), ("bf16", torch.bfloat16), ("f32", torch.float32), ("f64", torch.float64):
    state = {key: value.to(dtype) for key, value in network.state_dict().items()}
    save_file({f"_orig_mod.{key}": value for key, value in state.items()}, f"{folder}/{name}.safetensors")
    exact = Network().double()
    exact.load_state_dict({key: value.double() for key, value in state.items()})
    write(f"{name}.y", torch.softmax(exact(x.double()), 1))
try:
    whole = nn.Sequential(network, nn.Softmax(1))
    torch.onnx.export(whole, (x[:1].reshape(1, 1, 28, 28),), f"{folder}/torch.onnx", dynamo=False)
    write("torch.onnx.y", torch.softmax(network(x), 1))
except ImportError:
    pass  # no onnx here
