"""Conv3d: a bank of filters that slides through volumes."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.module import Array, setting


class Conv3d(FilterBank):
    """A convolution in three directions: over the slices of a scan, or the frames of a film.

    Turaga et al., Convolutional networks can learn to generate affinity graphs for image segmentation (2010).
    """

    dimensions: ClassVar = 3
    word: ClassVar = "convolution of volumes"
    formula: ClassVar = r"y_{ojkl} = b_o + \sum_{ipqr} W_{oipqr} \, x_{i,\, sj+p,\, sk+q,\, sl+r}"

    kernel_size: int = setting(3, "Kernel", "Side of the cubic filter in voxels.", minimum=1, maximum=16)

    def forward(self, x: Array) -> Array:
        """``(batch, c, depth, height, width)`` to ``(batch, out_channels, *places)``."""
        return self.convolve(x)

    def backward(self, grad_output: Array) -> Array:
        """The gradient by the volume; adds those by weight and bias."""
        return self.send_back(grad_output)
