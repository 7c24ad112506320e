"""Add: the sum of several wires."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.joining import Joining, require_equal
from convnet_studio.engine.nn.module import Array, Family, Shape


class Add(Joining):
    """Sums its inputs number by number: skip connections, residual blocks, recurrent networks.

    He et al., Deep residual learning for image recognition (2016), eq. 1. A wire into it may be recurrent.
    """

    family: ClassVar = Family.WIRING
    word: ClassVar = "sum of wires"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = \sum_k x_k"
    takes_recurrent: ClassVar = True

    def output_shape(self, *shapes: Shape) -> Shape:
        """The one shape that all inputs have."""
        require_equal("Add", *shapes)
        return shapes[0]

    def forward(self, *inputs: Array) -> Array:
        """One array from each wire, all of one shape, to their sum."""
        total = inputs[0].copy()
        for each in inputs[1:]:
            total += each
        return total

    def backward(self, grad_output: Array) -> tuple[Array, ...]:
        """∂x_k = ∂y for each k."""
        return (grad_output,) * self.inputs
