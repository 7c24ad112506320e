"""one_number: two samples of a single number, to follow by hand."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import ClassVar

import numpy as np

from convnet_studio.engine.data.dataset import Array, DatasetFile, plain_numbers


class OneNumber(DatasetFile):
    """What the 1-1-1 net is to answer with itself: x = t = 0.5 and -0.5."""

    name: ClassVar = "one_number"
    title: ClassVar = "One number"
    description: ClassVar = (
        "Two samples of a single number, 0.5 and -0.5, without labels, for a network small enough to follow every "
        "step. Nothing is held out: the same two are tested."
    )
    is_signed: ClassVar = True

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """All are learnt from, and all are tested."""
        every = np.arange(len(arrays["labels"]))
        return every, every

    def read_arrays(self, keys: Container[str] | None = None) -> dict[str, Array]:
        """The numbers stand here: there is no file."""
        arrays = plain_numbers([[0.5], [-0.5]], ())
        return {key: array for key, array in arrays.items() if keys is None or key in keys}
