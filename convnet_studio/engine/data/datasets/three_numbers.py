"""three_numbers: four samples of three numbers, for sums that can be done in the head."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import ClassVar

import numpy as np

from convnet_studio.engine.data.dataset import Array, DatasetFile, plain_numbers


class ThreeNumbers(DatasetFile):
    """Four samples of two classes, so that a network of two outputs has something to compare with."""

    name: ClassVar = "three_numbers"
    title: ClassVar = "Three numbers"
    description: ClassVar = (
        "Four samples of three numbers each, of two classes, for a network small enough to follow every product. "
        "Nothing is held out: the same four are tested."
    )
    is_signed: ClassVar = True

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """All are learnt from, and all are tested."""
        every = np.arange(len(arrays["labels"]))
        return every, every

    def read_arrays(self, keys: Container[str] | None = None) -> dict[str, Array]:
        """The numbers stand here: there is no file."""
        rows = [[0.5, -1.0, 1.0], [1.0, 0.5, -0.5], [-0.5, 1.0, 0.5], [-1.0, -0.5, 0.5]]
        arrays = plain_numbers(rows, ("1", "2")) | {"labels": np.array([0, 1, 0, 1])}
        return {key: array for key, array in arrays.items() if keys is None or key in keys}
