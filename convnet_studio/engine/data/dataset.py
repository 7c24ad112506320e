"""Dataset: labelled pictures, split into what is learnt from and what is held out; the contract of ``datasets/``.

A file there tells what it holds and how it is split; `load` makes a `Dataset` of it, a frozen value whose arrays are
read-only, since everyone shares them.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from convnet_studio.assets import asset_path
from convnet_studio.engine.data.pictures import join, read_images, to_numbers
from convnet_studio.engine.registry import Registry

Array = NDArray[Any]

TEXTS = frozenset({"source", "licence", "credits", "licences", "names", "objects"})
"""The arrays of a file that tell where its pictures come from."""


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures with their labels, kept as bytes: what computes takes `pictures`, what shows a few takes `images`.

    Attributes:
        images: ``(count, channel, height, width)``, contiguous; uint8 in 0 .. 255, or float32 in 0 .. 1 (any numbers
            once normalised).
        labels: int64, ``(count,)``, the index of each picture's class; -1 where the data has no classes.
    """

    images: Array
    labels: Array

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise ValueError(f"There are {len(self.images)} pictures but {len(self.labels)} labels.")
        self.images.flags.writeable = False
        self.labels.flags.writeable = False

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def pictures(self) -> Array:
        """All pictures as numbers, float32 in 0 .. 1: of bytes four times as large, and made anew at each call."""
        return to_numbers(self.images)

    def picture(self, index: int) -> Array:
        """One picture as numbers, float32 in 0 .. 1, ``(channel, height, width)``."""
        return to_numbers(self.images[index])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures of some classes, or of none.

    Attributes:
        name: as in the registry. `title`: as people read it.
        train: what is learnt from. `test`: held out.
        class_names: one for each label; empty where nobody has said what the pictures show.
        source, licence: where the pictures come from and under which terms. `credits`: who made them, one by one.
        synthetic: rendered or composed by a program, not observed.
        is_signed: its pictures were normalised, or are plain numbers, so that 0 is not black.
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
        return self.train.images.shape[1:]

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.class_names)

    def class_name(self, label: int) -> str:
        """What `label` stands for; empty where the data has no classes."""
        return self.class_names[label] if 0 <= label < len(self.class_names) else ""

    def all_pictures(self) -> Array:
        """What is learnt from and then what is held out in one array, float32 in 0 .. 1."""
        return join((self.train.images, self.test.images))


class DatasetFile(ABC):
    """A data set that can be loaded. A subclass is registered under its `name`, the name of its file."""

    registry: ClassVar[Registry[type[DatasetFile]]] = Registry("data set")

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    """One or two sentences: what it shows, how much of it, what it is good for."""
    synthetic: ClassVar[bool] = False
    """Rendered or composed by a program, not observed."""
    is_signed: ClassVar[bool] = False
    """Its pictures are plain numbers, float32 of either sign, no pixels."""
    file: ClassVar[str] = ""
    """Where it is made of another set's pictures: the name of that set's file."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            DatasetFile.registry.add(cls.name, cls)

    @abstractmethod
    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """Indices of the pictures to learn from and of those held out, of the file's `arrays`."""

    def images(self, arrays: Mapping[str, Array]) -> Array:
        """All pictures of the file's `arrays`, ``(count, channel, height, width)``: uint8, or numbers (`is_signed`)."""
        return read_images(arrays)

    def labels(self, arrays: Mapping[str, Array]) -> Array:
        """The class of each picture, ``(count,)``; -1 where the data has none."""
        return arrays["labels"]

    def class_names(self, arrays: Mapping[str, Array]) -> Iterable[str]:
        """One name for each label."""
        names: list[str] = arrays["names"].tolist()
        return names

    def credits(self, arrays: Mapping[str, Array]) -> Iterable[str]:
        """Who made what, and under which licence, where the file's licence alone does not say it; from TEXTS alone."""
        return arrays["credits"].tolist() if "credits" in arrays else ()

    def load(self) -> Dataset:
        """Read the pictures.

        Raises:
            FileNotFoundError: if the program was installed without them.
        """
        arrays = self.read_arrays()
        images, labels = self.images(arrays), self.labels(arrays).astype(np.int64)
        train, test = (Split(images[part], labels[part]) for part in self.split(arrays))
        return Dataset(
            name=self.name,
            title=self.title,
            train=train,
            test=test,
            class_names=tuple(self.class_names(arrays)),
            source=str(arrays["source"]),
            licence=str(arrays["licence"]),
            credits=tuple(self.credits(arrays)),
            synthetic=self.synthetic,
            is_signed=self.is_signed,
        )

    def origin(self) -> tuple[str, ...]:
        """Source, licence and credits, without reading the pictures."""
        texts = self.read_arrays(TEXTS)
        return str(texts["source"]), str(texts["licence"]), *self.credits(texts)

    def read_arrays(self, keys: Container[str] | None = None) -> dict[str, Array]:
        """The arrays of ``assets/datasets/<file or name>.npz``: all, or those of `keys` that there are."""
        with np.load(asset_path(f"datasets/{self.file or self.name}.npz"), allow_pickle=False) as file:
            return {key: file[key] for key in file.files if keys is None or key in keys}


@cache
def load_dataset(name: str) -> Dataset:
    """The data set `name`, read once.

    Raises:
        KeyError: with a sentence that lists what there is.
    """
    return DatasetFile.registry[name]().load()


def plain_numbers(rows: Sequence[Sequence[float]], names: Sequence[str]) -> dict[str, Array]:
    """The arrays of a set of a few lists of numbers, all of one class or of none, which needs no file.

    Args:
        rows: each sample's numbers, one above the other, as a picture ``(1, n, 1)``. `names`: of the class, if any.
    """
    images = np.array(rows, np.float32)[:, None, :, None]
    return {
        "images": images,
        "labels": np.full(len(images), len(names) - 1),
        "names": np.array(names, np.str_),
        "source": np.array("Numbers chosen for this program"),
        "licence": np.array("CC0 1.0"),
    }


def head_and_tail(count: int, train: int) -> tuple[Array, Array]:
    """The first `train` of `count` pictures to learn from, the others held out: the split of files in that order."""
    index = np.arange(count)
    return index[:train], index[train:]


def split_by_instance(arrays: Mapping[str, Array]) -> tuple[Array, Array]:
    """Indices to train and to test on where ``train_instances`` and ``test_instances`` name things, not pictures."""
    parts = (np.isin(arrays["instance"], arrays[f"{part}_instances"]) for part in ("train", "test"))
    train, test = (np.flatnonzero(each) for each in parts)
    return train, test


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
