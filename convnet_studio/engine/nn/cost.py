"""Cost: what a network weighs in numbers to learn and in arithmetic. Read off its graph, without building anything.

Every module states its own counts, for one sample; conventions, the same for all:

- **Multiply-accumulates**: one product and its addition. Biases, non-linearities, comparisons and the arithmetic of
  losses and updates are left out; windows at a padded border count in full; pooling that sums counts one for each
  input of each window. LeCun's sliding-window figures (LeNet-7: 4,667,732 on 96x96) count so; where only the filters
  are meant (41.13 M of the net for 83x83), add up the modules of the family filter bank alone.
- **Connections**, as in LeCun et al., Gradient-based learning applied to document recognition (1998), sec. II: each
  use of a weight, learnt or fixed, and each use of a bias; a unit of a pooling layer has one to each input of its
  window. LeNet-5 has 340,908 of them by its 60,000 parameters, the ten outputs that compare 84 values among them.
- **Backward**: the gradient by the inputs, and by the parameters. The first needs no products where no module before
  has parameters, since nobody asks for the gradient by the picture. Sums where wires branch are no products.
- **Bytes moved**: inputs read, output written, parameters read, each once, float32, in a forward pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from convnet_studio.engine.nn.graph import Node, parameter_shapes
from convnet_studio.engine.nn.module import Module

FLOAT_BYTES = 4


@dataclass(frozen=True)
class Cost:
    """Counts for one sample."""

    parameters: int = 0
    multiply_accumulates: int = 0
    backward_multiply_accumulates: int = 0
    connections: int = 0
    bytes_moved: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def node_cost(node: Node, needs_input_gradient: bool = True) -> Cost:
    """The cost of one module at its place; a loss costs nothing.

    Args:
        node: the module with its shapes.
        needs_input_gradient: whether a module before it has something to learn.
    """
    module, shapes = node.module, node.input_shapes
    if not isinstance(module, Module):
        return Cost()
    used = sum(map(math.prod, parameter_shapes(node).values()))
    by_inputs, by_parameters = module.backward_multiply_accumulates(*shapes)
    moved = sum(map(math.prod, shapes)) + math.prod(node.shape) + used
    return Cost(
        parameter_count(node),
        module.multiply_accumulates(*shapes),
        by_inputs * needs_input_gradient + by_parameters,
        module.connections(*shapes),
        FLOAT_BYTES * moved,
    )


def parameter_count(node: Node) -> int:
    """Numbers to learn of one module at its place; those that it shares count with their owner."""
    return stored_count(node) if learns(node) else 0


def stored_count(node: Node) -> int:
    """As `parameter_count`, with numbers that are fitted: what the flat vector of the network holds of the module."""
    return 0 if node.shares else sum(map(math.prod, parameter_shapes(node).values()))


def learns(node: Node) -> bool:
    """Whether there is anything to learn in a module at its place, its own or shared."""
    return isinstance(node.module, Module) and node.module.learns_from(*node.input_shapes)


def costs(nodes: Sequence[Node]) -> dict[str, Cost]:
    """The cost of each module of a graph by its id, each node after all its sources."""
    learns_up_to: dict[str, bool] = {}
    found = {}
    for node in nodes:
        learns_before = any(learns_up_to[source] for source in node.sources)
        learns_up_to[node.id] = learns_before or learns(node)
        found[node.id] = node_cost(node, learns_before)
    return found


def total_cost(nodes: Iterable[Node]) -> Cost:
    """The cost of all `nodes` of a graph, even where the rest of the drawing has problems."""
    return sum(costs(list(nodes)).values(), Cost())
