"""Per pixel: every pixel has mean 0 and standard deviation 1 over the training pictures."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.data.normalization import Array, Normalization, standardized


class PerPixel(Normalization):
    """LeCun et al., Efficient BackProp (1998), sec. 4.3; a pixel that never changes becomes 0."""

    name: ClassVar = "per pixel"

    def fit(self, pictures: Array) -> None:
        """Mean and standard deviation of each pixel."""
        self._mean, self._deviation = pictures.mean(axis=0), pictures.std(axis=0)

    def apply(self, pictures: Array) -> Array:
        """In units of each pixel's standard deviation."""
        return standardized(pictures, self._mean, self._deviation)
