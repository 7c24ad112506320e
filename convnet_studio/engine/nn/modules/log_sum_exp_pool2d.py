"""LogSumExpPool2d: a soft maximum of each window, between average (b small) and maximum (b large)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, setting
from convnet_studio.engine.nn.windows import Pool2d, columns, fold


class LogSumExpPool2d(Pool2d):
    """1/b times the logarithm of the mean, or the sum, of exp(b x) over every window of every map.

    With the mean inside, b towards 0 gives the average and b towards infinity the maximum. With the sum, as the
    tutorial's slide on pooling writes it (there called PROB), log(n²)/b is added, which has no bound as b falls. Each
    pixel gets of the gradient its softmax share. LeCun's tutorial (2013), slide on spatial pooling; Boureau, Ponce and
    LeCun, A theoretical analysis of feature pooling in visual recognition (2010).
    """

    family: ClassVar = Family.POOLING
    word: ClassVar = "log-sum-exp pooling"
    keeps_maps_apart: ClassVar = True
    formula: ClassVar = r"y_{ijk} = \frac{1}{b} \log \frac{1}{n^2} \sum_{pq} e^{\, b \, x_{i,\, sj+p,\, sk+q}}"

    b: float = setting(
        1.0,
        "Sharpness b",
        "Near 0 it is the average; the larger, the nearer to the maximum.",
        minimum=1e-3,
        maximum=1e3,
    )
    inside: str = setting(
        "mean",
        "Inside the logarithm",
        "The mean stays finite for any b; the sum, as on the slide, adds log(n²)/b.",
        choices=("mean", "sum"),
    )

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, c, rows, columns)``; the largest is taken out of the sum."""
        windows = columns(x, self.kernel_size, self.stride)
        self._input_shape = x.shape
        largest = windows.max(axis=2, keepdims=True)
        powers = np.exp(self.b * (windows - largest))
        total = powers.sum(axis=2, keepdims=True)
        self._shares = powers / total
        count = self.kernel_size**2 if self.inside == "mean" else 1
        y: Array = largest + np.log(total / count) / self.b
        return y[:, :, 0].astype(x.dtype, copy=False)

    def backward(self, grad_output: Array) -> Array:
        """∂x = softmax(b x) ∂y over the window."""
        _, _, height, width = self._input_shape
        grad_windows = (self._shares * grad_output[:, :, None]).astype(grad_output.dtype, copy=False)
        return fold(grad_windows, height, width, self.kernel_size, self.stride)

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input: it lies above the mean."""
        return input_is
