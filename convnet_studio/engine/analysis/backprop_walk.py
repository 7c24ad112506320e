"""Backprop walk: how far a picture's way to the loss and back was gone, and every number on it, as a value."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from convnet_studio.engine.nn.module import Array


class Grain(enum.Enum):
    """How far one step goes."""

    MODULE = "module"
    UNIT = "unit"
    PRODUCT = "product"


class Kind(enum.Enum):
    """What the numbers of a slot are, as the contract calls them."""

    OUT = "out"
    PARAMETER = "parameter"
    GRAD_OUT = "gradOut"
    GRAD_IN = "gradIn"
    GRAD_PARAMETER = "gradParameter"

    @property
    def is_gradient(self) -> bool:
        """Whether these are slopes of the loss."""
        return self in (Kind.GRAD_OUT, Kind.GRAD_IN, Kind.GRAD_PARAMETER)


@dataclass(frozen=True)
class Slot:
    """One array of the walk: of a module, by `key` the port of a GRAD_IN or the name of a parameter.

    The input of a module is the OUT of what feeds it. Parameters belong to the module that owns them; what a module
    that shares them adds to their gradient is a slot of its own.
    """

    kind: Kind
    module: str
    key: int | str = 0


@dataclass(frozen=True)
class Move:
    """What one step by a module does: the forward or the backward of `module`."""

    module: str
    is_forward: bool


@dataclass(frozen=True, order=True)
class Position:
    """Whole moves made, then units found of the next one, then products added up of the unit after these."""

    move: int = 0
    unit: int = 0
    product: int = 0


@dataclass(frozen=True, eq=False)
class Walk:
    """How far the way was gone, and all numbers on it.

    Attributes:
        values: arrays without batch axis, read-only; those of a move that is under way are whole already (see
            `Stepper.known` for how many of them were found).
        fresh: arrays as they would be computed anew, where a number that was edited since makes them another.
        stale: by the same slots, which of their numbers those are: bool, in the shape of the array.
        edited: by slot, the flat indices of the numbers that somebody put there.
    """

    position: Position
    values: Mapping[Slot, Array]
    fresh: Mapping[Slot, Array] = field(default_factory=dict)
    stale: Mapping[Slot, Array] = field(default_factory=dict)
    edited: Mapping[Slot, frozenset[int]] = field(default_factory=dict)

    def is_stale(self, slot: Slot, index: int) -> bool:
        """Whether a number (flat index) would be another one if it were computed anew."""
        return slot in self.stale and bool(self.stale[slot].reshape(-1)[index])

    def stale_count(self, slot: Slot) -> int:
        """How many numbers of a slot are stale."""
        return int(np.count_nonzero(self.stale[slot])) if slot in self.stale else 0
