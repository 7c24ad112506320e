"""LCN: local contrast normalisation of the pictures, as by the module of that name."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.data.normalization import Array, Normalization
from convnet_studio.engine.nn.local_statistics import Division, LocalMean, Subtraction

_AT_ONCE = 256


class LocalContrast(Normalization):
    """Minus the local mean, over the local spread, in a window of 9×9 with σ = 2 through all channels.

    Jarrett et al., What is the best multi-stage architecture for object recognition? (2009), sec. 2.
    """

    name: ClassVar = "LCN"

    def apply(self, pictures: Array) -> Array:
        """Each picture by itself."""
        mean = LocalMean(9, 2.0, "exact", across_maps=True)
        subtraction, division = Subtraction(mean), Division(mean, None)
        result = np.empty(pictures.shape, np.float32)
        for start in range(0, len(pictures), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            result[part] = division.forward(subtraction.forward(pictures[part]))
        return result
