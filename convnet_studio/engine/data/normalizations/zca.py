"""ZCA: pixels made uncorrelated, each of variance 1."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.data.normalization import Array, Normalization
from convnet_studio.engine.nn.whitening import EPSILON, LARGEST, fit_whitening


class ZCA(Normalization):
    """Whitens whole pictures and leaves them as they look, edges strengthened; see nn/whitening.py."""

    name: ClassVar = "ZCA"
    largest: ClassVar = LARGEST

    def fit(self, pictures: Array) -> None:
        """Mean and matrix of the training pictures."""
        self._whitening = fit_whitening(pictures.reshape(len(pictures), -1), EPSILON)

    def apply(self, pictures: Array) -> Array:
        """Times the matrix."""
        whitened = self._whitening.apply(pictures.reshape(len(pictures), -1))
        return np.asarray(whitened.reshape(pictures.shape), np.float32)
