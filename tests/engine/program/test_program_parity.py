"""Compiled programs against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_networks import LENET, Drawn, chain, data, sgd

from convnet_studio.engine.program import CompiledProgram

pytestmark = pytest.mark.parity

NORM_POOLED: list[Drawn] = [
    ("Conv2d", {"out_channels": 17, "kernel_size": 3, "stride": 2, "padding": 1}), ("ReLU", {}),
    ("LPPool2d", {"inside": "sum"}), ("Conv2d", {"out_channels": 5, "kernel_size": 1}), ("MaxPool2d", {}),
    ("Flatten", {}), ("Linear", {"out_features": 10}), ("LogSoftmax", {}), ("NLLLoss", {}),
]  # fmt: skip


def torch_module(kind: str, settings: dict[str, Any], inputs: tuple[int, ...]) -> Any:
    from torch import nn

    window = {"kernel_size": settings.get("kernel_size", 2), "stride": settings.get("stride", 2)}
    makers: dict[str, Any] = {
        "Conv2d": lambda: nn.Conv2d(
            inputs[0], settings["out_channels"], settings.get("kernel_size", 5), settings.get("stride", 1),
            settings.get("padding", 0),
        ),
        "Tanh": nn.Tanh, "ReLU": nn.ReLU, "AvgPool2d": lambda: nn.AvgPool2d(**window),
        "MaxPool2d": lambda: nn.MaxPool2d(**window), "LPPool2d": lambda: nn.LPPool2d(2, **window),
        "Flatten": nn.Flatten, "Linear": lambda: nn.Linear(inputs[0], settings["out_features"]),
        "LogSoftmax": lambda: nn.LogSoftmax(1),
    }  # fmt: skip
    return makers[kind]()


@pytest.mark.parametrize("drawn", [LENET, NORM_POOLED], ids=["lenet", "norm pooled"])
def test_twenty_steps_follow_pytorch(drawn: list[Drawn]) -> None:
    import torch

    network = chain(drawn, (1, 28, 28))
    images, labels = data(network)
    modules = [torch_module(n.module.__class__.__name__, n.module.settings(), n.input_shapes[0])
               for n in network.graph.nodes[1:-1]]  # fmt: skip
    peer = torch.nn.Sequential(*modules)
    with torch.no_grad():
        mine = [each.value for n in network.graph.nodes for each in network.parameters_of(n.id).values()]
        for theirs, value in zip(peer.parameters(), mine, strict=True):
            theirs.copy_(torch.from_numpy(value.copy()))
    program, optimizer = CompiledProgram(network, 10), sgd()
    program.set_data(images, labels)
    theirs_optimizer = torch.optim.SGD(peer.parameters(), lr=0.05, momentum=0.9)
    random = np.random.default_rng(0)
    for _ in range(20):
        chosen = random.integers(0, len(images), 10)
        theirs_optimizer.zero_grad()
        loss = torch.nn.functional.nll_loss(peer(torch.from_numpy(images[chosen])), torch.from_numpy(labels[chosen]))
        loss.backward()
        theirs_optimizer.step()
        assert program.step(chosen, optimizer).loss == pytest.approx(loss.item(), rel=1e-4)
    theirs_all = torch.cat([each.detach().reshape(-1) for each in peer.parameters()]).numpy()
    np.testing.assert_allclose(network.parameters, theirs_all, atol=1e-4)
