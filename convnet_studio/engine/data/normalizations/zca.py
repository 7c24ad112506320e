"""ZCA: pixels made uncorrelated, each of variance 1."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.data.normalization import Array, Normalization
from convnet_studio.engine.nn.whitening import fit_whitening


class ZCA(Normalization):
    """Whitens whole pictures and leaves them as they look, edges strengthened; see nn/whitening.py.

    ε is 0.01: less would blow up the noise of pixels that hardly change.
    """

    name: ClassVar = "ZCA"
    largest: ClassVar = 3072  # a matrix of 75 MB, fitted in some seconds; the time grows with the third power

    def fit(self, pictures: Array) -> None:
        """Mean and matrix of the training pictures."""
        self._whitening = fit_whitening(pictures.reshape(len(pictures), -1), epsilon=0.01)

    def apply(self, pictures: Array) -> Array:
        """Times the matrix."""
        whitened = self._whitening.apply(pictures.reshape(len(pictures), -1))
        return np.asarray(whitened.reshape(pictures.shape), np.float32)
