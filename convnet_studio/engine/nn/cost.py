"""Cost: what a network weighs in numbers to learn and in arithmetic. Read off its graph, without building anything."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.module import Module


@dataclass(frozen=True)
class Cost:
    """Numbers to learn, and products of one forward pass of one sample (biases left out)."""

    parameters: int = 0
    multiply_accumulates: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.parameters + other.parameters, self.multiply_accumulates + other.multiply_accumulates)


def node_cost(node: Node) -> Cost:
    """The cost of one module at its place; a loss costs nothing, and parameters count with their owner."""
    if not isinstance(node.module, Module):
        return Cost()
    shapes = () if node.shares else node.module.parameter_shapes(*node.input_shapes).values()
    return Cost(
        sum(math.prod(each.shape) for each in shapes),
        node.module.multiply_accumulates(*node.input_shapes),
    )


def total_cost(nodes: Iterable[Node]) -> Cost:
    """The cost of all `nodes` of a graph, even where the rest of the drawing has problems."""
    return sum(map(node_cost, nodes), Cost())
