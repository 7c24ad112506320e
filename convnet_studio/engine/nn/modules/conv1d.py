"""Conv1d: a bank of filters that slides along a sequence."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.module import Array


class Conv1d(FilterBank):
    """A convolution along one direction: over time, or over the columns of a line of writing.

    Lang, Waibel and Hinton, A time-delay neural network architecture for isolated word recognition (1990).
    """

    dimensions: ClassVar = 1
    word: ClassVar = "convolution in time"
    formula: ClassVar = r"y_{oj} = b_o + \sum_{ip} W_{oip} \, x_{i,\, sj+p}"

    def forward(self, x: Array) -> Array:
        """``(batch, c, length)`` to ``(batch, out_channels, places)``."""
        return self.convolve(x)

    def backward(self, grad_output: Array) -> Array:
        """The gradient by the sequence; adds those by weight and bias."""
        return self.send_back(grad_output)
