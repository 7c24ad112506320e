"""toys3d_stereo: toys seen by two cameras, rendered by a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from convnet_studio.engine.data.dataset import Array, DatasetFile


class Toys3dStereo(DatasetFile):
    """Meshes rendered in the manner of small NORB, LeCun, Huang and Bottou (2004): channel 0 left, 1 right camera."""

    name: ClassVar = "toys3d_stereo"
    title: ClassVar = "Synthetic stereo toys"
    description: ClassVar = (
        "5,400 synthetic stereo pairs of 48×48 grey pixels: 5 classes of 10 toys each from 54 directions. "
        "The 5 toys of each class that are held out were never seen in training."
    )
    synthetic: ClassVar = True

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """By toy: five of each class train, the other five test."""
        parts = (np.isin(arrays["instance"], arrays[f"{part}_instances"]) for part in ("train", "test"))
        train, test = (np.flatnonzero(each) for each in parts)
        return train, test

    def credits(self, arrays: Mapping[str, Array]) -> list[str]:
        """Where each toy's mesh comes from, with its licence."""
        meshes: list[str] = arrays["objects"].tolist()
        return meshes
