"""LateralInhibition: maps that explain the same thing silence each other; one step of LISTA."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.footprint import POINTWISE, WHOLE, Windows
from convnet_studio.engine.nn.module import Array, Family, Module, Parameter, ParameterShape, Shape, parameter, setting


class LateralInhibition(Module):
    """Shrinks its input, lets the maps inhibit each other by learned amounts, and shrinks again, place by place.

    y = h(x + S h(x)) with the soft shrinkage h(u) = sign(u) max(|u| - θ, 0), slope 0 at its kinks. S has a zero
    diagonal: no map inhibits itself. Behind a filter bank W it is one step of LISTA, Gregor and LeCun, Learning fast
    approximations of sparse coding (2010), sec. 3; with W = Dᵀ and S = I - DᵀD, for a dictionary D of unit columns,
    exactly the second step of ISTA. It begins as plain shrinkage, S = 0; θ, one for each map, is learned too and counts
    by its size.
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "lateral inhibition"
    formula: ClassVar = r"y = h_\theta(x + S \, h_\theta(x))"

    weight: Parameter = parameter()  # (maps, maps): S; its diagonal counts as zero
    theta: Parameter = parameter()  # (maps,)
    threshold: float = setting(0.1, "Threshold θ", "What training begins with.", minimum=0, maximum=100)

    def output_shape(self, shape: Shape) -> Shape:
        """As the input; the numbers of a list are maps of one place."""
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """What each map takes from each other, and the thresholds."""
        maps = shape[0]
        return {
            "weight": ParameterShape((maps, maps), maps, start=0.0),
            "theta": ParameterShape((maps,), 1, start=self.threshold),
        }

    def outputs_with(self, name: str, index: Shape, *input_shapes: Shape) -> tuple[int | slice, ...]:
        """The map that a weight holds down; through S, a threshold has a part in all maps."""
        return index[:1] if name == "weight" else ()

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each pair of maps at each place."""
        return (shape[0] - 1) * math.prod(shape)

    def windows(self, shape: Shape) -> Windows | None:
        """The same place of all maps; of lists, all."""
        return POINTWISE if len(shape) > 1 else WHOLE

    def forward(self, x: Array) -> Array:
        """``(batch, c, *space)`` in, the same out."""
        flat = x.reshape(*x.shape[:2], -1)
        self._first, self._passes_first = self._shrink(flat)
        self._second, self._passes = self._shrink(flat + self._inhibition() @ self._first)
        return self._second.reshape(x.shape)

    def backward(self, grad_output: Array) -> Array:
        """Back through both shrinkages; adds ∂S, without its diagonal, and ∂θ."""
        grad = self._passes * grad_output.reshape(self._passes.shape)
        grad_weight = (grad @ self._first.transpose(0, 2, 1)).sum(axis=0)
        np.fill_diagonal(grad_weight, 0)
        grad_first = self._passes_first * (self._inhibition().T @ grad)
        self.weight.grad += grad_weight
        grad_theta = -(np.sign(self._second) * grad + np.sign(self._first) * grad_first).sum(axis=(0, 2))
        self.theta.grad += np.sign(self.theta.value) * grad_theta
        grad_input: Array = (grad + grad_first).reshape(grad_output.shape)
        return grad_input

    def along_parameter(self, name: str, index: tuple[int, ...]) -> Array:
        """After `forward`: how each output ``(batch, c, places)`` moves with the number at `index` of an array."""
        arriving = np.zeros_like(self._first)  # how the sum before the second shrinkage moves
        if name == "weight":
            target, source = index
            if target != source:
                arriving[:, target] = self._first[:, source]
            slopes: Array = self._passes * arriving
            return slopes
        (at,) = index
        direction = np.sign(self.theta.value[at])
        arriving[...] = -(self._inhibition()[:, at, None] * (self._passes_first * np.sign(self._first))[:, at, None])
        arriving[:, at] -= np.sign(self._second[:, at])
        moved: Array = direction * self._passes * arriving
        return moved

    def _inhibition(self) -> Array:
        """S."""
        weight = self.weight.value.copy()
        np.fill_diagonal(weight, 0)
        return weight

    def _shrink(self, u: Array) -> tuple[Array, Array]:
        """h(u), and where it passes."""
        theta = np.abs(self.theta.value)[:, None]
        passes = np.abs(u) > theta
        return passes * (u - np.sign(u) * theta), passes
