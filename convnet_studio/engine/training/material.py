"""Material: the data of a run as the program wants it: prepared, and augmented as training goes on."""

from __future__ import annotations

import numpy as np

from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.data.preparation import Preparation, prepare
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.probes import ProbePicture


class Material:
    """A data set in one array: first the training samples, then the test samples.

    Args:
        raw: as it was loaded.
        preparation: what is done to its pictures; None: nothing.
        seed: of the run, for what is done by chance.

    Raises:
        ValueError: if the preparation can't be fitted to these pictures.
    """

    def __init__(self, raw: Dataset, preparation: Preparation | None = None, seed: int = 0) -> None:
        self._prepared = prepare(raw, preparation or Preparation())
        self._seed = seed
        self.dataset = dataset = self._prepared.dataset
        self.pictures: Array = dataset.all_pictures()
        self.labels: Array = np.concatenate([dataset.train.labels, dataset.test.labels])
        self.train_count = len(dataset.train.labels)
        self.test_count = len(dataset.test.labels)

    def renew(self, indices: Array, epoch: int) -> None:
        """Change the training pictures `indices` by chance before they are learnt from in pass `epoch`, in place."""
        if self._prepared.augmentation.changes_anything:
            self.pictures[indices] = self._prepared.augmented(indices, self._seed, epoch)

    @property
    def first_test_sample(self) -> ProbePicture:
        """What is shown to the network while nobody has chosen a picture."""
        index = self.train_count if self.test_count else 0
        return ProbePicture(self.pictures[index], int(self.labels[index]))

    def test_indices(self, most: int | None = None) -> Array:
        """Where the test samples lie, at most `most` of them."""
        count = self.test_count if most is None else min(most, self.test_count)
        return np.arange(self.train_count, self.train_count + count)
