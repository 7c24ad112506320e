"""Compiled leaf operations and the tiles they are made of: numbers in, numbers out, no GIL, no module known.

Every file here that declares a leaf takes part: nothing needs to list it.
"""

from __future__ import annotations

import importlib
import pkgutil

from convnet_studio.engine.kernels import processor as processor  # isort: skip - before anything imports numba

from convnet_studio.engine.kernels import tiles
from convnet_studio.engine.kernels.leaf import Kernel, Leaf

_FILES = [importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]

LEAVES: tuple[Leaf, ...] = tuple(
    {id(each): each for file in _FILES for each in vars(file).values() if isinstance(each, Leaf)}.values()
)
"""Every leaf operation."""

KERNELS: tuple[Kernel, ...] = (*tiles.BROADCAST_TILES, *tiles.LANE_SUM_TILES, *LEAVES)
"""Everything that is compiled, tiles included."""
