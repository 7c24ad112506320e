"""Initial weights, drawn from a seed of the run and the name of the module.

Each module has a random stream of its own: adding, removing or resizing one module leaves the initial weights of all
others as they were.
"""

from __future__ import annotations

import zlib

import numpy as np

from convnet_studio.engine.nn.network import Network


def initialize(network: Network, seed: int) -> None:
    """Fill all parameters of `network` for `seed`."""
    for module_id in network.slices:
        initialize_module(network, module_id, seed)


def initialize_module(network: Network, module_id: str, seed: int) -> None:
    """Draw one module's parameters uniformly from ±1/√fan-in, weights and biases alike; set those that have a start.

    The rule of Torch7 (`reset` in nn) and of PyTorch's defaults; LeCun et al., Efficient BackProp (1998), sec. 4.6.
    """
    random = np.random.default_rng([seed, zlib.crc32(module_id.encode())])
    for each in network.parameters_of(module_id).values():
        if each.start is not None:
            each.value[...] = each.start
            continue
        bound = 1.0 / np.sqrt(each.fan_in)
        each.value[...] = random.uniform(-bound, bound, each.value.shape)
