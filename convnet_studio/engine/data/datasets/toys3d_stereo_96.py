"""toys3d_stereo_96: toys seen by two cameras, as large as the network for NORB takes them, rendered by a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from convnet_studio.engine.data.dataset import Array, DatasetFile, split_by_instance
from convnet_studio.engine.data.pictures import read_images


class Toys3dStereo96(DatasetFile):
    """The pairs of toys3d_stereo and their split, on the 96×96 pixels of NORB, LeCun, Huang and Bottou (2004)."""

    name: ClassVar = "toys3d_stereo_96"
    title: ClassVar = "Synthetic stereo toys 96×96"
    description: ClassVar = (
        "The 5,400 synthetic stereo pairs of Synthetic stereo toys with every pixel doubled both ways, to 96×96: "
        "no more can be seen, but a network of that size can learn from them."
    )
    synthetic: ClassVar = True
    file: ClassVar = "toys3d_stereo"

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """By toy: five of each class train, the other five test."""
        return split_by_instance(arrays)

    def images(self, arrays: Mapping[str, Array]) -> Array:
        """All, every pixel four times."""
        return read_images(arrays).repeat(2, axis=2).repeat(2, axis=3)

    def credits(self, arrays: Mapping[str, Array]) -> tuple[str]:
        """Where they are listed."""
        return ("Meshes: those of the data set Synthetic stereo toys, whose credits stand there",)
