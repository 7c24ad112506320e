"""The same networks in PyTorch: one counterpart for each kind of module, weights copied from the own network."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.network import Network


class NoCounterpart(ValueError):
    """PyTorch has no module of this kind, and none is written here."""


class LocalContrast(nn.Module):
    """LocalContrastNorm across maps with the exact border and c = mean(sigma); the window is separable."""

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
    """|x|."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.abs()


class MeanPower(nn.Module):
    """LPPool2d with the mean inside the root: PyTorch's has the sum."""

    def __init__(self, p: float, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.LPPool2d(p, kernel_size, stride)
        self.scale = kernel_size ** (-2 / p)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(x) * self.scale


def _conv2d(module: Any, node: Node) -> nn.Module:
    if getattr(module, "groups", 1) != 1 or getattr(module, "table", "full") not in ("full", "all", ""):
        raise NoCounterpart("Conv2d with groups or a table")
    maps = node.input_shapes[0][0]
    return nn.Conv2d(maps, module.out_channels, module.kernel_size, module.stride, module.padding)


def _local_contrast(module: Any, node: Node) -> nn.Module:
    if module.border != "exact" or module.threshold != "mean" or not module.across_maps:
        raise NoCounterpart("LocalContrastNorm with these settings")
    return LocalContrast(module.kernel_size, module.width)


def _lp_pool(module: Any, node: Node) -> nn.Module:
    kind = {"mean": MeanPower, "sum": nn.LPPool2d}[module.inside]
    return kind(module.p, module.kernel_size, module.stride)


MAKERS: dict[str, Callable[[Any, Node], nn.Module]] = {
    "Input": lambda module, node: nn.Identity(),
    "Conv2d": _conv2d,
    "Linear": lambda module, node: nn.Linear(node.input_shapes[0][0], module.out_features),
    "Tanh": lambda module, node: nn.Tanh(),
    "ReLU": lambda module, node: nn.ReLU(),
    "Sigmoid": lambda module, node: nn.Sigmoid(),
    "Abs": lambda module, node: Absolute(),
    "AvgPool2d": lambda module, node: nn.AvgPool2d(module.kernel_size, module.stride),
    "MaxPool2d": lambda module, node: nn.MaxPool2d(module.kernel_size, module.stride),
    "LPPool2d": _lp_pool,
    "LocalContrastNorm": _local_contrast,
    "Flatten": lambda module, node: nn.Flatten(),
    "LogSoftmax": lambda module, node: nn.LogSoftmax(1),
    "NLLLoss": lambda module, node: nn.NLLLoss(),
    "CrossEntropyLoss": lambda module, node: nn.CrossEntropyLoss(),
}


def translate(net: Network) -> tuple[nn.Module, nn.Module]:
    """The network and its loss in PyTorch, with copies of the weights.

    Raises:
        NoCounterpart: for a kind that is not in `MAKERS`, and for anything but a chain with one loss at its end.
    """
    chain = net.graph.nodes
    if any(after.sources != (before.id,) for before, after in itertools.pairwise(chain)):
        raise NoCounterpart("networks that are no chain")
    made = []
    for node in chain:
        kind = type(node.module).__name__
        if kind not in MAKERS:
            raise NoCounterpart(kind)
        module = MAKERS[kind](node.module, node)
        for name, parameter in net.parameters_of(node.id).items():
            if not hasattr(module, name):
                raise NoCounterpart(f"the {name} of {kind}")
            getattr(module, name).data.copy_(torch.from_numpy(parameter.value.copy()))
        made.append(module)
    return nn.Sequential(*(each for each in made[1:-1])), made[-1]
