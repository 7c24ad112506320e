"""Per image: every picture has mean 0 and standard deviation 1."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.data.normalization import Array, Normalization, standardized


class PerImage(Normalization):
    """Takes away how bright a picture is and how strong its contrast; a constant picture becomes 0."""

    name: ClassVar = "per image"

    def apply(self, pictures: Array) -> Array:
        """In units of each picture's own standard deviation, all channels together."""
        axes = (1, 2, 3)
        return standardized(pictures, pictures.mean(axes, keepdims=True), pictures.std(axes, keepdims=True))
