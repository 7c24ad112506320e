"""TrainableAvgPool2d: the mean of each window, times a gain and plus a bias that each map learns."""

from __future__ import annotations

import math
from typing import ClassVar

from convnet_studio.engine.nn.module import Array, Family, Parameter, ParameterShape, Shape, parameter
from convnet_studio.engine.nn.windows import Pool2d, columns, fold


class TrainableAvgPool2d(Pool2d):
    """The sub-sampling layer of the first convolutional networks: y = gain · mean + bias, two numbers for each map.

    A Tanh behind it makes it theirs. A small gain works the Tanh near its linear middle, where the layer blurs; a large
    one makes it a noisy OR or AND of the window, depending on the bias. LeCun et al., Handwritten digit recognition
    with a back-propagation network (1990); Gradient-based learning (1998), sec. II-B, where the gain multiplies the
    sum: n² times as large.
    """

    family: ClassVar = Family.POOLING
    word: ClassVar = "sub-sampling"
    keeps_maps_apart: ClassVar = True
    formula: ClassVar = r"y_{ijk} = \frac{g_i}{n^2} \sum_{pq} x_{i,\, sj+p,\, sk+q} + b_i"

    gain: Parameter = parameter()  # (maps,)
    bias: Parameter = parameter()  # (maps,)

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """A gain, which begins at 1, and a bias, at 0, for each map."""
        area = self.kernel_size**2
        return {"gain": ParameterShape(shape[:1], area, start=1.0), "bias": ParameterShape(shape[:1], area, start=0.0)}

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each input of each window, as the papers count it."""
        return math.prod(self.output_shape(shape)) * self.kernel_size**2

    def connections(self, shape: Shape) -> int:
        """One to each input of each window, and one to the bias."""
        return self.multiply_accumulates(shape) + math.prod(self.output_shape(shape))

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, c, rows, columns)``."""
        self._input_shape = x.shape
        self._means: Array = columns(x, self.kernel_size, self.stride).mean(axis=2)
        y: Array = self.gain.value[:, None, None] * self._means + self.bias.value[:, None, None]
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = g ∂y / n² to each pixel of the window; adds ∂g = Σ ∂y mean and ∂b = Σ ∂y."""
        self.gain.grad += (grad_output * self._means).sum(axis=(0, 2, 3))
        self.bias.grad += grad_output.sum(axis=(0, 2, 3))
        _, _, height, width = self._input_shape
        shares = grad_output * self.gain.value[:, None, None] / self.kernel_size**2
        windows = shares[:, :, None].repeat(self.kernel_size**2, axis=2)
        return fold(windows, height, width, self.kernel_size, self.stride)
