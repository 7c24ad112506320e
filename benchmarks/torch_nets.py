"""The same networks in PyTorch: one counterpart for each kind of module, weights copied from the own network."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.euclidean_rbf import CODES
from convnet_studio.engine.nn.modules.scaled_tanh import ScaledTanh
from convnet_studio.engine.nn.network import Network


class NoCounterpart(ValueError):
    """PyTorch has no module of this kind, and none is written here."""


class LocalMean(nn.Module):
    """x minus its local mean across maps, divided by what of the window is inside; the window is separable.

    This is SubtractiveNorm with the exact border, and with Torch7's.
    """

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
        return x - self.mean(x.mean(1, keepdim=True)) / self.coverage


class LocalContrast(LocalMean):
    """LocalContrastNorm across maps with the exact border and c = mean(sigma)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        v = super().forward(x)
        sigma = (self.mean((v * v).mean(1, keepdim=True)) / self.coverage).sqrt()
        return v / torch.maximum(sigma, sigma.mean((2, 3), keepdim=True))


class Absolute(nn.Module):
    """|x|."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.abs()


class Stretched(nn.Module):
    """ScaledTanh."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return ScaledTanh.AMPLITUDE * (x * ScaledTanh.STEEPNESS).tanh()


class MeanPower(nn.Module):
    """LPPool2d with the mean inside the root: PyTorch's has the sum."""

    def __init__(self, p: float, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.LPPool2d(p, kernel_size, stride)
        self.scale = kernel_size ** (-2 / p)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(x) * self.scale


class TableConv(nn.Module):
    """Conv2d with a connection table, or with a bias for each unit: dense, with zeros where there is no connection."""

    def __init__(self, module: Any, node: Node) -> None:
        super().__init__()
        shapes = module.parameter_shapes(*node.input_shapes)
        self.weight, self.bias = (nn.Parameter(torch.zeros(shapes[name].shape)) for name in ("weight", "bias"))
        self.dense = (module.out_channels, node.input_shapes[0][0], *[module.kernel_size] * 2)
        pairs = [] if module.is_full else connected_pairs(module.table, self.dense[1], self.dense[0])
        self.pairs = tuple(torch.tensor(pairs).T) if pairs else None
        self.window = {"stride": module.stride, "padding": module.padding}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.weight
        if self.pairs is not None:
            weight = weight.new_zeros(self.dense).index_put(self.pairs, weight[:, 0])
        if self.bias.dim() == 1:
            return nn.functional.conv2d(x, weight, self.bias, **self.window)
        return nn.functional.conv2d(x, weight, **self.window) + self.bias


class TrainableAverage(nn.Module):
    """Average pooling with a gain and a bias for each map."""

    def __init__(self, module: Any, node: Node) -> None:
        super().__init__()
        self.gain, self.bias = (nn.Parameter(torch.zeros(node.shape[0])) for _ in range(2))
        self.window = (module.kernel_size, module.stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(x, *self.window) * self.gain[:, None, None] + self.bias[:, None, None]


class Joined(nn.Module):
    """Concat."""

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return torch.cat(inputs, 1)


class Wire(nn.Module):
    """MSELoss between two wires: labels take no part."""

    def forward(self, wires: tuple[torch.Tensor, torch.Tensor], labels: torch.Tensor) -> torch.Tensor:
        return nn.functional.mse_loss(*wires)


class Wired(nn.Module):
    """Modules that are no chain: each is fed by outputs of earlier ones, 0 the pictures; what the loss is fed with."""

    def __init__(self, made: list[nn.Module], feeds: list[tuple[int, ...]], ends: tuple[int, ...]) -> None:
        super().__init__()
        self.made = nn.ModuleList(made)
        self.feeds, self.ends = feeds, ends

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        outputs = [x]
        for module, sources in zip(self.made, self.feeds, strict=True):
            outputs.append(module(*[outputs[source] for source in sources]))
        found = tuple(outputs[source] for source in self.ends)
        return found[0] if len(found) == 1 else found


class DigitCodes(nn.Module):
    """EuclideanRBF."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.codes = torch.from_numpy(CODES[:outputs].copy())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return -(x[:, None] - self.codes).square().sum(2)


def _conv2d(module: Any, node: Node) -> nn.Module:
    if not module.is_full or module.biases == "each unit":
        return TableConv(module, node)
    if module.biases == "none":
        raise NoCounterpart("Conv2d without biases")
    maps = node.input_shapes[0][0]
    return nn.Conv2d(maps, module.out_channels, module.kernel_size, module.stride, module.padding)


def _conv_transpose2d(module: Any, node: Node) -> nn.Module:
    maps = node.input_shapes[0][0]
    return nn.ConvTranspose2d(maps, module.out_channels, module.kernel_size, module.stride, module.padding)


def _local_mean(module: Any, node: Node) -> nn.Module:
    if module.border == "reflect" or not module.across_maps:
        raise NoCounterpart("SubtractiveNorm with these settings")
    return LocalMean(module.kernel_size, module.width)


def _squared_distance(module: Any, node: Node) -> nn.Module:
    if module.compared_with != "wire" or module.weight != 1:
        raise NoCounterpart("MSELoss with these settings")
    return Wire()


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
    "ConvTranspose2d": _conv_transpose2d,
    "Linear": lambda module, node: nn.Linear(node.input_shapes[0][0], module.out_features),
    "Tanh": lambda module, node: nn.Tanh(),
    "ScaledTanh": lambda module, node: Stretched(),
    "ReLU": lambda module, node: nn.ReLU(),
    "Sigmoid": lambda module, node: nn.Sigmoid(),
    "Abs": lambda module, node: Absolute(),
    "AvgPool2d": lambda module, node: nn.AvgPool2d(module.kernel_size, module.stride),
    "MaxPool2d": lambda module, node: nn.MaxPool2d(module.kernel_size, module.stride),
    "LPPool2d": _lp_pool,
    "LocalContrastNorm": _local_contrast,
    "SubtractiveNorm": _local_mean,
    "Concat": lambda module, node: Joined(),
    "Flatten": lambda module, node: nn.Flatten(),
    "EuclideanRBF": lambda module, node: DigitCodes(module.out_features),
    "TrainableAvgPool2d": TrainableAverage,
    "LogSoftmax": lambda module, node: nn.LogSoftmax(1),
    "NLLLoss": lambda module, node: nn.NLLLoss(),
    "CrossEntropyLoss": lambda module, node: nn.CrossEntropyLoss(),
    "MSELoss": _squared_distance,
}


def translate(net: Network) -> tuple[nn.Module, nn.Module]:
    """The network and its loss in PyTorch, with copies of the weights.

    Raises:
        NoCounterpart: for a kind that is not in `MAKERS`, and for anything but one Input first and one loss at the end.
    """
    nodes = net.graph.nodes
    made = []
    for node in nodes:
        kind = type(node.module).__name__
        if kind not in MAKERS or node.shares:
            raise NoCounterpart(kind)
        module = MAKERS[kind](node.module, node)
        for name, parameter in net.parameters_of(node.id).items():
            if not hasattr(module, name):
                raise NoCounterpart(f"the {name} of {kind}")
            getattr(module, name).data.copy_(torch.from_numpy(parameter.value.copy()))
        made.append(module)
    if len(net.losses) > 1 or nodes[-1] is not net.losses[0] or any(not node.sources for node in nodes[1:]):
        raise NoCounterpart("networks with several Inputs or losses")
    if all(after.sources == (before.id,) for before, after in itertools.pairwise(nodes)):
        ends = [nn.Flatten()] if len(nodes[-2].shape) > 1 else []  # a loss gets maps of one place as a list
        return nn.Sequential(*made[1:-1], *ends), made[-1]
    places = {node.id: place for place, node in enumerate(nodes)}
    feeds = [tuple(places[source] for source in node.sources) for node in nodes[1:]]
    return Wired(made[1:-1], feeds[:-1], feeds[-1]), made[-1]
