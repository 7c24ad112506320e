"""mnist_16x16: handwritten digits on as many pixels as the network of 1989 saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from convnet_studio.engine.data.dataset import Array, DatasetFile, head_and_tail
from convnet_studio.engine.data.pictures import read_images, shrink


class Mnist16x16(DatasetFile):
    """The digits of mnist_10k and their split; zip codes were scaled to this size by LeCun et al. (1989)."""

    name: ClassVar = "mnist_16x16"
    title: ClassVar = "MNIST 16×16"
    description: ClassVar = (
        "The 10,000 handwritten digits of MNIST 10k on 16×16 pixels, each the mean of the area that it covers: "
        "the same 8,000 to learn from, the same 2,000 held out."
    )
    file: ClassVar = "mnist_10k"

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """The first ``n_train`` pictures train, the others test."""
        return head_and_tail(len(arrays["labels"]), int(arrays["n_train"]))

    def images(self, arrays: Mapping[str, Array]) -> Array:
        """All, shrunk."""
        return shrink(read_images(arrays), 16, 16)
