"""python -m ductus train --data DIR ..., or evaluate MODEL --data DIR."""

import argparse
import sys
from pathlib import Path

from .data import read_mnist
from .network import Network


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise ValueError(message)


def main() -> int:
    """Returns the exit code: 2 for bad input, with a sentence on standard error."""
    parser = _Parser(prog="ductus", description="Trains and tests networks on MNIST's IDX files.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train a network, test it, print the SHA-256 of its parameters")
    train.add_argument("--hidden", type=int, default=30, help="neurons of the hidden layer (default 30)")
    train.add_argument("--epochs", type=int, default=2, help="times through the training data (default 2)")
    train.add_argument("--batch-size", type=int, default=10, help="samples in a mini-batch (default 10)")
    train.add_argument("--eta", type=float, default=2.5, help="learning rate (default 2.5)")
    train.add_argument("--seed", type=int, default=1, help="decides all that is random (default 1)")
    train.add_argument("--validation", type=int, default=10_000, help="last images held back (default 10000)")
    train.add_argument("--out", type=Path, metavar="FILE", help="save the model as safetensors")
    evaluate = commands.add_parser("evaluate", help="test a model")
    evaluate.add_argument("model", metavar="MODEL")
    train.set_defaults(run=_train)
    evaluate.set_defaults(run=lambda options: _report(Network.load(options.model), options.data))
    for command in (train, evaluate):
        command.add_argument("--data", metavar="DIR", required=True, help="folder of MNIST's four IDX files")
    try:
        options = parser.parse_args()
        options.run(options)
    except (ValueError, OSError, MemoryError, FloatingPointError, RuntimeError) as error:
        print(f"ductus: {error}", file=sys.stderr)
        return 2
    return 0


def _train(options: argparse.Namespace) -> None:
    # Before the training, which would be lost.
    if options.out and (options.out.is_dir() or not options.out.absolute().parent.is_dir()):
        raise ValueError(f"--out: expected a file in an existing folder, got {options.out}")
    images, labels = read_mnist(options.data, "train")
    if not 0 <= options.validation < len(images):
        raise ValueError(f"--validation: expected 0 to {len(images) - 1}, got {options.validation}")
    images, labels = (array[: len(array) - options.validation] for array in (images, labels))
    network = Network([784, options.hidden, 10], seed=options.seed)
    settings = {"epochs": options.epochs, "batch_size": options.batch_size, "eta": options.eta}
    history = network.train(
        images, labels, **settings, on_epoch=lambda e: print(f"epoch {e.number}: cost {e.cost:.6f}", flush=True)
    )
    if options.out:
        network.save(options.out)
    _report(network, options.data, len(history) * len(images) / sum(epoch.seconds for epoch in history))


def _report(network: Network, folder: str, rate: float | None = None) -> None:
    images, labels = read_mnist(folder, "t10k")
    print(f"test {network.evaluate(images, labels)} of {len(images)}")
    if rate is not None:
        print(f"rate {rate:.0f} samples/s")
    print(f"hash {network.hash()}")


if __name__ == "__main__":
    sys.exit(main())
