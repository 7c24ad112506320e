"""Between the public order of numbers, channel-height-width, and the program's, height-width-channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def channels_and_positions(shape: tuple[int, ...]) -> tuple[int, int]:
    """Channels and pixels of maps; a list of numbers is one pixel of many channels."""
    return (shape[0], shape[1] * shape[2]) if len(shape) == 3 else (shape[0], 1)


def to_public(samples: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Samples ``(b, size)`` of the program as a view or copy ``(b, *shape)``."""
    if len(shape) != 3:
        return samples
    channels, height, width = shape
    return samples.reshape(len(samples), height, width, channels).transpose(0, 3, 1, 2)


def from_public(values: NDArray[Any]) -> NDArray[Any]:
    """Values ``(b, channel, height, width)`` or ``(b, n)`` as the program's samples ``(b, size)``."""
    if values.ndim == 4:
        values = values.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(values).reshape(len(values), -1)
