"""Between the public order of numbers, channel first (channel-height-width), and the program's, channel last."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def channels_and_positions(shape: tuple[int, ...]) -> tuple[int, int]:
    """Channels, and places of each: pixels of maps; a list of numbers is one place of many channels."""
    return shape[0], math.prod(shape[1:])


def to_public(samples: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Samples ``(b, size)`` of the program as a view or copy ``(b, *shape)``."""
    channels, *space = shape
    return np.moveaxis(samples.reshape(len(samples), *space, channels), -1, 1)


def from_public(values: NDArray[Any]) -> NDArray[Any]:
    """Values ``(b, channel, *space)`` as the program's samples ``(b, size)``."""
    return np.ascontiguousarray(np.moveaxis(values, 1, -1)).reshape(len(values), -1)


def window_shape(shape: tuple[int, ...], output: tuple[int, ...], kernel_size: int, stride: int) -> dict[str, Any]:
    """Fields of an operation on square windows: from maps of `shape` to maps of shape `output`."""
    channels, _, width = shape
    _, rows, columns = output
    x_row = width * channels
    return {
        "rows": rows,
        "columns": columns,
        "channels": channels,
        "kernel": kernel_size,
        "x_row": x_row,
        "down": stride * x_row,
        "across": stride * channels,
    }
