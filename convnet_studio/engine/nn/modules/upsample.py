"""Upsample: larger maps by repeating every pixel."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from convnet_studio.engine.nn.footprint import Window, Windows
from convnet_studio.engine.nn.module import Array, Family, Module, Shape, ShapeProblem, setting

LARGEST_SIDE = 4096
"""Of a map that it makes."""


class Upsample(Module):
    """Repeats every pixel `scale_factor` times along each axis of the map, as nearest-neighbour Upsample of PyTorch."""

    family: ClassVar = Family.WIRING
    word: ClassVar = "repeated pixels"
    keeps_maps_apart: ClassVar = True
    formula: ClassVar = r"y_{ijk} = x_{i,\lfloor j/s \rfloor,\lfloor k/s \rfloor}"

    scale_factor: int = setting(2, "Factor", "How many times as high and wide maps become.", minimum=1, maximum=8)

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, *space)`` to ``(c, *(scale_factor * space))``; ShapeProblem for lists."""
        if len(shape) < 2:
            raise ShapeProblem("Upsample takes maps, not a list of numbers", "put a Reshape before it")
        space = tuple(self.scale_factor * size for size in shape[1:])
        if max(space) > LARGEST_SIDE:
            raise ShapeProblem(
                f"Its maps would have a side of {max(space):,}", f"at most {LARGEST_SIDE:,} are possible"
            )
        return (shape[0], *space)

    def windows(self, shape: Shape) -> Windows:
        """Each output sees the one input that it repeats."""
        s = self.scale_factor
        return (Window(stride=Fraction(1, s), padding=Fraction(s - 1, s)),) * (len(shape) - 1)

    def caption(self) -> str:
        """The factor."""
        return f"×{self.scale_factor}"

    def forward(self, x: Array) -> Array:
        """``(batch, c, *space)`` to ``(batch, c, *(scale_factor * space))``."""
        for axis in range(2, x.ndim):
            x = x.repeat(self.scale_factor, axis)
        return x

    def backward(self, grad_output: Array) -> Array:
        """∂x is the sum of ∂y over the copies of each pixel."""
        batch, channels, *space = grad_output.shape
        factor = self.scale_factor
        cells = [each for size in space for each in (size // factor, factor)]
        copies = tuple(range(3, 3 + len(cells), 2))
        grad: Array = grad_output.reshape(batch, channels, *cells).sum(axis=copies)
        return grad

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input."""
        return input_is
