"""AvgPool2d: the mean of each window."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Shape
from convnet_studio.engine.nn.windows import Pool2d, columns, fold


class AvgPool2d(Pool2d):
    """The mean of every window of every map.

    The subsampling of LeCun et al., Gradient-based learning applied to document recognition (1998), without its gain.
    """

    family: ClassVar = Family.POOLING
    word: ClassVar = "average pooling"
    keeps_maps_apart: ClassVar = True
    formula: ClassVar = r"y_{ijk} = \frac{1}{n^2} \sum_{pq} x_{i,\, sj+p,\, sk+q}"

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each input of each window."""
        return self.connections(shape)

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, c, rows, columns)``."""
        self._input_shape = x.shape
        y: Array = columns(x, self.kernel_size, self.stride).mean(axis=2)
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = ∂y / kernel_size² to each pixel of the window."""
        batch, channels, height, width = self._input_shape
        shares = grad_output[:, :, None] / self.kernel_size**2
        windows = (batch, channels, self.kernel_size**2, *grad_output.shape[2:])
        return fold(np.broadcast_to(shares, windows), height, width, self.kernel_size, self.stride)

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input."""
        return input_is
