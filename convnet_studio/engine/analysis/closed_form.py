"""Closed form: the best stimulus of a unit that pools linear responses by their L2 norm, without any climbing.

Such a unit is R(x) = ‖A x + b‖. Without bias the best x of norm r is r times the top right singular vector of A, and
R = r σ_max (Saxe et al., On random weights and unsupervised feature learning, 2011). With b the best x solves

    (λ I - AᵀA) x = Aᵀ b,   ‖x‖ = r,   λ ≥ σ_max²,

a trust-region problem whose λ is found by bisection (Moré and Sorensen, Computing a trust region step, 1983).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.analysis.unit import Unit, UnitPath
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d

_BATCH = 8
_MOST_PIXELS = 1600
"""Of a receptive field: a matrix for more takes too long."""
_EXACT = 1e-4
"""Relative error up to which what is measured counts as linear, in float32."""


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """The best stimulus by linear algebra.

    Attributes:
        value: R of it. `has_bias`: whether b is not 0, so that it differs from the singular vector.
        directions: ``(k, pixels)``, k = 1 or 2, orthonormal: the stimulus, and without bias the second singular vector,
            whose σ is mostly nearly the same: any mixture of the two, a grating of any phase, is then nearly as good.
        singular_values: of A, times the norm r, the largest first.
    """

    value: float
    has_bias: bool
    directions: Array
    singular_values: Array

    def share_inside(self, stimulus: Array) -> float:
        """How much of a stimulus ``(pixels,)`` lies in the plane of `directions`, as the cosine of its angle to it."""
        length = float(np.linalg.norm(stimulus))
        return float(np.linalg.norm(self.directions @ stimulus)) / length if length > 0 else 0.0


def closed_form(path: UnitPath, unit: Unit, norm: float) -> Iterator[ClosedForm | None]:
    """Yields None after each piece of work, and at last the closed form, if the unit has one.

    It has one where its module is an L2 pooling (LPPool2d, P = 2) and all before that is linear, which is tried out.
    """
    pool = path.node.module
    if not isinstance(pool, LPPool2d) or pool.p != 2 or pool.learns_p:
        return
    below = UnitPath(path.network, path.node.sources[0])
    box = path.box(unit)
    space = path.network.input_shape
    pixels = np.zeros(space, bool)
    pixels[(slice(None), *box)] = True
    count = int(pixels.sum())
    if count > _MOST_PIXELS or not _is_linear(below, pixels):
        return
    yield None
    row, column = unit.index(path.shape)[1:]
    rows = slice(row * pool.stride, row * pool.stride + pool.kernel_size)
    columns = slice(column * pool.stride, column * pool.stride + pool.kernel_size)
    weights = np.sqrt(pool.weights())

    def responses(pictures: Array) -> Array:
        """What is pooled, each weighted as in the sum of squares, ``(batch, window)``."""
        seen = below.forward(pictures)[:, unit.channel, rows, columns].reshape(len(pictures), -1)
        weighted: Array = weights * seen.astype(np.float64)
        return weighted

    bias = responses(np.zeros((1, *space), path.network.parameters.dtype))[0]
    matrix = np.empty((len(bias), count))
    places = np.argwhere(pixels)
    for start in range(0, count, _BATCH):
        part = places[start : start + _BATCH]
        pictures = np.zeros((len(part), *space), path.network.parameters.dtype)
        pictures[(np.arange(len(part)), *part.T)] = 1
        matrix[:, start : start + len(part)] = (responses(pictures) - bias).T
        yield None
    yield best_on_sphere(matrix, bias, norm)


def best_on_sphere(matrix: Array, bias: Array, norm: float) -> ClosedForm:
    """The x of ‖x‖ = `norm` with the largest ‖`matrix` x + `bias`‖."""
    left, sizes, right = np.linalg.svd(matrix, full_matrices=False)
    has_bias = bool(np.abs(bias).max(initial=0.0) > 1e-7 * max(1.0, float(sizes[0]) * norm))
    if not has_bias:
        return ClosedForm(float(sizes[0]) * norm, False, right[:2], sizes * norm)
    pull = sizes * (left.T @ bias)  # Aᵀ b in the basis of the right singular vectors
    top = float(sizes[0]) ** 2
    low, high = top, top + float(np.linalg.norm(pull)) / norm + 1.0
    for _ in range(200):
        middle = (low + high) / 2
        length = float(np.linalg.norm(pull / np.maximum(middle - sizes**2, 1e-300)))
        low, high = (middle, high) if length > norm else (low, middle)
    inside = pull / np.maximum(high - sizes**2, 1e-300)
    missing = norm**2 - float(inside @ inside)
    if missing > 1e-9 * norm**2:  # nothing pulls along the top vector: it takes up what is missing of the norm
        inside[0] += np.sqrt(missing)
    best = inside @ right
    value = float(np.linalg.norm(matrix @ best + bias))
    return ClosedForm(value, True, (best / np.linalg.norm(best))[None], sizes * norm)


def _is_linear(path: UnitPath, pixels: Array) -> bool:
    """Whether f(x + y) + f(0) = f(x) + f(y) for pictures large enough to leave the straight part of any squashing."""
    random = np.random.default_rng(0)
    x, y = (10 * random.normal(size=pixels.shape) * pixels for _ in range(2))
    pictures = np.stack([x + y, np.zeros_like(x), x, y]).astype(path.network.parameters.dtype)
    together, nothing, first, second = path.forward(pictures).astype(np.float64)
    error = np.abs(together + nothing - first - second).max(initial=0.0)
    return bool(error <= _EXACT * max(np.abs(together).max(initial=0.0), 1e-12))
