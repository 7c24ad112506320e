"""Which networks are run with the samples of a chunk innermost (kernels/lanes.py): those with small pictures."""

from __future__ import annotations

import math

from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program.lowering import LANE_RULES

_FEWEST = 8
"""Samples in a chunk below which most of a vector would be empty."""
_MOST_FLOATS = 400_000
"""Floats of all outputs and gradients of a chunk that still stay in a second-level cache of 1 MB, more or less."""


def nodes_in_lanes(network: Network, lowered: set[str], chunk: int) -> set[str]:
    """The ids of all modules that pass maps on, and of those that flatten them; none where one has no such rule.

    Args:
        network: to be lowered.
        lowered: ids of the modules that take part.
        chunk: samples in a chunk.
    """
    passing = [node for node in network.graph.nodes if node.id in lowered and _takes_or_makes_maps(node)]
    floats = 2 * chunk * sum(math.prod(node.shape) for node in passing)
    if chunk < _FEWEST or floats > _MOST_FLOATS or not all(_has_rule(node, chunk) for node in passing):
        return set()
    return {node.id for node in passing}


def _takes_or_makes_maps(node: Node) -> bool:
    return any(len(shape) == 3 for shape in (node.shape, *node.input_shapes))


def _has_rule(node: Node, chunk: int) -> bool:
    rule = LANE_RULES.get(type(node.module).__name__)
    return rule is not None and rule.fits(node, chunk)
