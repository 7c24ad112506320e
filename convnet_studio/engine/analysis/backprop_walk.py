"""Backprop walk: how far a picture's way to the loss and back was gone, and every number on it, as a value."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

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
        stale: slots that depend on a number that was edited since they were computed.
        edited: by slot, the flat indices of the numbers that somebody put there.
    """

    position: Position
    values: Mapping[Slot, Array]
    stale: frozenset[Slot] = frozenset()
    edited: Mapping[Slot, frozenset[int]] = field(default_factory=dict)
