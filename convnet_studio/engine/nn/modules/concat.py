"""Concat: the maps of several wires one behind the other."""

from __future__ import annotations

import itertools
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.joining import Joining, written
from convnet_studio.engine.nn.module import Array, Family, Shape, ShapeProblem


class Concat(Joining):
    """Joins the maps of all inputs to one pile, the first input's first; lists to one list.

    How multi-scale networks hand several stages to one classifier: Sermanet and LeCun, Traffic sign recognition with
    multi-scale convolutional networks (2011).
    """

    family: ClassVar = Family.WIRING
    word: ClassVar = "one pile of maps"
    formula: ClassVar = r"y = (x_1, x_2, \ldots)"

    def output_shape(self, *shapes: Shape) -> Shape:
        """As the inputs, their channels added up."""
        for port, shape in enumerate(shapes[1:], 2):
            if shape[1:] != shapes[0][1:]:
                raise ShapeProblem(
                    f"Concat needs maps of one size, but input 1 is {written(shapes[0])} and input {port} "
                    f"is {written(shape)}",
                    "bring them to one size, by a pooling or an Upsample, or Flatten them all",
                )
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def forward(self, *inputs: Array) -> Array:
        """``(batch, c_k, *space)`` from each wire to ``(batch, sum of c_k, *space)``."""
        self._ends = list(itertools.accumulate(each.shape[1] for each in inputs))
        return np.concatenate(inputs, axis=1)

    def backward(self, grad_output: Array) -> tuple[Array, ...]:
        """∂y, cut where the inputs were joined."""
        return tuple(np.split(grad_output, self._ends[:-1], axis=1))
