"""Conv2d: a bank of filters that slides over the maps."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.module import Array


class Conv2d(FilterBank):
    """Each output map is the sum of the input maps it sees, each filtered with a kernel of its own.

    A cross-correlation, the kernel not mirrored, as in Torch7 and PyTorch. LeCun et al., Gradient-based learning
    applied to document recognition (1998), sec. II.
    """

    dimensions: ClassVar = 2
    word: ClassVar = "convolution"
    formula: ClassVar = r"y_{ojk} = b_o + \sum_{ipq} W_{oipq} \, x_{i,\, sj+p,\, sk+q}"

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, out_channels, rows, columns)``."""
        return self.convolve(x)

    def backward(self, grad_output: Array) -> Array:
        """The gradient by the maps; adds those by weight and bias."""
        return self.send_back(grad_output)
