"""mnist_10k: ten thousand handwritten digits."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.data.dataset import Dataset, DatasetFile


class Mnist10k(DatasetFile):
    """Digits of MNIST, LeCun, Bottou, Bengio and Haffner (1998); the file says how many come first, to train on."""

    name: ClassVar = "mnist_10k"
    title: ClassVar = "MNIST 10k"
    description: ClassVar = (
        "10,000 handwritten digits of 28×28 pixels: 8,000 to learn from, 2,000 held out. "
        "A small convnet gets below 3 % errors within a minute."
    )

    def load(self) -> Dataset:
        """The first ``n_train`` pictures train, the others test."""
        arrays = self.read_arrays()
        n_train = int(arrays["n_train"])
        index = np.arange(len(arrays["labels"]))
        return self.make(arrays, index[:n_train], index[n_train:])
