"""digits_8x8: small handwritten digits, learnt in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from convnet_studio.engine.data.dataset import Array, DatasetFile, stratified_split


class Digits8x8(DatasetFile):
    """The test part of UCI's optdigits, Alpaydin and Kaynak (1998), split anew."""

    name: ClassVar = "digits_8x8"
    title: ClassVar = "Digits 8×8"
    description: ClassVar = (
        "1,797 handwritten digits of 8×8 pixels, a fifth of each class held out. Small enough to train in seconds."
    )

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """A fifth of every digit is held out."""
        return stratified_split(arrays["labels"])
