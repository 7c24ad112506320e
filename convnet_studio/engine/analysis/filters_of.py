"""Filters of: the filter behind each map of a module, where a map has one of its own."""

from __future__ import annotations

import numpy as np

from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network


def filters_of(network: Network, module_id: str) -> Array | None:
    """The filters of the bank nearest before a module, or of itself, ``(maps, height, width)``; None without one.

    A filter over several input maps is shown by the kernel with the largest norm. The bank must lie on a chain of
    modules with one input each, all with as many maps, so that the maps are the bank's.
    """
    node = network.nodes[module_id]
    while not isinstance(node.module, FilterBank):
        above = node.shape
        if len(node.sources) != 1:
            return None
        node = network.nodes[node.sources[0]]
        if len(node.shape) != 3 or node.shape[0] != above[0]:
            return None
    if node.module.dimensions != 2:
        return None
    kernels = node.module.kernels(node.input_shapes[0][0])
    strongest = np.square(kernels).sum(axis=(2, 3)).argmax(axis=1)
    chosen: Array = kernels[np.arange(len(kernels)), strongest].copy()
    return chosen
