"""Gain: a factor of its own for each map, and a bias."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Parameter, ParameterShape, Shape, parameter, setting


class Gain(Module):
    """Each map times a gain that it learns, and plus a bias: y = g x + b; the diagonal of a filter bank.

    Behind a Conv2d and a Tanh it completes the stage F_CSG, y = g tanh(k * x), of Jarrett et al., What is the best
    multi-stage architecture for object recognition? (2009), sec. 2; Torch called it Diag. It begins as g = 1, b = 0.
    """

    family: ClassVar = Family.FILTER_BANK
    word: ClassVar = "gain of each map"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y_{ijk} = g_i \, x_{ijk} + b_i"

    gain: Parameter = parameter()  # (maps,)
    bias: Parameter = parameter()  # (maps,), where there is one
    has_bias: bool = setting(True, "Bias", "Whether each map also learns a number that is added.")

    def output_shape(self, shape: Shape) -> Shape:
        """As the input; the numbers of a list are maps of one place."""
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """A gain for each map, which begins at 1, and a bias, at 0."""
        shapes = {"gain": ParameterShape(shape[:1], 1, start=1.0)}
        if self.has_bias:
            shapes["bias"] = ParameterShape(shape[:1], 1, start=0.0)
        return shapes

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each number."""
        return math.prod(shape)

    def forward(self, x: Array) -> Array:
        """``(batch, c, *space)`` in, the same out."""
        self._input = x
        y: Array = self._of_maps(self.gain, x) * x
        return y + self._of_maps(self.bias, x) if self.has_bias else y

    def backward(self, grad_output: Array) -> Array:
        """∂x = g ∂y; adds ∂g = Σ x ∂y and ∂b = Σ ∂y."""
        others = (0, *range(2, grad_output.ndim))
        self.gain.grad += np.sum(self._input * grad_output, axis=others)
        if self.has_bias:
            self.bias.grad += np.sum(grad_output, axis=others)
        grad: Array = self._of_maps(self.gain, grad_output) * grad_output
        return grad

    @staticmethod
    def _of_maps(each: Parameter, x: Array) -> Array:
        """A number for each map, in a shape that goes with arrays like `x`."""
        value: Array = each.value.reshape(-1, *(1,) * (x.ndim - 2))
        return value
