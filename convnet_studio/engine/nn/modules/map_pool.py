"""MapPool: one map of each group of neighbouring maps."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.footprint import POINTWISE, WHOLE, Windows
from convnet_studio.engine.nn.module import Array, Family, Module, Shape, ShapeProblem, setting
from convnet_studio.engine.nn.reductions import REDUCTIONS


class MapPool(Module):
    """Pooling across maps: at each place, groups of neighbouring maps become one value each.

    Trained above a filter bank it makes the filters of a group take up what the cell should not distinguish. Torch7's
    FeatureLPPooling; as maximum: Goodfellow et al., Maxout networks (2013). Kavukcuoglu et al., Learning invariant
    features through topographic filter maps (2009).
    """

    family: ClassVar = Family.POOLING
    word: ClassVar = "pooling across maps"
    formula: ClassVar = r"y_{gjk} = \mathrm{pool}_{i \in g} \; x_{ijk}"

    group: int = setting(2, "Maps in a group", "How many neighbouring maps become one.", minimum=1, maximum=64)
    kind: str = setting(
        "L2",
        "What is taken",
        "Of each group the average, the largest, or the root of the mean square (L2).",
        choices=tuple(REDUCTIONS),
    )

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, *space)`` to ``(c / group, *space)``; ShapeProblem if the groups do not come out even."""
        channels, *space = shape
        if channels % self.group:
            fitting = max(size for size in range(1, self.group) if channels % size == 0)
            raise ShapeProblem(
                f"{channels} maps can't be divided into groups of {self.group}", f"use {fitting}", {"group": fitting}
            )
        return (channels // self.group, *space)

    def windows(self, shape: Shape) -> Windows | None:
        """The same place of a group's maps; of lists, all."""
        return POINTWISE if len(shape) > 1 else WHOLE

    def caption(self) -> str:
        """What of how many, ``L2 of 2``."""
        return f"{self.kind} of {self.group}"

    def maps_seen(self, shape: Shape, output: Shape) -> NDArray[np.bool_] | None:
        """Those of its group."""
        grouped: NDArray[np.bool_] = np.arange(shape[0])[None] // self.group == np.arange(output[0])[:, None]
        return grouped

    def forward(self, x: Array) -> Array:
        """``(batch, c, *space)`` to ``(batch, c / group, *space)``."""
        batch, channels, *space = x.shape
        self._groups = x.reshape(batch, channels // self.group, self.group, *space)
        self._output = REDUCTIONS[self.kind].forward(self._groups)
        return self._output

    def backward(self, grad_output: Array) -> Array:
        """To the maps of each group, as the reduction says."""
        grad = REDUCTIONS[self.kind].backward(grad_output, self._groups, self._output)
        batch, groups, size, *space = grad.shape
        return grad.reshape(batch, groups * size, *space)

    def is_non_negative(self, input_is: bool) -> bool:
        """L2 always, the others as the input."""
        return input_is or not REDUCTIONS[self.kind].keeps_sign
