"""Arrays that begin on a cache line: a vector of sixteen float32 then never lies across two of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LINE = 64
"""Bytes."""


def aligned_zeros(size: int, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Return `size` zeros, the first at a multiple of 64 bytes; numpy itself promises 16."""
    kind = np.dtype(dtype)
    raw = np.zeros(size + _LINE // kind.itemsize, kind)
    skip = -raw.ctypes.data % _LINE // kind.itemsize
    return raw[skip : skip + size]
