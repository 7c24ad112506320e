"""Normalization: what is done to every picture before a network sees it; the contract of ``normalizations/``."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.registry import Registry

Array = NDArray[Any]

NONE = "none"
"""The name of leaving pictures as they are, which is no file."""

TINY = 1e-3
"""A standard deviation of pixels (which are 0 to 1) up to this, a quarter of a grey level, is that of a constant."""


class Normalization(ABC):
    """A transform fitted on the training pictures alone. A subclass is registered under its `name`."""

    registry: ClassVar[Registry[type[Normalization]]] = Registry("normalisation")

    name: ClassVar[str]
    largest: ClassVar[int | None] = None
    """Numbers of a picture at most; None: any."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            Normalization.registry.add(cls.name, cls)

    def fit(self, pictures: Array) -> None:
        """Learn what `apply` needs from training pictures ``(count, channel, height, width)``; some need nothing."""
        return

    @abstractmethod
    def apply(self, pictures: Array) -> Array:
        """Pictures ``(count, channel, height, width)`` in 0 .. 1 as the network sees them, float32."""


def standardized(pictures: Array, mean: Array, deviation: Array) -> Array:
    """``(pictures - mean) / deviation``, and 0 where the deviation is that of a constant."""
    inverse = np.where(deviation > TINY, 1 / np.maximum(deviation, TINY), 0)
    return np.asarray((pictures - mean) * inverse, np.float32)
