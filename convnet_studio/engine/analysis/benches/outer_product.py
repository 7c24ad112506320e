"""The gradient of a Linear by its weights: the column of gradients at its outputs times the row of its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.backprop_inquiry import whole_way
from convnet_studio.engine.analysis.backprop_walk import Kind, Slot
from convnet_studio.engine.analysis.bench import Bench, numbers, reading
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Numbers, Rows, Words
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.linear import Linear
from convnet_studio.engine.training.inquiry import Moment

TOLERANCE = 0.02
"""Relative error up to which what was typed is right."""
SIDE = 2
"""Rows and columns that can be filled in, from the top left of the matrix."""
_NONE = "There is no Linear on the way to a loss: connect one up."


@dataclass(frozen=True)
class OuterProduct(Bench):
    """The first Linear of the network, whose ∂E/∂W is filled in by hand; a cell appears as soon as it is right."""

    name: ClassVar = "outer_product"
    title: ClassVar = "Gradient by the weights"
    summary: ClassVar = "Column times row gives the gradient by a Linear's weights, which you fill in yourself."

    typed: tuple[float, ...] = numbers((0.0,) * SIDE**2, -1000.0, 1000.0, "∂E/∂W, row by row")

    @reading
    def true(self, moment: Moment) -> Array:
        """The cells as back-propagation has them, not a number where the matrix has none."""
        return self._true(self._factors(moment))

    @reading
    def right(self, moment: Moment) -> Array:
        """1 for each cell that was typed rightly, else 0."""
        return self._right(self._true(self._factors(moment)))

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """Column, row, the cells that are right, and what is said to the others."""
        factors = self._factors(moment)
        if factors is None:
            yield (Words("", _NONE),)
            return
        column, row = factors
        true = self._true(factors)
        right = self._right(true) > 0
        filled = np.where(right, true, np.nan)
        typed = np.reshape(self.typed, (SIDE, SIDE))
        said = tuple(
            (f"({i + 1}, {j + 1})", f"{typed[i, j]:g}", _verdict(typed[i, j], true[i, j], bool(right[i, j])))
            for i in range(SIDE)
            for j in range(SIDE)
            if np.isfinite(true[i, j])
        )
        yield (
            Numbers("Column: gradient at the outputs of the Linear", column[:SIDE, None], meaning="gradient"),
            Numbers("Row: its inputs", row[None, :SIDE]),
            Numbers("∂E/∂W, as far as it is right", filled, meaning="gradient"),
            Rows("", ("cell", "you typed", ""), said),
        )

    def _factors(self, moment: Moment) -> tuple[Array, Array] | None:
        """Gradients at the outputs, and inputs, of the first Linear; None where there is none."""
        way = whole_way(moment)
        for module_id, node in way.stepper.nodes.items():
            arrived = way.walk.values.get(Slot(Kind.GRAD_OUT, module_id))
            if isinstance(node.module, Linear) and arrived is not None:
                return arrived, way.walk.values[Slot(Kind.OUT, node.sources[0])]
        return None

    def _true(self, factors: tuple[Array, Array] | None) -> Array:
        true = np.full((SIDE, SIDE), np.nan)
        if factors is not None:
            product = np.outer(*factors)[:SIDE, :SIDE]
            true[: product.shape[0], : product.shape[1]] = product
        return true

    def _right(self, true: Array) -> Array:
        typed = np.reshape(self.typed, (SIDE, SIDE))
        is_right: Array = np.abs(typed - true) <= TOLERANCE * np.abs(true)
        return is_right.astype(np.float64)


def _verdict(typed: float, true: float, is_right: bool) -> str:
    if is_right:
        return "✓ right"
    if typed == 0:
        return "still empty"
    if typed * true < 0:
        return "the sign is the other one"
    return "too large" if abs(typed) > abs(true) else "too small"
