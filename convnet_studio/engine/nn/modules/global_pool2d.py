"""GlobalPool2d: one value of each whole map, whatever its size."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.footprint import WHOLE
from convnet_studio.engine.nn.module import Array, Family, Module, Shape, setting
from convnet_studio.engine.nn.reductions import REDUCTIONS
from convnet_studio.engine.nn.windows import check_maps


class GlobalPool2d(Module):
    """Each map becomes one value: where something was seen is forgotten, that it was seen is kept.

    Lin, Chen and Yan, Network in network (2014), sec. 3.2, for the average.
    """

    family: ClassVar = Family.POOLING
    word: ClassVar = "global pooling"
    keeps_maps_apart: ClassVar = True
    formula: ClassVar = r"y_i = \mathrm{pool}_{jk} \; x_{ijk}"

    kind: str = setting(
        "average",
        "What is taken",
        "Of each map the average, the largest, or the root of the mean square (L2).",
        choices=tuple(REDUCTIONS),
    )

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, h, w)`` to ``(c, 1, 1)``."""
        channels, _, _ = check_maps("GlobalPool2d", shape)
        return (channels, 1, 1)

    def windows(self, shape: Shape) -> None:
        """Every output sees the whole of its map."""
        return WHOLE

    def caption(self) -> str:
        """What is taken."""
        return self.kind

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, c, 1, 1)``."""
        self._input_shape = x.shape
        self._values = x.reshape(*x.shape[:2], -1, 1, 1)
        self._output = REDUCTIONS[self.kind].forward(self._values)
        return self._output

    def backward(self, grad_output: Array) -> Array:
        """To all pixels, as the reduction says."""
        grad = REDUCTIONS[self.kind].backward(grad_output, self._values, self._output)
        return grad.reshape(self._input_shape)

    def is_non_negative(self, input_is: bool) -> bool:
        """L2 always, the others as the input."""
        return input_is or not REDUCTIONS[self.kind].keeps_sign
