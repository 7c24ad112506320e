"""two_numbers: a single sample of two numbers, to follow by hand."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import ClassVar

import numpy as np

from convnet_studio.engine.data.dataset import Array, DatasetFile, plain_numbers


class TwoNumbers(DatasetFile):
    """One sample, x = (0.6, -0.4), of the only class there is, so that a squared distance compares with t = 1."""

    name: ClassVar = "two_numbers"
    title: ClassVar = "Two numbers"
    description: ClassVar = (
        "One sample of two numbers, 0.6 and -0.4, whose one class asks for the answer 1: a network can be "
        "followed by hand on it. Nothing is held out: the same sample is tested."
    )
    is_signed: ClassVar = True

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """All are learnt from, and all are tested."""
        every = np.arange(len(arrays["labels"]))
        return every, every

    def read_arrays(self, keys: Container[str] | None = None) -> dict[str, Array]:
        """The numbers stand here: there is no file."""
        arrays = plain_numbers([[0.6, -0.4]], ("1",))
        return {key: array for key, array in arrays.items() if keys is None or key in keys}
