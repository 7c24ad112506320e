"""Dataset: labelled pictures, split into what is learnt from and what is held out; the contract of ``datasets/``.

A file there tells what it holds and makes a `Dataset`, a frozen value; its arrays are read-only, since everyone shares
them.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from convnet_studio.assets import asset_path
from convnet_studio.engine.registry import Registry

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled pictures.

    Attributes:
        pictures: float32, ``(count, channel, height, width)``, contiguous; in 0 .. 1 before any normalisation.
        labels: int64, ``(count,)``, the index of each picture's class.
    """

    pictures: Array
    labels: Array

    def __post_init__(self) -> None:
        if len(self.pictures) != len(self.labels):
            raise ValueError(f"There are {len(self.pictures)} pictures but {len(self.labels)} labels.")
        self.pictures.flags.writeable = False
        self.labels.flags.writeable = False

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures of some classes.

    Attributes:
        name: as in the registry. `title`: as people read it.
        train: what is learnt from. `test`: held out.
        class_names: one for each label.
        source, licence: where the pictures come from and under which terms. `credits`: who made them, one by one.
        synthetic: rendered or composed by a program, not observed.
        is_signed: its pictures were normalised, so that 0 is no longer black.
    """

    name: str
    title: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    licence: str
    credits: tuple[str, ...] = ()
    synthetic: bool = False
    is_signed: bool = False

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one picture, ``(channel, height, width)``."""
        return self.train.pictures.shape[1:]

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.class_names)


class DatasetFile(ABC):
    """A data set that can be loaded. A subclass is registered under its `name`, the name of its file."""

    registry: ClassVar[Registry[type[DatasetFile]]] = Registry("data set")

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    """One or two sentences: what it shows, how much of it, what it is good for."""
    synthetic: ClassVar[bool] = False
    """Rendered or composed by a program, not observed."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            DatasetFile.registry.add(cls.name, cls)

    @abstractmethod
    def load(self) -> Dataset:
        """Read the pictures.

        Raises:
            FileNotFoundError: if the program was installed without them.
        """

    def read_arrays(self) -> dict[str, Array]:
        """All arrays of ``assets/datasets/<name>.npz``."""
        with np.load(asset_path(f"datasets/{self.name}.npz"), allow_pickle=False) as file:
            return {key: file[key] for key in file.files}

    def make(self, arrays: dict[str, Array], train: Array, test: Array) -> Dataset:
        """The data set of `arrays` (``images, labels, names, source, licence`` and perhaps ``credits``).

        Args:
            arrays: as read from the file.
            train: indices of the pictures to learn from. `test`: of those held out.
        """
        pictures, labels = to_pictures(arrays["images"]), arrays["labels"].astype(np.int64)
        return Dataset(
            name=self.name,
            title=self.title,
            train=Split(pictures[train], labels[train]),
            test=Split(pictures[test], labels[test]),
            class_names=tuple(str(name) for name in arrays["names"]),
            source=str(arrays["source"]),
            licence=str(arrays["licence"]),
            credits=tuple(str(credit) for credit in arrays.get("credits", ())),
            synthetic=self.synthetic,
        )


@cache
def load_dataset(name: str) -> Dataset:
    """The data set `name`, read once.

    Raises:
        KeyError: with a sentence that lists what there is.
    """
    return DatasetFile.registry[name]().load()


def to_pictures(images: Array) -> Array:
    """Bytes ``(count, height, width)`` of grey, or ``(count, height, width, channel)``, as pictures of a `Split`."""
    if images.ndim == 3:
        images = images[..., None]
    return np.ascontiguousarray(np.moveaxis(images, 3, 1), dtype=np.float32) / np.float32(255)


def stratified_split(labels: Array, test_fraction: float = 0.2, seed: int = 2013) -> tuple[Array, Array]:
    """Hold out the same part of every class, for data whose makers name no split.

    The samples of each class, classes in rising order, are shuffled by one generator; the last `test_fraction` of each
    is held out.

    Returns:
        Indices to train and to test on, each in rising order.
    """
    random = np.random.default_rng(seed)
    train, test = [], []
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        kept = len(members) - round(test_fraction * len(members))
        train.append(members[:kept])
        test.append(members[kept:])
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(test))


def epoch_order(samples: int, seed: int, epoch: int, shuffle: bool) -> Array:
    """The order in which pass `epoch` (from 0) sees the training samples: int64 indices, read-only.

    It follows from the arguments alone, so that any place in a training run can be returned to.
    """
    order = np.random.default_rng([seed, epoch]).permutation(samples) if shuffle else np.arange(samples)
    order = order.astype(np.int64, copy=False)
    order.flags.writeable = False
    return order
