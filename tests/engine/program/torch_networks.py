"""Our networks in PyTorch: one row of a table for each kind, so that a new module is compared by adding a row."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import Program
from convnet_studio.engine.project.unfold import origin

torch.set_num_threads(1)  # these networks are small: two threads would mostly wait for each other

Weights = dict[str, torch.Tensor]


def _window(module: Any) -> dict[str, int]:
    return {"kernel_size": module.kernel_size, "stride": module.stride}


def _dropout(module: Any, weights: Weights, x: torch.Tensor) -> torch.Tensor:
    """Of what it silences PyTorch can't know: our mask, drawn for this step."""
    module.chance.first = 0
    return x * torch.from_numpy(module.mask(len(x), tuple(x.shape[1:]))) / (1 - module.p)


def _lp_pool(module: Any, weights: Weights, x: torch.Tensor) -> torch.Tensor:
    """PyTorch has the sum inside the root."""
    y = functional.lp_pool2d(x, module.p, **_window(module))
    return y if module.inside == "sum" else y / module.kernel_size ** (2 / module.p)


MODULES: dict[str, Callable[..., torch.Tensor]] = {
    "Abs": lambda m, w, x: x.abs(),
    "Add": lambda m, w, *x: sum(x[1:], x[0]),
    "AvgPool2d": lambda m, w, x: functional.avg_pool2d(x, **_window(m)),
    "Concat": lambda m, w, *x: torch.cat(x, 1),
    "Conv2d": lambda m, w, x: functional.conv2d(x, w["weight"], w["bias"], m.stride, m.padding),
    "Dropout": _dropout,
    "Flatten": lambda m, w, x: x.flatten(1),
    "LPPool2d": lambda m, w, x: (
        functional.lp_pool2d(x, m.p, **_window(m)) / (m.kernel_size**2) ** (m.inside == "mean") ** 0.5
    ),
    "Linear": lambda m, w, x: functional.linear(x, w["weight"], w.get("bias")),
    "LogSoftmax": lambda m, w, x: x.log_softmax(1),
    "MaxPool2d": lambda m, w, x: functional.max_pool2d(x, **_window(m)),
    "Multiply": lambda m, w, *x: functools.reduce(operator.mul, x),
    "ReLU": lambda m, w, x: x.relu(),
    "Reshape": lambda m, w, x: x.reshape(len(x), *map(int, m.shape.split("x"))),
    "Tanh": lambda m, w, x: x.tanh(),
    "Upsample": lambda m, w, x: functional.interpolate(x, scale_factor=m.scale_factor, mode="nearest"),
}
"""``row(module, weights, *inputs) -> output`` by kind."""


def _desired(module: Any, labels: torch.Tensor, x: torch.Tensor, wire: tuple[torch.Tensor, ...]) -> torch.Tensor:
    return wire[0] if wire else functional.one_hot(labels, x.shape[1]).float()


def _contrastive(module: Any, labels: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    distance = functional.pairwise_distance(a, b, eps=0)
    far = (module.margin - distance).clamp(min=0)
    return torch.where(labels == 1, distance, far).square() / 2


LOSSES: dict[str, Callable[..., torch.Tensor]] = {
    "ContrastiveLoss": _contrastive,
    "EuclideanLoss": lambda m, t, x, *wire: (x - _desired(m, t, x, wire)).square().flatten(1).sum(1) / 2,
    "L1Penalty": lambda m, t, x: x.abs().flatten(1).sum(1),
    "MSELoss": lambda m, t, x, *wire: (x - _desired(m, t, x, wire)).square().flatten(1).mean(1),
    "NLLLoss": lambda m, t, x: functional.nll_loss(x, t, reduction="none"),
}
"""``row(module, labels, *predictions) -> losses (batch,)`` by kind; where pairs are compared labels are 0 or 1."""


class TorchNetwork:
    """A network in PyTorch with a copy of the weights of ours, shared where ours are."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._weights: dict[str, Weights] = {
            module_id: {
                name: torch.from_numpy(each.value.copy()).requires_grad_()
                for name, each in network.parameters_of(module_id).items()
            }
            for module_id in network.slices
        }

    def parameters(self) -> list[torch.Tensor]:
        """All of them, as our flat vector has them."""
        return [each for weights in self._weights.values() for each in weights.values()]

    def loss(self, pictures: np.ndarray, partners: np.ndarray, labels: np.ndarray, others: np.ndarray) -> torch.Tensor:
        """The mean of the weighted sum of all losses."""
        outputs: dict[str, torch.Tensor] = {}
        target = torch.from_numpy(labels)
        same = torch.from_numpy((labels == others).astype(np.int64))
        total = torch.zeros(len(labels))
        for node in self._network.graph.nodes:
            module, inputs = node.module, [outputs[source] for source in node.sources]
            kind = type(module).__name__
            if isinstance(module, Loss):
                asked = same if module.compares_pairs else target
                total = total + module.weight * LOSSES[kind](module, asked, *(_as_list(each) for each in inputs))
            elif not inputs:
                outputs[node.id] = torch.from_numpy(partners if module.shows_partner() else pictures)
            else:
                weights = self._weights.get(node.shares or node.id, {})
                outputs[node.id] = MODULES[kind](module, weights, *inputs)
        return total.mean()


def assert_follows_torch(
    network: Network, program: Program, data: tuple[np.ndarray, np.ndarray], steps: int = 20, rate: float = 0.02
) -> None:
    """Losses of some steps of SGD with momentum follow PyTorch's to 1e-4, and so do the weights in the end."""
    from small_networks import sgd

    peer, optimizer = TorchNetwork(network), sgd(rate=rate)
    theirs = torch.optim.SGD(peer.parameters(), lr=rate, momentum=0.9)
    pictures, labels = data
    random = np.random.default_rng(0)
    partners = random.integers(0, len(labels), len(labels))
    program.set_data(pictures, labels)
    program.set_partners(partners)
    for _ in range(steps):
        chosen = random.integers(0, len(labels), program.batch_size)
        with_them = partners[chosen]
        theirs.zero_grad()
        loss = peer.loss(pictures[chosen], pictures[with_them], labels[chosen], labels[with_them])
        loss.backward()
        theirs.step()
        found = program.step(chosen, optimizer).loss
        assert abs(found - loss.item()) <= 1e-4 * abs(loss.item()) + 1e-6, (found, loss.item())
    whole = torch.cat([each.detach().reshape(-1) for each in peer.parameters()]).numpy()
    np.testing.assert_allclose(network.parameters, whole, atol=1e-4)
    assert {origin(each) for each in network.slices} == set(network.slices)


def _as_list(x: torch.Tensor) -> torch.Tensor:
    return x.flatten(1) if x.dim() > 2 and x[0, 0].numel() == 1 else x
