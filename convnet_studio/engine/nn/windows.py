"""Windows: squares of pixels that slide over maps, as filter banks and pooling modules see their input.

A module works on `columns`, a copy in which every window stands by itself, and sends gradients back through `fold`,
the adjoint: where windows overlap, their gradients add.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from convnet_studio.engine.nn.footprint import Window, Windows
from convnet_studio.engine.nn.module import Array, Module, SettingValue, Shape, ShapeProblem, setting


def check_maps(name: str, shape: Shape) -> tuple[int, int, int]:
    """``(channel, height, width)`` of an input that must be maps.

    Raises:
        ShapeProblem: in the name of the module `name`, if the input is a list of numbers.
    """
    if len(shape) != 3:
        raise ShapeProblem(f"{name} needs maps, not a list of numbers", "connect it before the Flatten")
    return shape


def check_fit(name: str, kernel_size: int, height: int, width: int, padding: int = 0, *, odd: bool = False) -> None:
    """Raise ShapeProblem if a window called `name` is larger than the padded map; `odd`: mend with an odd size."""
    fitting = min(height, width) + 2 * padding
    if kernel_size <= fitting:
        return
    if odd:
        fitting -= 1 - fitting % 2
    change: dict[str, SettingValue] = {"kernel_size": fitting}
    padded = f" with padding {padding}" if padding else ""
    raise ShapeProblem(
        f"{name} {kernel_size} is larger than the {height}×{width} map{padded}",
        f"use {fitting} or less" if fitting > 1 else "use 1",
        change,
    )


def steps(length: int, kernel_size: int, stride: int) -> int:
    """How many windows fit along `length` pixels; pixels beyond the last whole window are dropped, as in PyTorch."""
    return (length - kernel_size) // stride + 1


def columns(x: Array, kernel_size: int, stride: int) -> Array:
    """Every window of ``(batch, channel, *space)`` by itself; a window has `kernel_size` pixels in each direction.

    Returns:
        ``(batch, channel, pixels, *places)``, contiguous; third the pixels of a window row by row, last the windows'
        places.
    """
    dimensions = x.ndim - 2
    axes = tuple(range(2, x.ndim))
    every = (slice(None), slice(None), *[slice(None, None, stride)] * dimensions)
    view = sliding_window_view(x, (kernel_size,) * dimensions, axis=axes)[every]
    batch, channels, *places = view.shape[:-dimensions]
    inside = tuple(range(view.ndim - dimensions, view.ndim))
    return view.transpose(0, 1, *inside, *axes).reshape(batch, channels, kernel_size**dimensions, *places)


def fold(grad_columns: Array, *size_kernel_stride: int) -> Array:
    """The adjoint of `columns`: adds every window's gradient back to the pixels that it saw.

    Args:
        grad_columns: ``(batch, channel, pixels, *places)``.
        size_kernel_stride: pixels in each direction, then `kernel_size` and `stride`.

    Returns:
        ``(batch, channel, *size)``.
    """
    *size, kernel_size, stride = size_kernel_stride
    batch, channels, _, *places = grad_columns.shape
    grad = np.zeros((batch, channels, *size), grad_columns.dtype)
    for pixel, first in enumerate(np.ndindex(*(kernel_size,) * len(size))):
        seen = tuple(slice(start, start + stride * count, stride) for start, count in zip(first, places, strict=True))
        grad[:, :, *seen] += grad_columns[:, :, pixel]
    return grad


def gaussian_window(kernel_size: int) -> Array:
    """Weights of a Gaussian over a square window, its width a quarter of the side, as image.gaussian of Torch7.

    Returns:
        ``(kernel_size²,)``, row by row, their sum 1.
    """
    distance = np.arange(kernel_size) - (kernel_size - 1) / 2
    along = np.exp(-0.5 * (distance / (0.25 * kernel_size)) ** 2)
    weights: Array = np.outer(along, along).ravel()
    weights /= weights.sum()
    return weights


class Pool2d(Module):
    """What pooling modules have in common: a square window that slides over each map on its own."""

    kernel_size: int = setting(
        2, "Window", "Side of the square that becomes one value, in pixels.", minimum=1, maximum=64
    )
    stride: int = setting(2, "Stride", "Pixels from one window to the next.", minimum=1, maximum=64)

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, h, w)`` to ``(c, (h-k)//s + 1, (w-k)//s + 1)``; ShapeProblem if the window is larger than the map."""
        channels, height, width = check_maps(type(self).__name__, shape)
        check_fit("Window", self.kernel_size, height, width)
        return (
            channels,
            steps(height, self.kernel_size, self.stride),
            steps(width, self.kernel_size, self.stride),
        )

    def windows(self, shape: Shape) -> Windows:
        """The window, along both axes."""
        return (Window(self.kernel_size, self.stride),) * 2

    def connections(self, shape: Shape) -> int:
        """One to each input of each window."""
        return math.prod(self.output_shape(shape)) * self.kernel_size**2

    def caption(self) -> str:
        """Window and stride, ``2×2 / 2``."""
        return f"{self.kernel_size}×{self.kernel_size} / {self.stride}"
