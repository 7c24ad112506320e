"""Local statistics: mean and spread around every pixel, and the two steps of contrast normalisation made of them.

The window is a Gaussian, the product of one along the rows and one along the columns. Along one axis the weighted mean
is a band matrix, whose rows tell what happens at the border; its adjoint is the transpose.

Borders, where part of the window hangs over the edge (w sums to 1 over the window, `coverage` is the part of it
inside):

- ``exact``: the mean over the part inside, of x as of squares.
- ``torch``: as Torch7 computes it: the mean is exact, the spread comes out too large by 1/√coverage.
- ``reflect``: pixels are mirrored at the edge, which itself is not repeated.

Jarrett et al., What is the best multi-stage architecture for object recognition? (2009), sec. 2; Torch7's
SpatialSubtractiveNormalization and SpatialDivisiveNormalization.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from convnet_studio.engine.nn.module import Array

BORDERS = ("exact", "torch", "reflect")
THRESHOLDS = ("mean", "fixed")


def gaussian_taps(kernel_size: int, width: float) -> Array:
    """The weights of one axis: `kernel_size` (odd) values of a Gaussian of `width` pixels, their sum 1."""
    distance = np.arange(kernel_size) - kernel_size // 2
    taps: Array = np.exp(-0.5 * (distance / width) ** 2)
    taps /= taps.sum()
    return taps


@lru_cache(maxsize=256)
def band_matrix(length: int, kernel_size: int, width: float, border: str, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """The weighted mean along one axis of `length` pixels as a matrix, and the coverage of each of its rows.

    Returns:
        matrix ``(length, length)``, each row's sum 1; coverage ``(length,)``, 1 where the window is inside. Read-only.
    """
    reach = kernel_size // 2
    rows = np.repeat(np.arange(length), kernel_size)
    seen = rows + np.tile(np.arange(-reach, reach + 1), length)
    weights = np.tile(gaussian_taps(kernel_size, width), length)
    if border == "reflect":
        seen = _reflect(seen, length)
    inside = (seen >= 0) & (seen < length)
    matrix = np.zeros((length, length))
    np.add.at(matrix, (rows[inside], seen[inside]), weights[inside])
    coverage = matrix.sum(axis=1)
    matrix /= coverage[:, None]
    result = matrix.astype(dtype), coverage.astype(dtype)
    for each in result:
        each.flags.writeable = False
    return result


def _reflect(index: Array, length: int) -> Array:
    """Fold indices beyond the edges back: 2 1 | 0 1 2 | 1 0, as often as it takes."""
    period = max(2 * (length - 1), 1)
    folded = np.abs(index) % period
    return np.minimum(folded, period - folded) if length > 1 else np.zeros_like(index)


@dataclass(frozen=True)
class LocalMean:
    """The Gaussian-weighted mean around every pixel of ``(batch, channel, height, width)``.

    Attributes:
        kernel_size: side of the window in pixels, odd.
        width: the Gaussian's standard deviation in pixels.
        border: one of BORDERS.
        across_maps: one mean over all maps, ``(batch, 1, height, width)``, instead of one for each.
    """

    kernel_size: int
    width: float
    border: str
    across_maps: bool

    def forward(self, x: Array) -> Array:
        """Means around every pixel."""
        rows, columns = self._matrices(x)
        if self.across_maps:
            x = x.mean(axis=1, keepdims=True)
        return rows @ x @ columns.T

    def adjoint(self, grad_mean: Array, maps: int) -> Array:
        """The gradient by each of `maps` maps for the gradient by the mean; across maps it is the same for all."""
        rows, columns = self._matrices(grad_mean)
        grad = rows.T @ grad_mean @ columns
        return grad / maps if self.across_maps else grad

    def coverage(self, x: Array) -> Array:
        """``(height, width)``: which part of the window around each pixel of `x` lies inside the picture."""
        down, across = (self._along(length, x.dtype)[1] for length in x.shape[2:])
        return np.outer(down, across)

    def weights_at(self, x: Array, row: int, column: int) -> Array:
        """``(height, width)``: how much each pixel of a map of `x` counts in the mean around one pixel; their sum is 1.

        Across maps that is shared out evenly among the maps.
        """
        rows, columns = self._matrices(x)
        return np.outer(rows[row], columns[column])

    def _matrices(self, x: Array) -> tuple[Array, Array]:
        rows, columns = (self._along(length, x.dtype)[0] for length in x.shape[2:])
        return rows, columns

    def _along(self, length: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
        return band_matrix(length, self.kernel_size, self.width, self.border, dtype)


class Subtraction:
    """The subtractive step, v = x - mean(x), where the mean is that of the neighbourhood."""

    def __init__(self, mean: LocalMean) -> None:
        self._mean = mean

    def forward(self, x: Array) -> Array:
        """``(batch, channel, height, width)`` in, the same out."""
        # The mean is taken of the distance to one pixel: a constant picture gives exactly 0, and no digits are lost
        # where the picture is bright and its contrast faint.
        reference = x[:, :1, :1, :1] if self._mean.across_maps else x[:, :, :1, :1]
        distance = x - reference
        return distance - self._mean.forward(distance)

    def backward(self, grad_output: Array) -> Array:
        """∂x = ∂v - meanᵀ(∂v), summed over the maps that share the mean."""
        grad_mean = grad_output.sum(axis=1, keepdims=True) if self._mean.across_maps else grad_output
        return grad_output - self._mean.adjoint(grad_mean, grad_output.shape[1])

    def tangent(self, direction: Array) -> Array:
        """How v moves while x moves in a direction: as that is taken, for the step is linear."""
        return direction - self._mean.forward(direction)


class Division:
    """The divisive step, y = v / max(c, σ), where σ² is the mean of v² over the neighbourhood.

    Either c is the mean of σ over the picture (of each sample; of each map where maps have a σ of their own), and the
    gradient through it counts; or it is a fixed number.

    Args:
        mean: the neighbourhood.
        threshold: the fixed c; None: the mean of σ.

    Attributes:
        sigma: σ of the last forward pass, ``(batch, channel, height, width)``, one channel if the maps share it.
        smallest: c of that pass, broadcast against `sigma`.
    """

    sigma: Array
    smallest: Array

    def __init__(self, mean: LocalMean, threshold: float | None) -> None:
        self._mean = mean
        self._threshold = threshold

    def forward(self, v: Array) -> Array:
        """``(batch, channel, height, width)`` in, the same out; 0 where v and its whole neighbourhood are 0."""
        self._input = v
        self._excess: Array = self._mean.coverage(v) if self._mean.border == "torch" else np.ones((), v.dtype)
        self.sigma = np.sqrt(self._mean.forward(v * v) / self._excess)
        fixed = self._threshold
        c = _mean_over_positions(self.sigma) if fixed is None else np.asarray(fixed, v.dtype)
        self.smallest = c
        self._above = self.sigma > c
        divisor = np.maximum(self.sigma, c)
        self._inverse = _invert(divisor)
        self._output = v * self._inverse
        return self._output

    def backward(self, grad_output: Array) -> Array:
        """∂v = ∂y / d + 2 v meanᵀ(∂σ²), where d = max(c, σ)."""
        grad_divisor: Array = -grad_output * self._output * self._inverse
        if self._mean.across_maps:
            grad_divisor = grad_divisor.sum(axis=1, keepdims=True)
        grad_sigma: Array = np.where(self._above, grad_divisor, 0)
        if self._threshold is None:
            grad_sigma = grad_sigma + np.where(self._above, 0, grad_divisor).mean(axis=(2, 3), keepdims=True)
        grad_variance = grad_sigma * _invert(2 * self.sigma) / self._excess
        through_sigma = self._mean.adjoint(grad_variance, grad_output.shape[1])
        grad: Array = grad_output * self._inverse + 2 * self._input * through_sigma
        return grad

    def tangent(self, direction: Array) -> Array:
        """How y moves while v moves in a direction, to first order, where the last forward pass was."""
        sigma = self._mean.forward(2 * self._input * direction) / self._excess * _invert(2 * self.sigma)
        c = sigma.mean(axis=(2, 3), keepdims=True) if self._threshold is None else 0
        divisor = np.where(self._above, sigma, c)
        moved: Array = (direction - self._output * divisor) * self._inverse
        return moved


def _mean_over_positions(sigma: Array) -> Array:
    """The mean of each map, ``(batch, channel, 1, 1)``; of equal numbers it is that number to the bit.

    It is taken a second time, of the distance to the first: which of nearly equal σ are above it, and so how gradients
    go, is no matter of rounding then.
    """
    rough = sigma.mean(axis=(2, 3), keepdims=True)
    mean: Array = rough + (sigma - rough).mean(axis=(2, 3), keepdims=True)
    return mean


def _invert(divisor: Array) -> Array:
    """``1 / divisor``, and 0 where it is 0."""
    inverse: Array = np.where(divisor > 0, 1 / np.where(divisor > 0, divisor, 1), 0)
    return inverse
