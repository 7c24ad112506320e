"""A small network with parameters, for tests of what acts on them."""

from __future__ import annotations

import itertools

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401 - fill the registries
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network


def small_network(learning: dict[str, Learning] | None = None, seed: int = 1, filters: int = 6) -> Network:
    """Conv2d ``conv``, Linear ``fc`` of 4 outputs, on pictures of 3×9×9."""
    modules: dict[str, Module | Loss] = {
        "in": Module.registry["Input"](),
        "conv": Module.registry["Conv2d"](out_channels=filters, kernel_size=5),
        "flat": Module.registry["Flatten"](),
        "fc": Module.registry["Linear"](out_features=4),
        "log": Module.registry["LogSoftmax"](),
        "loss": Loss.registry["NLLLoss"](),
    }
    ids = list(modules)
    links = [(a, b, 0) for a, b in itertools.pairwise(ids)]
    network = Network(modules, links, (3, 9, 9), 4)
    network.learning = learning or {}
    initialize(network, seed)
    return network
