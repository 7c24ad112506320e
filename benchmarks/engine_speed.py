"""Training steps a second of the engine and of PyTorch, in alternating rounds: ``python benchmarks/engine_speed.py``.

Full steps (forward, backward, SGD with momentum) on random pictures, nets as below, for one and two threads. The
figure is the median over rounds of the ratio within a round, so that a slow spell of the machine hits both. PyTorch is
left out where it is not installed. Two-threaded PyTorch runs in a process of its own, since its threads spin.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import llvmlite.binding
import numpy as np

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules
import convnet_studio.engine.nn.optimizers  # noqa: F401 - fill the registries
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.program import CompiledProgram

EXAMPLES = 512
Layer = tuple[str, dict[str, float | str]]
NETS: dict[str, tuple[tuple[int, ...], list[Layer]]] = {
    "lenet": ((1, 28, 28), [
        ("Conv2d", {"out_channels": 6}), ("Tanh", {}), ("AvgPool2d", {}),
        ("Conv2d", {"out_channels": 16}), ("Tanh", {}), ("AvgPool2d", {}), ("Flatten", {}),
        ("Linear", {"out_features": 120}), ("Tanh", {}), ("Linear", {"out_features": 84}), ("Tanh", {}),
        ("Linear", {"out_features": 10}), ("LogSoftmax", {}),
    ]),
    "two-stage-digits": ((1, 28, 28), [
        ("LocalContrastNorm", {"kernel_size": 9, "width": 2.0}),
        ("Conv2d", {"out_channels": 8}), ("Tanh", {}), ("Abs", {}), ("LPPool2d", {"inside": "sum"}),
        ("Conv2d", {"out_channels": 16}), ("Tanh", {}), ("LPPool2d", {"inside": "sum"}), ("Flatten", {}),
        ("Linear", {"out_features": 10}), ("LogSoftmax", {}),
    ]),
}  # fmt: skip


def own_network(name: str) -> Network:
    shape, layers = NETS[name]
    chain: dict[str, Module | Loss] = {"input": Module.registry["Input"]()}
    for number, (kind, settings) in enumerate(layers):
        chain[f"{kind} {number}"] = Module.registry[kind](**settings)
    chain["loss"] = Loss.registry["NLLLoss"]()
    ids = list(chain)
    network = Network(chain, [(a, b, 0) for a, b in itertools.pairwise(ids)], shape, 10)
    initialize(network, seed=1)
    return network


def examples(name: str) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    images = random.random((EXAMPLES, *NETS[name][0]), dtype=np.float32)
    return images, random.integers(0, 10, EXAMPLES)


def own_step(name: str, batch: int, threads: int) -> Callable[[], object]:
    program = CompiledProgram(own_network(name), batch, threads)
    program.set_data(*examples(name))
    optimizer = Optimizer.registry["SGD"]()
    optimizer.rate = 0.001
    random = np.random.default_rng(1)
    return lambda: program.step(random.integers(0, EXAMPLES, batch), optimizer)


def torch_step(name: str, batch: int, threads: int) -> Callable[[], object]:
    import torch
    from torch import nn

    class LocalContrast(nn.Module):
        """The exact border and c = mean(sigma), with the window as one convolution for each axis."""

        def __init__(self, kernel_size: int, width: float) -> None:
            super().__init__()
            taps = torch.exp(-0.5 * ((torch.arange(kernel_size) - kernel_size // 2) / width) ** 2)
            self.taps = taps / taps.sum()
            self.coverage: torch.Tensor | None = None

        def mean(self, x: torch.Tensor) -> torch.Tensor:
            size = len(self.taps)
            x = nn.functional.conv2d(x, self.taps.view(1, 1, size, 1), padding=(size // 2, 0))
            return nn.functional.conv2d(x, self.taps.view(1, 1, 1, size), padding=(0, size // 2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if self.coverage is None:
                self.coverage = self.mean(torch.ones_like(x[:1, :1]))
            v = x - self.mean(x.mean(1, keepdim=True)) / self.coverage
            sigma = (self.mean((v * v).mean(1, keepdim=True)) / self.coverage).sqrt()
            return v / torch.maximum(sigma, sigma.mean((2, 3), keepdim=True))

    class Absolute(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.abs()

    torch.set_num_threads(threads)
    shape, layers = NETS[name]
    makers = {
        "Conv2d": lambda c, s: nn.Conv2d(c[0], s["out_channels"], 5), "Tanh": lambda c, s: nn.Tanh(),
        "Abs": lambda c, s: Absolute(), "AvgPool2d": lambda c, s: nn.AvgPool2d(2),
        "LPPool2d": lambda c, s: nn.LPPool2d(2, 2),
        "Flatten": lambda c, s: nn.Flatten(), "Linear": lambda c, s: nn.Linear(c[0], s["out_features"]),
        "LogSoftmax": lambda c, s: nn.LogSoftmax(1), "LocalContrastNorm": lambda c, s: LocalContrast(9, 2.0),
    }  # fmt: skip
    sequence: list[nn.Module] = []
    x = torch.zeros(1, *shape)
    for kind, settings in layers:
        sequence.append(makers[kind](x.shape[1:], settings))
        x = sequence[-1](x)
    net = nn.Sequential(*sequence)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    images, labels = (torch.from_numpy(each) for each in examples(name))
    criterion = nn.NLLLoss()

    def step() -> None:
        chosen = torch.randint(0, EXAMPLES, (batch,))
        optimizer.zero_grad(set_to_none=True)
        criterion(net(images[chosen]), labels[chosen]).backward()
        optimizer.step()

    return step


def rate(step: Callable[[], object], batch: int, seconds: float) -> float:
    """Samples a second over at least `seconds`."""
    step()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        step()
        count += 1
    return count * batch / (time.perf_counter() - start)


class Peer:
    """PyTorch in a process of its own: it measures when asked."""

    def __init__(self, name: str, batch: int, threads: int) -> None:
        command = [sys.executable, __file__, "--serve", name, str(batch), str(threads)]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, env=environment, **pipes)

    def rate(self, seconds: float) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate()


def serve(name: str, batch: int, threads: int) -> None:
    step = torch_step(name, batch, threads)
    for line in sys.stdin:
        print(json.dumps(rate(step, batch, float(line))), flush=True)


def compare(name: str, batch: int, threads: int, rounds: int, seconds: float, with_torch: bool) -> None:
    step = own_step(name, batch, threads)
    if not with_torch:
        own = [rate(step, batch, seconds) for _ in range(rounds)]
        print(f"{name:18s} batch {batch:4d}  threads {threads}  own {statistics.median(own):10,.0f} samples/s")
        return
    peer = Peer(name, batch, threads)
    pairs = [(rate(step, batch, seconds), peer.rate(seconds)) for _ in range(rounds)]
    peer.close()
    ratio = statistics.median(own / other for own, other in pairs)
    own, other = (statistics.median(each) for each in zip(*pairs, strict=True))
    print(
        f"{name:18s} batch {batch:4d}  threads {threads}  own {own:10,.0f}  PyTorch {other:10,.0f} samples/s"
        f"  ratio {ratio:5.2f}", flush=True,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each measurement")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 32, 128])
    parser.add_argument("--nets", nargs="+", default=list(NETS), choices=list(NETS))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--serve", nargs=3, metavar=("NET", "BATCH", "THREADS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve[0], int(options.serve[1]), int(options.serve[2]))
        return
    try:
        import torch
    except ImportError:
        torch = None
    cpu, load = llvmlite.binding.get_host_cpu_name(), os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    peer = f"PyTorch {torch.__version__}" if torch else "no PyTorch"
    print(f"{platform.machine()} {cpu}, {os.cpu_count()} cores, load {load:.1f}, {peer}")
    for name in options.nets:
        for threads in options.threads:
            for batch in options.batches:
                compare(name, batch, threads, options.rounds, options.seconds, torch is not None)


if __name__ == "__main__":
    main()
