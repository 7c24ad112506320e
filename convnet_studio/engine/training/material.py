"""Material: the data of a run as the program wants it: prepared, and augmented as training goes on."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.data.preparation import Preparation, prepare
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.probes import ProbePicture

_PARTNERS = 2006
"""Tells the draws of partners from others with the same seed."""


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

    def unchanged(self, indices: Array) -> Array:
        """The samples `indices` without what augmentation does to them by chance: copies, float32."""
        if not self._prepared.augmentation.changes_anything:
            return self.pictures[indices]
        train, test = self.dataset.train, self.dataset.test
        count = self.train_count
        return np.stack([train.picture(i) if i < count else test.picture(i - count) for i in indices.tolist()])

    def training_pictures(self) -> Array:
        """What modules are fitted to: the training pictures as they are without augmentation; made anew if of bytes."""
        return self._prepared.dataset.train.pictures

    @cached_property
    def first_test_sample(self) -> ProbePicture:
        """What is shown to the network while nobody has chosen a picture."""
        index = self.train_count if self.test_count else 0
        return ProbePicture(self.pictures[index], int(self.labels[index]))

    @property
    def probe_partner(self) -> ProbePicture:
        """What a picture that is shown to the network is compared with: one of another class than the first's."""
        own = self.first_test_sample.label
        start = self.train_count if self.test_count else 0
        others = np.flatnonzero(self.labels[start:] != own)
        index = start + (int(others[0]) if len(others) else 0)
        return ProbePicture(self.pictures[index], int(self.labels[index]))

    def partners(self, seed: int, epoch: int) -> Array:
        """For each sample another of its split, to be compared with: half of the time one of the same class.

        Drawn anew for each pass over the training samples; those of the test samples stay, as their error should.
        """
        cut = self.train_count
        train = draw_partners(self.labels[:cut], np.random.default_rng([seed, _PARTNERS, epoch]))
        return np.concatenate([train, cut + draw_partners(self.labels[cut:], np.random.default_rng([seed, _PARTNERS]))])

    def test_indices(self, most: int | None = None) -> Array:
        """Where the test samples lie, at most `most` of them."""
        count = self.test_count if most is None else min(most, self.test_count)
        return np.arange(self.train_count, self.train_count + count)


def draw_partners(labels: Array, random: np.random.Generator) -> Array:
    """For each sample the index of another, with equal odds of the same class or of one of the others.

    A sample that is the only one of its class, or whose class is the only one, is compared with what there is.
    """
    count = len(labels)
    order = np.argsort(labels, kind="stable")
    place = np.empty(count, np.int64)
    place[order] = np.arange(count)
    _, which, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    size, start = sizes[which], (np.cumsum(sizes) - sizes)[which]
    shift = random.integers(1, np.maximum(size, 2))
    alike = start + (place - start + shift) % size
    other = random.integers(0, np.maximum(count - size, 1))
    unlike = other + np.where(other >= start, size, 0)
    is_alike = (size == count) | ((size > 1) & (random.random(count) < 0.5))
    partners: Array = order[np.where(is_alike, alike, np.minimum(unlike, count - 1))]
    return partners
