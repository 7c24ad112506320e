"""Compiled leaf operations and the tiles they are made of: numbers in, numbers out, no GIL, no module known."""

from __future__ import annotations

from convnet_studio.engine.kernels import (
    conv,
    conv_sparse,
    lanes,
    linear,
    linear_finish,
    loss,
    move,
    norm,
    point,
    pool,
    tiles,
    update,
)
from convnet_studio.engine.kernels.leaf import Kernel, Leaf

_FILES = (conv, conv_sparse, lanes, linear, linear_finish, loss, move, norm, point, pool, update)

LEAVES: tuple[Leaf, ...] = tuple(each for file in _FILES for each in vars(file).values() if isinstance(each, Leaf))
"""Every leaf operation."""

KERNELS: tuple[Kernel, ...] = (*tiles.BROADCAST_TILES, *tiles.LANE_SUM_TILES, *LEAVES)
"""Everything that is compiled, tiles included."""
