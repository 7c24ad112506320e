"""Flatten: from maps to a list of numbers."""

from __future__ import annotations

import math
from typing import ClassVar

from convnet_studio.engine.nn.footprint import POINTWISE, Windows
from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class Flatten(Module):
    """Writes all maps one after the other, each row by row: channel, height, width, as PyTorch does."""

    family: ClassVar = Family.WIRING
    word: ClassVar = "maps to list"
    keeps_order: ClassVar = True
    formula: ClassVar = r"y_{(iH + j)W + k} = x_{ijk}"

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, h, w)`` to ``(c·h·w,)``; a list stays as it is."""
        return (math.prod(shape),)

    def windows(self, shape: Shape) -> Windows:
        """Each value is one of the maps'."""
        return POINTWISE

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, c·h·w)``."""
        self._input_shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, grad_output: Array) -> Array:
        """∂y, back in the input's shape."""
        return grad_output.reshape(self._input_shape)

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input."""
        return input_is
