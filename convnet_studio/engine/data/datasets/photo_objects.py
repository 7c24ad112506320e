"""photo_objects: few photographs of many kinds of things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from convnet_studio.engine.data.dataset import Array, DatasetFile, stratified_split


class PhotoObjects(DatasetFile):
    """Photographs of Wikimedia Commons by kind, a small stand-in for Caltech-101, Fei-Fei, Fergus and Perona (2004)."""

    name: ClassVar = "photo_objects"
    title: ClassVar = "Photo objects"
    description: ClassVar = (
        "236 colour photographs of 96×96 pixels in 14 classes of 5 to 58, a fifth of each class held out. "
        "So few that a network trained from scratch gets about 30 % of them right."
    )

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """A fifth of every class is held out; the file is sorted by class."""
        return stratified_split(arrays["labels"])
