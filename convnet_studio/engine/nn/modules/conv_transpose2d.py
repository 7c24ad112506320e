"""ConvTranspose2d: the way back of a convolution: each value paints a small picture."""

from __future__ import annotations

from fractions import Fraction
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
    ShapeProblem,
    parameter,
    setting,
)
from convnet_studio.engine.nn.windows import check_maps, columns, fold


class ConvTranspose2d(Module):
    """Each input value adds its kernels, times itself, into the output maps: the adjoint of Conv2d, plus a bias.

    It makes small maps large again, as decoders do. The parameters are those of PyTorch. Zeiler, Krishnan, Taylor and
    Fergus, Deconvolutional networks (2010).
    """

    family: ClassVar = Family.FILTER_BANK
    word: ClassVar = "transposed convolution"
    formula: ClassVar = r"y_{o,\, sj+p,\, sk+q} = b_o + \sum_{i,\, j,\, k} W_{iopq} \, x_{ijk}"

    weight: Parameter = parameter()  # (in_channels, out_channels, kernel_size, kernel_size)
    bias: Parameter = parameter()  # (out_channels,)
    out_channels: int = setting(8, "Feature maps", "How many output maps.", minimum=1, maximum=1024)
    kernel_size: int = setting(5, "Kernel", "Side of the square that a value paints, in pixels.", minimum=1, maximum=64)
    stride: int = setting(1, "Stride", "Pixels from one value's square to the next's.", minimum=1, maximum=64)
    padding: int = setting(0, "Cropping", "Rows cut off around the output maps.", minimum=0, maximum=32)

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, h, w)`` to ``(out_channels, (h-1) s + k - 2p, ...)``; ShapeProblem if all of it is cut off."""
        _, height, width = check_maps("ConvTranspose2d", shape)
        painted = [(n - 1) * self.stride + self.kernel_size for n in (height, width)]
        if min(painted) <= 2 * self.padding:
            fitting = (min(painted) - 1) // 2
            raise ShapeProblem(
                f"Cropping {self.padding} leaves nothing of the {painted[0]}×{painted[1]} map",
                f"use {fitting} or less" if fitting else "use 0",
                {"padding": fitting},
            )
        return (self.out_channels, *(n - 2 * self.padding for n in painted))

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """Weight and bias; as PyTorch, the fan-in is counted over the output maps."""
        fan_in = self.out_channels * self.kernel_size**2
        kernel = (self.kernel_size, self.kernel_size)
        return {
            "weight": ParameterShape((shape[0], self.out_channels, *kernel), fan_in),
            "bias": ParameterShape((self.out_channels,), fan_in),
        }

    def outputs_with(self, name: str, index: Shape, *input_shapes: Shape) -> tuple[int | slice, ...]:
        """The map that is painted: of a weight its second index."""
        return index[1:2] if name == "weight" else index

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each weight at each input place, what is cut off included."""
        return int(np.prod(shape)) * self.out_channels * self.kernel_size**2

    def windows(self, shape: Shape) -> Windows:
        """As many inputs as paint a pixel, along both axes."""
        s, behind = self.stride, self.kernel_size - 1 - self.padding
        return (Window(-(-self.kernel_size // s), Fraction(1, s), Fraction(behind, s)),) * 2

    def caption(self) -> str:
        """Maps and kernel, ``8 · 5×5``; the stride too where it is not 1."""
        stride = f" · ×{self.stride}" if self.stride > 1 else ""
        return f"{self.out_channels} · {self.kernel_size}×{self.kernel_size}{stride}"

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, out_channels, rows, columns)``."""
        batch, channels, height, width = x.shape
        self._places = x.reshape(batch, channels, height * width)
        painted = (self._weights().T @ self._places).reshape(batch, self.out_channels, -1, height, width)
        full = ((n - 1) * self.stride + self.kernel_size for n in (height, width))
        y = fold(painted, *full, self.kernel_size, self.stride)
        rows, across = (slice(self.padding, n - self.padding) for n in y.shape[2:])
        return y[:, :, rows, across] + self.bias.value[:, None, None]

    def backward(self, grad_output: Array) -> Array:
        """The gradient by the maps, a convolution; adds those by weight and bias."""
        sides = (self.padding, self.padding)
        padded = np.pad(grad_output, ((0, 0), (0, 0), sides, sides))
        windows = columns(padded, self.kernel_size, self.stride)
        batch, _, _, height, width = windows.shape
        by_place = windows.reshape(batch, -1, height * width)
        grad_weight = np.matmul(self._places, by_place.swapaxes(1, 2)).sum(axis=0)
        self.weight.grad += grad_weight.reshape(self.weight.grad.shape)
        self.bias.grad += grad_output.sum(axis=(0, 2, 3))
        return (self._weights() @ by_place).reshape(batch, -1, height, width)

    def _weights(self) -> Array:
        """``(in_channels, out_channels · kernel_size²)``, a view."""
        return self.weight.value.reshape(len(self.weight.value), -1)
