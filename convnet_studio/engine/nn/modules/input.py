"""Input: where the data's pictures enter the network."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class Input(Module):
    """Hands on the pictures of the data set as they are."""

    family: ClassVar = Family.INPUT
    word: ClassVar = "picture"
    formula: ClassVar = r"y = x"
    input_count: ClassVar = 0

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one picture."""
        return shape

    def forward(self, x: Array) -> Array:
        """The pictures."""
        return x

    def backward(self, grad_output: Array) -> Array:
        """The gradient by the pictures."""
        return grad_output

    def is_non_negative(self, pixels: bool) -> bool:
        """Pixels lie in 0 .. 1, unless they were normalised."""
        return pixels
