"""Preparation: the pictures of a data set as the network sees them: normalised, and for training changed by chance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock

import convnet_studio.engine.data.normalizations  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.data.augmentation import Augmentation
from convnet_studio.engine.data.dataset import Array, Dataset, Split, load_dataset
from convnet_studio.engine.data.normalization import NONE, Normalization
from convnet_studio.engine.data.pictures import to_numbers

_LOCK = Lock()


@dataclass(frozen=True)
class Preparation:
    """What is done to pictures: a normalisation by its name, and an augmentation of the training pictures."""

    normalization: str = NONE
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A data set made ready.

    Attributes:
        dataset: with normalised pictures, training pictures as they are without augmentation: what views show.
        raw: as it was loaded.
        normalization: fitted; None for none.
        augmentation: of training pictures.
    """

    dataset: Dataset
    raw: Dataset
    normalization: Normalization | None
    augmentation: Augmentation

    def augmented(self, numbers: Array, seed: int, epoch: int) -> Array:
        """The training pictures `numbers` as the network sees them in one epoch: changed, then normalised."""
        changed = self.augmentation.apply(to_numbers(self.raw.train.images[numbers]), numbers, seed, epoch)
        return self.normalization.apply(changed) if self.normalization else changed


def check_preparation(dataset: str, preparation: Preparation, load: Callable[[str], Dataset] = load_dataset) -> None:
    """Raise ValueError, in one sentence, where a normalisation can't be fitted to the pictures of a data set."""
    if preparation.normalization != NONE:
        _check_size(load(dataset), Normalization.registry[preparation.normalization])


def prepare(raw: Dataset, preparation: Preparation) -> Prepared:
    """Fit the normalisation on the training pictures and apply it to all.

    Raises:
        ValueError: if it can't be fitted to pictures of this size.
    """
    if preparation.normalization == NONE:
        return Prepared(raw, raw, None, preparation.augmentation)
    with _LOCK:  # the window and the trainer ask for the same
        dataset, normalization = _normalized(raw, preparation.normalization)
    return Prepared(dataset, raw, normalization, preparation.augmentation)


@lru_cache(maxsize=2)
def _normalized(raw: Dataset, name: str) -> tuple[Dataset, Normalization]:
    kind = Normalization.registry[name]
    _check_size(raw, kind)
    normalization = kind()
    normalization.fit(raw.train.pictures)
    train, test = (Split(normalization.apply(each.pictures), each.labels) for each in (raw.train, raw.test))
    return replace(raw, train=train, test=test, is_signed=True), normalization


def _check_size(dataset: Dataset, kind: type[Normalization]) -> None:
    size = math.prod(dataset.input_shape)
    if kind.largest is not None and size > kind.largest:
        raise ValueError(
            f"{kind.name} takes pictures of at most {kind.largest:,} numbers, and those of {dataset.title} have "
            f"{size:,}: choose another normalisation."
        )
