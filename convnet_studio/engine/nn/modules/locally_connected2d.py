"""LocallyConnected2d: a filter bank whose filters differ from place to place."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.footprint import Window, Windows
from convnet_studio.engine.nn.module import Array, Family, Module, Parameter, ParameterShape, Shape, parameter, setting
from convnet_studio.engine.nn.windows import check_fit, check_maps, columns, fold, steps


class LocallyConnected2d(Module):
    """As a convolution, each unit sees a small window of the input maps; unlike it, no two units share a weight.

    The step between a fully connected layer and a convolution in LeCun, Generalization and network design strategies
    (1989); Taigman et al., DeepFace (2014), sec. 3.
    """

    family: ClassVar = Family.FILTER_BANK
    word: ClassVar = "locally connected"
    formula: ClassVar = r"y_{ojk} = b_{ojk} + \sum_{ipq} W_{jkoipq} \, x_{i,\, sj+p,\, sk+q}"

    weight: Parameter = parameter()  # (rows, columns, out_channels, in_channels, kernel_size, kernel_size)
    bias: Parameter = parameter()  # (rows, columns, out_channels)
    out_channels: int = setting(8, "Feature maps", "How many output maps.", minimum=1, maximum=256)
    kernel_size: int = setting(5, "Kernel", "Side of the square window in pixels.", minimum=1, maximum=64)
    stride: int = setting(1, "Stride", "Pixels from one unit's window to the next's.", minimum=1, maximum=64)

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, h, w)`` to ``(out_channels, (h-k)//s + 1, (w-k)//s + 1)``; ShapeProblem if the window is too large."""
        _, height, width = check_maps("LocallyConnected2d", shape)
        check_fit("Kernel", self.kernel_size, height, width, odd=True)
        return (self.out_channels, *(steps(n, self.kernel_size, self.stride) for n in (height, width)))

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """Weight and bias of every unit."""
        channels, fan_in = shape[0], shape[0] * self.kernel_size**2
        outputs, rows, across = self.output_shape(shape)
        kernel = (self.kernel_size, self.kernel_size)
        return {
            "weight": ParameterShape((rows, across, outputs, channels, *kernel), fan_in),
            "bias": ParameterShape((rows, across, outputs), fan_in),
        }

    def outputs_with(self, name: str, index: Shape, *input_shapes: Shape) -> tuple[int | slice, ...]:
        """The one unit whose weight or bias it is."""
        row, column, output = index[:3]
        return output, row, column

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each weight."""
        return int(np.prod(self.parameter_shapes(shape)["weight"].shape))

    def windows(self, shape: Shape) -> Windows:
        """The window, along both axes."""
        return (Window(self.kernel_size, self.stride),) * 2

    def caption(self) -> str:
        """Maps and window, ``8 · 5×5``; the stride too where it is not 1."""
        stride = f" / {self.stride}" if self.stride > 1 else ""
        return f"{self.out_channels} · {self.kernel_size}×{self.kernel_size}{stride}"

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, out_channels, rows, columns)``."""
        self._input_shape = x.shape
        windows = columns(x, self.kernel_size, self.stride)
        batch, _, _, rows, across = windows.shape
        # (rows, columns, batch, inputs of a unit): one small matrix product at each place
        self._windows = windows.transpose(3, 4, 0, 1, 2).reshape(rows, across, batch, -1)
        y = self._windows @ self._weights().swapaxes(2, 3) + self.bias.value[:, :, None]
        return np.ascontiguousarray(y.transpose(2, 3, 0, 1))

    def backward(self, grad_output: Array) -> Array:
        """The gradient by the maps; adds those by weight and bias."""
        _, channels, height, width = self._input_shape
        grad_units = grad_output.transpose(2, 3, 1, 0)  # (rows, columns, out_channels, batch)
        self.weight.grad += (grad_units @ self._windows).reshape(self.weight.grad.shape)
        self.bias.grad += grad_units.sum(axis=3)
        grad_windows = grad_units.swapaxes(2, 3) @ self._weights()
        rows, across, batch, _ = grad_windows.shape
        by_window = grad_windows.transpose(2, 3, 0, 1).reshape(batch, channels, -1, rows, across)
        return fold(by_window, height, width, self.kernel_size, self.stride)

    def _weights(self) -> Array:
        """``(rows, columns, out_channels, inputs of a unit)``, a view."""
        return self.weight.value.reshape(*self.weight.value.shape[:3], -1)
