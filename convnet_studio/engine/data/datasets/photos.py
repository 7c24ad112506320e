"""photos: photographs without labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from PIL import Image, ImageOps

from convnet_studio.engine.data.dataset import Array, DatasetFile, stratified_split
from convnet_studio.engine.data.pictures import channels_first, decoded

SIDE = 192


class Photos(DatasetFile):
    """Whole photographs of many kinds, for learning without labels and for looking at what modules do to pictures.

    They come in 22 sizes: each is shown by its middle square, scaled to 192×192 pixels.
    """

    name: ClassVar = "photos"
    title: ClassVar = "Photographs"
    description: ClassVar = (
        "45 colour photographs without labels, the middle square of each at 192×192 pixels, 9 of them held out. "
        "Nobody says what they show, so they serve to look at and to learn without classes."
    )

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """A fifth of the photographs is held out, as if all were of one class."""
        return stratified_split(np.zeros(len(arrays["sizes"]), np.int64))

    def images(self, arrays: Mapping[str, Array]) -> Array:
        """The middle square of each, scaled."""
        squares = [ImageOps.fit(each, (SIDE, SIDE), Image.Resampling.BICUBIC) for each in decoded(arrays)]
        return channels_first(np.stack([np.asarray(each) for each in squares]))

    def labels(self, arrays: Mapping[str, Array]) -> Array:
        """None."""
        return np.full(len(arrays["sizes"]), -1)

    def class_names(self, arrays: Mapping[str, Array]) -> tuple[str, ...]:
        """None."""
        return ()

    def credits(self, arrays: Mapping[str, Array]) -> list[str]:
        """Of each photograph its name, its licence, and who took it or passed it on."""
        rows = zip(arrays["names"].tolist(), arrays["licences"].tolist(), arrays["credits"].tolist(), strict=True)
        return ["; ".join(row) for row in rows]
