"""Leaf: one compiled operation, declared where it is written and compiled only when the set is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba

from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.memory import OPERATION, shift


@dataclass(frozen=True, eq=False)
class Kernel:
    """A function of raw memory with the C signature `signature`."""

    name: str
    function: Callable[..., None]
    signature: Any

    def compile(self) -> Any:
        """Compile it now; returns numba's C callback."""
        return numba.cfunc(self.signature, error_model="numpy")(self.function)


@dataclass(frozen=True, eq=False)
class Leaf(Kernel):
    """A kernel that is an operation of programs; `layout` is the layout of its row."""

    layout: Layout


def leaf(layout: Layout) -> Callable[[Callable[..., None]], Leaf]:
    """Declare ``operation(row, parameters, gradients, workspace, i, n)`` over samples i to i + n - 1 as a leaf."""

    def declare(function: Callable[..., None]) -> Leaf:
        return Leaf(function.__name__, function, OPERATION, layout)

    return declare


@numba.njit
def sample(row: Any, field: Any, workspace: Any, i: Any) -> Any:
    """Return the pointer to sample `i` of the buffer that starts at number `field` of the row."""
    return shift(workspace, row[field] + (i & row[field + 1]) * row[field + 2])
