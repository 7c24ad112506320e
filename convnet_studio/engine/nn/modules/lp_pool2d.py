"""LPPool2d: the p-norm of each window, between average (p = 1) and maximum (p large)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Shape, setting
from convnet_studio.engine.nn.windows import Pool2d, columns, fold


class LPPool2d(Pool2d):
    """The p-norm of every window of every map: the p-th root of the mean, or the sum, of |x|^p.

    With the sum inside the root it is Torch7's SpatialLPPooling and PyTorch's LPPool2d (there an odd p takes signed
    powers, here always |x|); with the mean it keeps the scale of its input whatever the window. p = 2 is the pooling of
    complex cells, Sermanet et al., Convolutional neural networks applied to house numbers (2012).
    """

    family: ClassVar = Family.POOLING
    word: ClassVar = "p-norm pooling"
    formula: ClassVar = r"y_{ijk} = \left( \frac{1}{n^2} \sum_{pq} |x_{i,\, sj+p,\, sk+q}|^P \right)^{1/P}"

    p: float = setting(2.0, "Power P", "1 is the mean of |x|; the larger, the nearer to max.", minimum=1, maximum=64)
    inside: str = setting(
        "mean",
        "Inside the root",
        "The mean keeps the scale of the maps; the sum, as in Torch and PyTorch, grows with the window.",
        choices=("mean", "sum"),
    )

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each input of each window."""
        return self.connections(shape)

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, c, rows, columns)``."""
        self._windows = columns(x, self.kernel_size, self.stride)
        self._input_shape = x.shape
        sizes = np.abs(self._windows)
        # The largest is taken out of the root, so that no power overflows or vanishes.
        largest = sizes.max(axis=2, keepdims=True)
        powers = _divide(sizes, largest) ** self.p
        total = powers.sum(axis=2, keepdims=True) / self._count()
        y: Array = largest * total ** (1 / self.p)
        self._output = y
        return y[:, :, 0]

    def backward(self, grad_output: Array) -> Array:
        """∂x = sign(x) (|x| / y)^(p-1) ∂y / count, and 0 where y = 0."""
        _, _, height, width = self._input_shape
        slopes = _divide(np.abs(self._windows), self._output) ** (self.p - 1) * np.sign(self._windows)
        grad_windows = slopes * (grad_output[:, :, None] / self._count())
        return fold(grad_windows, height, width, self.kernel_size, self.stride)

    def is_non_negative(self, input_is: bool) -> bool:
        """Always: it is a norm."""
        return True

    def _count(self) -> int:
        return self.kernel_size**2 if self.inside == "mean" else 1


def _divide(sizes: Array, by: Array) -> Array:
    """``sizes / by``, and 0 where `by` is 0."""
    return sizes / np.where(by > 0, by, 1)
