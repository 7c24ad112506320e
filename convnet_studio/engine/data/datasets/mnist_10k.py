"""mnist_10k: ten thousand handwritten digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from convnet_studio.engine.data.dataset import Array, DatasetFile, head_and_tail


class Mnist10k(DatasetFile):
    """Digits of MNIST, LeCun, Bottou, Bengio and Haffner (1998); the file says how many come first, to train on."""

    name: ClassVar = "mnist_10k"
    title: ClassVar = "MNIST 10k"
    description: ClassVar = (
        "10,000 handwritten digits of 28×28 pixels: 8,000 to learn from, 2,000 held out. "
        "A small convnet gets below 3 % errors within a minute."
    )

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """The first ``n_train`` pictures train, the others test."""
        return head_and_tail(len(arrays["labels"]), int(arrays["n_train"]))
