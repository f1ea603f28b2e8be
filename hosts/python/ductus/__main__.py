"""python -m ductus train --data DIR ... and evaluate MODEL --data DIR"""

import argparse
import sys
import time

from .idx import read_mnist
from .network import Network


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="ductus-python", description="Trains and tests networks on MNIST's IDX files."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train, and print the SHA-256 of the parameters")
    train.add_argument("--hidden", type=int, default=30, help="neurons of the hidden layer (default: 30)")
    train.add_argument("--epochs", type=int, default=2)
    train.add_argument("--batch-size", type=int, default=10)
    train.add_argument("--eta", type=float, default=2.5)
    train.add_argument("--seed", type=int, default=1)
    train.add_argument(
        "--validation", type=int, default=10_000, help="images held back, the last ones (default: 10000)"
    )
    train.add_argument("--out", metavar="FILE", help="write the model as safetensors")
    evaluate = commands.add_parser("evaluate", help="test a model")
    evaluate.add_argument("model")
    for command in (train, evaluate):
        command.add_argument("--data", metavar="DIR", required=True, help="folder with MNIST's four IDX files")
    try:
        run(parser.parse_args())
    except (ValueError, OSError, MemoryError, FloatingPointError) as error:
        print(f"ductus-python: {error}", file=sys.stderr)
        sys.exit(2)


def run(options: argparse.Namespace) -> None:
    if options.command == "evaluate":
        return report(Network.load(options.model), options.data)
    images, labels = read_mnist(options.data, "train")
    count = len(images) - options.validation
    if options.validation < 0 or count < 1:
        raise ValueError(f"--validation: expected 0 to {len(images) - 1}, got {options.validation}")
    images, labels = images[:count], labels[:count]
    network = Network([images[0].size, options.hidden, 10], seed=options.seed)
    seconds, start = 0.0, time.perf_counter()
    settings = {"epochs": options.epochs, "batch_size": options.batch_size, "eta": options.eta}
    for epoch in network.train(images, labels, **settings):
        seconds += time.perf_counter() - start
        print(f"epoch {epoch.number}: cost {epoch.cost:.6f}, {epoch.correct} of {len(images)}")
        start = time.perf_counter()
    report(network, options.data, f"rate {options.epochs * len(images) / seconds:.0f} samples/s")
    if options.out is not None:
        network.save(options.out)


def report(network: Network, folder: str, *more: str) -> None:
    images, labels = read_mnist(folder, "t10k")
    print(f"test {network.evaluate(images, labels)} of {len(images)}", *more, f"hash {network.hash()}", sep="\n")


if __name__ == "__main__":
    main()
