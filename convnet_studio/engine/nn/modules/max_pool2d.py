"""MaxPool2d: the largest value of each window."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family
from convnet_studio.engine.nn.windows import Pool2d, columns, fold


class MaxPool2d(Pool2d):
    """The largest value of every window of every map; where several are, the first in reading order.

    Riesenhuber and Poggio, Hierarchical models of object recognition in cortex (1999); Jarrett et al. (2009).
    """

    family: ClassVar = Family.POOLING
    word: ClassVar = "max pooling"
    keeps_maps_apart: ClassVar = True
    formula: ClassVar = r"y_{ijk} = \max_{pq} \, x_{i,\, sj+p,\, sk+q}"

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, c, rows, columns)``."""
        self._windows = columns(x, self.kernel_size, self.stride)
        self._input_shape = x.shape
        y: Array = self._windows.max(axis=2)
        return y

    def switches(self) -> Array:
        """Where the largest of each window of the last forward pass stood, ``(batch, c, rows, columns)``.

        Numbers of pixels of the input map, row by row, as PyTorch's `return_indices` gives them.
        """
        _, _, _, width = self._input_shape
        down, across = np.divmod(self._windows.argmax(axis=2), self.kernel_size)
        rows, places_across = self._windows.shape[3:]
        top = self.stride * np.arange(rows)[:, None]
        left = self.stride * np.arange(places_across)
        places: Array = (top + down) * width + left + across
        return places

    def backward(self, grad_output: Array) -> Array:
        """The whole of ∂y goes to the pixel that was the largest."""
        _, _, height, width = self._input_shape
        grad_windows = np.zeros(self._windows.shape, grad_output.dtype)
        winners = self._windows.argmax(axis=2)
        np.put_along_axis(grad_windows, winners[:, :, None], grad_output[:, :, None], axis=2)
        return fold(grad_windows, height, width, self.kernel_size, self.stride)

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input."""
        return input_is
