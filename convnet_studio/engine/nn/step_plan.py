"""Step plan: what an update does besides the optimizer's rule: who learns how fast, clipping, penalties, max-norm.

All of it acts on the flat vectors. In this order: the gradient is clipped, L2 is added to it (so that, as in PyTorch,
the penalty is not clipped), the optimizer moves the parameters, L1 shrinks the weights, max-norm bounds them.

Only weights are penalised and bounded: arrays of two dimensions or more that are not called "bias". A bias or a gain
says where or how much, not how complicated, so that a penalty on it only does harm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network

CLIP_MARGIN = 1e-6
"""Added to the norm that a clipped gradient is divided by, as in PyTorch's clip_grad_norm_."""


@dataclass(frozen=True)
class Run:
    """The flat parameters `start` to `end` - 1, whose learning rate is `factor` times that of the network."""

    start: int
    end: int
    factor: float

    @property
    def part(self) -> slice:
        """Where they lie in the flat vectors."""
        return slice(self.start, self.end)


@dataclass(frozen=True)
class Rows:
    """A weight array in the flat vector: `rows` units from `start`, each with `length` incoming weights."""

    start: int
    rows: int
    length: int
    factor: float

    @property
    def part(self) -> slice:
        """Where it lies in the flat vectors."""
        return slice(self.start, self.start + self.rows * self.length)


@dataclass(frozen=True)
class Regularization:
    """How strongly an update is held back; 0 is not at all.

    Attributes:
        l1: λ of λ‖w‖₁. `l2`: λ of ½λ‖w‖².
        max_norm: the Euclidean norm that the incoming weights of one unit may have.
        clip_norm: the norm that the whole gradient may have.
    """

    l1: float = 0.0
    l2: float = 0.0
    max_norm: float = 0.0
    clip_norm: float = 0.0


@dataclass(frozen=True)
class StepPlan:
    """Which numbers of the flat vectors learn, and what holds them back. Frozen ones are in no run and no rows."""

    runs: tuple[Run, ...]
    weights: tuple[Rows, ...] = ()
    limits: Regularization = Regularization()

    def without_penalties(self) -> StepPlan:
        """The same with L1 and L2 switched off, as before their first epoch."""
        return replace(self, limits=replace(self.limits, l1=0.0, l2=0.0))

    def prepared(self, parameters: Array, gradients: Array) -> Array:
        """The gradient that the rule sees: clipped, then with L2's λw; `gradients` itself stays as it is."""
        limits = self.limits
        if limits.clip_norm:
            gradients = gradients * min(1.0, limits.clip_norm / (self.norm(gradients) + CLIP_MARGIN))
        return self.decayed(parameters, gradients)

    def decayed(self, parameters: Array, gradients: Array) -> Array:
        """The gradient with L2's λw added."""
        if not self.limits.l2:
            return gradients
        gradients = gradients.copy()
        for each in self.weights:
            gradients[each.part] += self.limits.l2 * parameters[each.part]
        return gradients

    def penalty(self, parameters: Array) -> float:
        """½λ‖w‖², whose gradient `decayed` adds."""
        if not self.limits.l2:
            return 0.0
        squares = (float(np.square(parameters[each.part], dtype=np.float64).sum()) for each in self.weights)
        return 0.5 * self.limits.l2 * sum(squares)

    def norm(self, gradients: Array) -> float:
        """The Euclidean norm of the part of the gradient that learns."""
        return math.sqrt(sum(float(np.square(gradients[e.part], dtype=np.float64).sum()) for e in self.runs))

    def finish(self, parameters: Array, rate: float) -> None:
        """Shrink and bound the weights in place, after the rule moved them at the learning rate `rate`.

        L1 is the proximal step w = sign(w) max(|w| - rate λ, 0), which gives exact zeros (Parikh and Boyd, Proximal
        algorithms (2014), sec. 6.5.2). Max-norm scales a unit's weights back onto the sphere (Srivastava et al.,
        Dropout (2014), sec. 5.1).
        """
        for each in self.weights:
            weights = parameters[each.part]
            if self.limits.l1:
                left = np.abs(weights) - rate * each.factor * self.limits.l1
                weights[...] = np.sign(weights) * np.maximum(left, 0)
            if self.limits.max_norm:
                rows = weights.reshape(each.rows, each.length)
                norms = np.sqrt(np.square(rows, dtype=np.float64).sum(axis=1))
                over = norms > self.limits.max_norm
                rows[over] *= (self.limits.max_norm / norms[over])[:, None].astype(rows.dtype)


def plain_plan(size: int) -> StepPlan:
    """All of `size` parameters learn alike, nothing holds them back."""
    return StepPlan((Run(0, size, 1.0),))


def plan_for(network: Network, learning: Mapping[str, Learning], limits: Regularization) -> StepPlan:
    """The plan of a network whose modules learn as `learning` says by id (a module without an entry: like the rest)."""
    runs: list[Run] = []
    weights: list[Rows] = []
    start = network.parameters.__array_interface__["data"][0]
    for module_id, span in sorted(network.slices.items(), key=lambda each: each[1].start):
        how = learning.get(module_id, Learning())
        if not how.learns or network.is_fitted(module_id):
            continue
        if runs and span.start < runs[-1].end:  # parameters that modules share are moved once
            continue
        runs.append(Run(span.start, span.stop, how.rate))
        for name, each in network.parameters_of(module_id).items():
            shape = each.value.shape
            if is_weight(name, shape):
                offset = (each.value.__array_interface__["data"][0] - start) // each.value.itemsize
                weights.append(Rows(offset, shape[0], math.prod(shape[1:]), how.rate))
    return StepPlan(tuple(runs), tuple(weights), limits)


def is_weight(name: str, shape: tuple[int, ...]) -> bool:
    """Whether a learnable array mixes inputs, so that penalties and initialisers act on it."""
    return len(shape) > 1 and name != "bias"
