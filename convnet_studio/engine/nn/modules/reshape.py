"""Reshape: the same numbers as maps of another size, or as a list."""

from __future__ import annotations

import math
import re
from typing import ClassVar

from convnet_studio.engine.nn.joining import written
from convnet_studio.engine.nn.module import Array, Family, Module, Shape, ShapeProblem, setting

MOST_AXES = 4
LARGEST_SIZE = 65_536


def parse_shape(text: str) -> Shape:
    """Read a shape such as ``16x4x4``; one size may be -1: as many as there are.

    Raises:
        ValueError: one sentence, where it is no shape.
    """
    sizes = re.split(r"\s*[x×,]\s*", text.strip())
    if not all(re.fullmatch(r"-1|[0-9]{1,5}", each) for each in sizes) or len(sizes) > MOST_AXES:
        raise ValueError(f"{text[:40]!r} is no shape: write up to {MOST_AXES} sizes, such as 16x4x4, or 2x-1.")
    shape = tuple(map(int, sizes))
    if shape.count(-1) > 1 or 0 in shape or max(shape) > LARGEST_SIZE:
        raise ValueError(f"{text[:40]!r} is no shape: sizes are 1 to {LARGEST_SIZE:,}, and one of them may be -1.")
    return shape


class Reshape(Module):
    """Deals the same numbers out anew, in the order channel, height, width, as PyTorch's view and Torch7's Reshape."""

    family: ClassVar = Family.WIRING
    word: ClassVar = "another shape"
    keeps_order: ClassVar = True
    formula: ClassVar = r"y = x"

    shape: str = setting(
        "-1", "Shape", "Channels x height x width; -1 stands for as many as there are.",
        syntax=parse_shape, examples=("-1", "1x-1", "-1x3", "2x-1x2", "1x-1x1x2"),
    )  # fmt: skip

    def output_shape(self, shape: Shape) -> Shape:
        """As set; ShapeProblem where it is not of as many numbers as the input."""
        wanted, count = parse_shape(self.shape), math.prod(shape)
        known = math.prod(size for size in wanted if size > 0)
        if count % known or (-1 not in wanted and known != count):
            fix = f"choose sizes whose product is {count}" if -1 not in wanted else f"choose sizes that divide {count}"
            raise ShapeProblem(f"{count} numbers do not make {written(wanted)}", fix, {"shape": "-1"})
        return tuple(count // known if size < 0 else size for size in wanted)

    def caption(self) -> str:
        """The shape."""
        text = written(parse_shape(self.shape))
        return text if len(text) <= 20 else ""

    def forward(self, x: Array) -> Array:
        """``(batch, *shape)`` to ``(batch, *as set)``."""
        self._input_shape = x.shape
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward(self, grad_output: Array) -> Array:
        """∂y, back in the input's shape."""
        return grad_output.reshape(self._input_shape)

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input."""
        return input_is
