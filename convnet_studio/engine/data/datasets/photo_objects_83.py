"""photo_objects_83: few photographs of many kinds of things, in grey and of the size that a network of 2009 took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from convnet_studio.engine.data.dataset import Array, DatasetFile, stratified_split
from convnet_studio.engine.data.pictures import read_images, shrink, to_grey


class PhotoObjects83(DatasetFile):
    """The photographs of photo_objects and their split, as the Caltech-101 pictures of Jarrett et al. (2009)."""

    name: ClassVar = "photo_objects_83"
    title: ClassVar = "Photo objects 83×83"
    description: ClassVar = (
        "The 236 photographs of Photo objects in grey on 83×83 pixels, each the mean of the area that it covers: "
        "14 classes of 5 to 58, the same fifth of each held out."
    )
    file: ClassVar = "photo_objects"

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """A fifth of every class is held out; the file is sorted by class."""
        return stratified_split(arrays["labels"])

    def images(self, arrays: Mapping[str, Array]) -> Array:
        """All, without colours, shrunk."""
        return shrink(to_grey(read_images(arrays)), 83, 83)

    def credits(self, arrays: Mapping[str, Array]) -> tuple[str]:
        """Where they are listed."""
        return ("The photographs of the data set Photo objects, whose credits stand there",)
