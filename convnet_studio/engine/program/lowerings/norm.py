"""The contrast normalisations as operations: the module's band matrices become tables of the program.

The border modes differ in these matrices alone, and so do a local mean and its adjoint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.kernels import norm
from convnet_studio.engine.kernels.fields import Buffer
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.local_norm import DividingNorm, LocalNorm
from convnet_studio.engine.nn.local_statistics import band_matrix
from convnet_studio.engine.nn.modules.divisive_norm import DivisiveNorm
from convnet_studio.engine.nn.modules.local_contrast_norm import LocalContrastNorm
from convnet_studio.engine.nn.modules.subtractive_norm import SubtractiveNorm
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers


@lowers(SubtractiveNorm)
def lower_subtractive(node: Node, to: Builder) -> None:
    """v = x - local mean."""
    step = _Step(node, to)
    step.subtract(to.input(node), to.output(node))
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dy is not None and dx is not None:
        step.subtract_backward(dx, dy)


@lowers(DivisiveNorm)
def lower_divisive(node: Node, to: Builder) -> None:
    """y = v / max(c, sigma)."""
    step = _Step(node, to)
    spread = step.divide(to.input(node), to.output(node))
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dy is not None and dx is not None:
        step.divide_backward(dx, dy, spread)


@lowers(LocalContrastNorm)
def lower_contrast(node: Node, to: Builder) -> None:
    """One after the other."""
    step = _Step(node, to)
    v = to.scratch(to.output(node).size, f"contrast of {node.id}")
    step.subtract(to.input(node), v)
    spread = step.divide(v, to.output(node))
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dy is not None and dx is not None:
        dv = to.scratch(v.size, f"gradient of the contrast of {node.id}")
        step.divide_backward(dv, dy, spread)
        step.subtract_backward(dx, dv)


@dataclass(frozen=True)
class _Spread:
    """What the division keeps for its way back."""

    v: Buffer
    y: Buffer
    sigma: Buffer
    inverse: Buffer
    c: Buffer


class _Step:
    """Appends the subtractive and the divisive step of one module, forward and backward.

    `shared`: one statistic for all maps. With a single map that is the same as one for each, which is faster.
    """

    def __init__(self, node: Node, to: Builder) -> None:
        assert isinstance(node.module, LocalNorm)
        self._module = node.module
        self._to = to
        self._maps, self._height, self._width = node.shape
        self._positions = self._height * self._width
        self._shared = self._module.across_maps and self._maps > 1
        self._channels = 1 if self._shared else self._maps  # of a statistic
        self._all: dict[str, Any] = {"positions": self._positions, "channels": self._maps}
        self._whose: dict[str, Any] = {**self._all, "shared": int(self._shared)}

    def subtract(self, x: Buffer, y: Buffer) -> None:
        """y = x - local mean of x."""
        add = self._to.forward
        away, mean = self._like(y), self._statistic()
        add(norm.distance, x=x, y=away, **self._all, shared=int(self._module.across_maps))
        self._local_mean(add, self._mean_of_maps(add, away), mean, adjoint=False, spread=False)
        add(norm.subtract, x=away, mean=mean, y=y, **self._whose)

    def subtract_backward(self, dx: Buffer, dy: Buffer) -> None:
        """dx = dy - the adjoint of the local mean."""
        add, mean = self._to.backward, self._statistic()
        self._local_mean(add, self._mean_of_maps(add, dy), mean, adjoint=True, spread=False)
        add(norm.subtract, x=dy, mean=mean, y=dx, **self._whose)

    def divide(self, v: Buffer, y: Buffer) -> _Spread:
        """y = v / max(c, sigma)."""
        add = self._to.forward
        squares, variance = self._statistic(), self._statistic()
        kept = _Spread(v, y, self._statistic(), self._statistic(), self._to.scratch(self._channels, "c"))
        self._product(add, v, v, squares, 1 / self._maps if self._shared else 1.0)
        self._local_mean(add, squares, variance, adjoint=False, spread=True)
        add(
            norm.divisor,
            variance=variance,
            sigma=kept.sigma,
            inverse=kept.inverse,
            c=kept.c,
            positions=self._positions,
            channels=self._channels,
            mean=int(self._threshold() is None),
            threshold=self._threshold() or 0.0,
        )
        add(norm.divide, x=v, inverse=kept.inverse, y=y, **self._whose)
        return kept

    def divide_backward(self, dv: Buffer, dy: Buffer, kept: _Spread) -> None:
        """dv = dy / max(c, sigma) + what comes through sigma and c."""
        add = self._to.backward
        products, variance, through = self._statistic(), self._statistic(), self._statistic()
        self._product(add, dy, kept.y, products, 1.0)
        add(
            norm.divisor_backward,
            products=products,
            sigma=kept.sigma,
            inverse=kept.inverse,
            c=kept.c,
            divisor_gradient=self._statistic(),
            rest=self._statistic(),
            variance_gradient=variance,
            positions=self._positions,
            channels=self._channels,
            mean=int(self._threshold() is None),
        )
        self._local_mean(add, variance, through, adjoint=True, spread=True)
        scale = 1 / self._maps if self._shared else 1.0
        add(
            norm.divide_backward,
            x_gradient=dv,
            y_gradient=dy,
            x=kept.v,
            inverse=kept.inverse,
            through=through,
            **self._whose,
            scale=scale,
        )

    def _threshold(self) -> float | None:
        assert isinstance(self._module, DividingNorm)
        return self._module.fixed_threshold()

    def _like(self, buffer: Buffer) -> Buffer:
        return self._to.scratch(buffer.size, f"part of {buffer.name}")

    def _statistic(self) -> Buffer:
        return self._to.scratch(self._positions * self._channels, "statistic")

    def _mean_of_maps(self, add: Callable[..., None], x: Buffer) -> Buffer:
        if not self._shared:
            return x
        mean = self._statistic()
        add(norm.sum_of_maps, a=x, b=x, y=mean, **self._all, scale=1 / self._maps)
        return mean

    def _product(self, add: Callable[..., None], a: Buffer, b: Buffer, y: Buffer, scale: float) -> None:
        add(norm.sum_of_products if self._shared else norm.products, a=a, b=b, y=y, **self._all, scale=scale)

    def _local_mean(self, add: Callable[..., None], x: Buffer, y: Buffer, adjoint: bool, spread: bool) -> None:
        """Append y = V x Hᵀ; `spread`: of squares, where the torch border divides by the coverage once more."""
        down, across = (self._band(length, adjoint, spread) for length in (self._height, self._width))
        reach_down, reach_across = down.shape[1] // 2, across.shape[1] // 2
        row = self._width * self._channels
        horizontal_row = -(-row // 16) * 16
        horizontal = np.zeros((across.shape[1], horizontal_row))
        horizontal[:, :row] = np.repeat(across.T, self._channels, axis=1)
        add(
            norm.local_mean,
            x=x,
            y=y,
            line=self._to.scratch(row + 2 * reach_across * self._channels + 16, "line"),
            vertical=self._to.table(down),
            horizontal=self._to.table(horizontal),
            rows=self._height,
            row=row,
            channels=self._channels,
            reach_down=reach_down,
            reach_across=reach_across,
            horizontal_row=horizontal_row,
        )

    def _band(self, length: int, adjoint: bool, spread: bool) -> NDArray[Any]:
        """The matrix of one axis as ``(length, taps)``: entry t of row i belongs to column i + t - taps // 2."""
        module = self._module
        matrix, coverage = band_matrix(length, module.kernel_size, module.width, module.border, np.dtype(np.float64))
        if spread and module.border == "torch":
            matrix = matrix / coverage[:, None]
        if adjoint:
            matrix = matrix.T
        rows, columns = np.nonzero(matrix)
        reach = int(np.abs(rows - columns).max())
        band = np.zeros((length, 2 * reach + 1))
        band[rows, columns - rows + reach] = matrix[rows, columns]
        return band
