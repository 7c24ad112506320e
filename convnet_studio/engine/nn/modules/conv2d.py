"""Conv2d: a bank of filters that slides over the maps."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.footprint import Window, Windows
from convnet_studio.engine.nn.module import (
    Array,
    Family,
    Module,
    Parameter,
    ParameterShape,
    Shape,
    parameter,
    setting,
)
from convnet_studio.engine.nn.windows import check_fit, check_maps, columns, fold, steps


class Conv2d(Module):
    """Each output map is the sum of all input maps, each filtered with a kernel of its own.

    A cross-correlation, the kernel not mirrored, as in Torch7 and PyTorch; every output map sees all input maps.
    LeCun et al., Gradient-based learning applied to document recognition (1998), sec. II.
    """

    family: ClassVar = Family.FILTER_BANK
    word: ClassVar = "convolution"
    formula: ClassVar = r"y_{ojk} = b_o + \sum_{ipq} W_{oipq} \, x_{i,\, sj+p,\, sk+q}"

    weight: Parameter = parameter()  # (out_channels, in_channels, kernel_size, kernel_size)
    bias: Parameter = parameter()  # (out_channels,)
    out_channels: int = setting(8, "Feature maps", "How many filters, and so output maps.", minimum=1, maximum=1024)
    kernel_size: int = setting(5, "Kernel", "Side of the square filter in pixels.", minimum=1, maximum=64)
    stride: int = setting(1, "Stride", "Pixels from one place of the filter to the next.", minimum=1, maximum=64)
    padding: int = setting(0, "Padding", "Rows of zeros added around the input maps.", minimum=0, maximum=32)

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, h, w)`` to ``(out_channels, (h+2p-k)//s + 1, (w+2p-k)//s + 1)``; ShapeProblem if nothing fits."""
        _, height, width = check_maps("Conv2d", shape)
        check_fit("Kernel", self.kernel_size, height, width, self.padding, odd=True)
        return (
            self.out_channels,
            steps(height + 2 * self.padding, self.kernel_size, self.stride),
            steps(width + 2 * self.padding, self.kernel_size, self.stride),
        )

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """Weight and bias."""
        fan_in = shape[0] * self.kernel_size**2
        return {
            "weight": ParameterShape((self.out_channels, shape[0], self.kernel_size, self.kernel_size), fan_in),
            "bias": ParameterShape((self.out_channels,), fan_in),
        }

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each weight at each place, padding included."""
        maps, rows, across = self.output_shape(shape)
        return maps * rows * across * shape[0] * self.kernel_size**2

    def windows(self, shape: Shape) -> Windows:
        """The kernel, along both axes."""
        return (Window(self.kernel_size, self.stride, self.padding),) * 2

    def caption(self) -> str:
        """Maps and kernel, ``8 · 5×5``; the stride too where it is not 1."""
        stride = f" / {self.stride}" if self.stride > 1 else ""
        return f"{self.out_channels} · {self.kernel_size}×{self.kernel_size}{stride}"

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, out_channels, rows, columns)``: at each place, weights times window."""
        self._padded = self._pad(x)
        windows = columns(self._padded, self.kernel_size, self.stride)
        batch, _, _, rows, across = windows.shape
        self._windows = windows.reshape(batch, -1, rows * across)
        y = self._weight_matrix() @ self._windows + self.bias.value[:, None]
        return y.reshape(batch, self.out_channels, rows, across)

    def backward(self, grad_output: Array) -> Array:
        """∂windows = Wᵀ ∂y, folded back; adds ∂W = Σ ∂y windowsᵀ and ∂b = Σ ∂y."""
        batch, _, rows, across = grad_output.shape
        grad_places = grad_output.reshape(batch, self.out_channels, rows * across)
        grad_weight = np.matmul(grad_places, self._windows.transpose(0, 2, 1)).sum(axis=0)
        self.weight.grad += grad_weight.reshape(self.weight.grad.shape)
        self.bias.grad += grad_places.sum(axis=(0, 2))
        grad_windows = (self._weight_matrix().T @ grad_places).reshape(batch, -1, self.kernel_size**2, rows, across)
        _, _, height, width = self._padded.shape
        grad_padded = fold(grad_windows, height, width, self.kernel_size, self.stride)
        return grad_padded[:, :, self.padding : height - self.padding, self.padding : width - self.padding]

    def _weight_matrix(self) -> Array:
        """``(out_channels, in_channels · kernel_size²)``, a view."""
        return self.weight.value.reshape(self.out_channels, -1)

    def _pad(self, x: Array) -> Array:
        if not self.padding:
            return x
        sides = (self.padding, self.padding)
        return np.pad(x, ((0, 0), (0, 0), sides, sides))
