"""Multiply: the product of several wires."""

from __future__ import annotations

import math
from typing import ClassVar

from convnet_studio.engine.nn.joining import Joining, require_equal
from convnet_studio.engine.nn.module import Array, Family, Shape


class Multiply(Joining):
    """Multiplies its inputs number by number, so that one wire gates another.

    The sigma-pi unit of Rumelhart, Hinton and McClelland, Parallel distributed processing (1986), ch. 2.
    """

    family: ClassVar = Family.WIRING
    word: ClassVar = "product of wires"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = \prod_k x_k"

    def output_shape(self, *shapes: Shape) -> Shape:
        """The one shape that all inputs have."""
        require_equal("Multiply", *shapes)
        return shapes[0]

    def multiply_accumulates(self, *shapes: Shape) -> int:
        """One for each number of all wires but the first."""
        return (len(shapes) - 1) * math.prod(shapes[0])

    def backward_multiply_accumulates(self, *shapes: Shape) -> tuple[int, int]:
        """What arrives times all others, for each wire."""
        return len(shapes) * self.multiply_accumulates(*shapes), 0

    def forward(self, *inputs: Array) -> Array:
        """One array from each wire, all of one shape, to their product."""
        self._inputs = inputs
        return _product(inputs)

    def backward(self, grad_output: Array) -> tuple[Array, ...]:
        """∂x_k = ∂y Π x_j over all others j."""
        inputs = self._inputs
        return tuple(_product((grad_output, *inputs[:k], *inputs[k + 1 :])) for k in range(len(inputs)))


def _product(factors: tuple[Array, ...]) -> Array:
    result = factors[0].copy()
    for each in factors[1:]:
        result *= each
    return result
