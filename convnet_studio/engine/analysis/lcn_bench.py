"""LCN bench: local contrast normalisation of one picture, step by step, and how little light changes of what it gives.

Every array is made by the same two steps that the module LocalContrastNorm is made of, so that the last one is its
output, bit for bit. Jarrett et al., What is the best multi-stage architecture for object recognition? (2009), sec. 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.local_statistics import Division, Subtraction
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.local_contrast_norm import LocalContrastNorm

_REACH = 2.5
"""Of a brush: its mark ends at so many of its radii."""


@dataclass(frozen=True, eq=False)
class LcnSteps:
    """What LocalContrastNorm computes on its way from x to y, of one picture.

    Attributes:
        norm: the settings.
        x: the picture ``(maps, height, width)``.
        mean: m, the weighted mean around each pixel; ``(1, height, width)`` if it is one mean across all maps.
        subtracted: v = x - m, shaped as x.
        deviation: σ, the root of the weighted mean of v², shaped as m.
        smallest: c, the smallest divisor, ``(1 or maps, 1, 1)``.
        y: v / max(c, σ), shaped as x; 0 where v and its whole neighbourhood are 0.
    """

    norm: LocalContrastNorm
    x: Array
    mean: Array
    subtracted: Array
    deviation: Array
    smallest: Array
    y: Array

    @property
    def divisor(self) -> Array:
        """max(c, σ), shaped as σ."""
        return np.maximum(self.smallest, self.deviation)


def lcn_steps(norm: LocalContrastNorm, picture: Array) -> LcnSteps:
    """All steps for a picture ``(maps, height, width)``, in the picture's own precision."""
    neighbourhood = norm.neighbourhood()
    x = picture[None]
    v = Subtraction(neighbourhood).forward(x)
    division = Division(neighbourhood, norm.fixed_threshold())
    y = division.forward(v)
    smallest = np.broadcast_to(division.smallest, (1, division.sigma.shape[1], 1, 1))
    return LcnSteps(norm, picture, neighbourhood.forward(x)[0], v[0], division.sigma[0], smallest[0], y[0])


@dataclass(frozen=True, eq=False)
class LcnArithmetic:
    """How one value of y comes about.

    Attributes:
        top, left: the first row and column of the window's part inside the picture.
        weights: ``(rows, columns)`` of that part; their sum over the window, and over the maps where they share one
            mean, is 1.
        x, v: what lies in the window, ``(maps, rows, columns)``: all maps that share the mean, or the map alone.
        mean, value, subtracted, deviation, smallest, y: m, x, v, σ, c and y at the pixel itself.
        coverage: which part of the window lies inside.
        excess: by which σ² is divided though the weights' sum is 1: `coverage` with Torch7's border, else 1.
    """

    top: int
    left: int
    weights: Array
    x: Array
    v: Array
    value: float
    mean: float
    subtracted: float
    deviation: float
    smallest: float
    y: float
    coverage: float
    excess: float

    @property
    def summed_mean(self) -> float:
        """Σ w·x, added up term by term in double precision."""
        return float((self.weights * self.x.astype(np.float64)).sum())

    @property
    def summed_variance(self) -> float:
        """σ² = Σ w·v², over `excess`, term by term."""
        return float((self.weights * self.v.astype(np.float64) ** 2).sum() / self.excess)

    @property
    def divides_by_smallest(self) -> bool:
        """Whether the divisor is c, because σ is not larger."""
        return self.deviation <= self.smallest


def lcn_arithmetic(steps: LcnSteps, index: int, row: int, column: int) -> LcnArithmetic:
    """The arithmetic of y at a pixel of map `index`."""
    neighbourhood, x = steps.norm.neighbourhood(), steps.x[None].astype(np.float64)
    weights = neighbourhood.weights_at(x, row, column)
    reach = steps.norm.kernel_size // 2
    top, left = max(0, row - reach), max(0, column - reach)
    window = (slice(top, row + reach + 1), slice(left, column + reach + 1))
    maps = slice(None) if steps.norm.across_maps else slice(index, index + 1)
    shared = 0 if steps.norm.across_maps else index
    coverage = float(neighbourhood.coverage(x)[row, column])
    count = len(steps.x[maps])
    return LcnArithmetic(
        top=top,
        left=left,
        weights=weights[window] / count,
        x=steps.x[maps, *window],
        v=steps.subtracted[maps, *window],
        value=float(steps.x[index, row, column]),
        mean=float(steps.mean[shared, row, column]),
        subtracted=float(steps.subtracted[index, row, column]),
        deviation=float(steps.deviation[shared, row, column]),
        smallest=float(steps.smallest[shared, 0, 0]),
        y=float(steps.y[index, row, column]),
        coverage=coverage,
        excess=coverage if steps.norm.border == "torch" else 1.0,
    )


@dataclass(frozen=True, eq=False)
class Light:
    """Light that falls on a picture: ``x * factor + glow``; nothing is cut off at white.

    Attributes:
        factor: ``(height, width)``, the share of the light that is left: 1 where there is no shadow.
        glow: ``(height, width)``, what is added: 0 where no light falls.
    """

    factor: Array
    glow: Array

    @staticmethod
    def none(height: int, width: int) -> Light:
        """The light that changes nothing."""
        return Light(np.ones((height, width), np.float32), np.zeros((height, width), np.float32))

    @property
    def changes_anything(self) -> bool:
        """Whether any pixel looks different in it."""
        return bool((self.factor != 1).any() or self.glow.any())

    def on(self, picture: Array) -> Array:
        """The picture ``(maps, height, width)`` in this light, in its own precision."""
        return np.asarray(picture * self.factor + self.glow, picture.dtype)

    def and_(self, other: Light) -> Light:
        """Both: `other` falls on what this one has left."""
        return Light(self.factor * other.factor, self.glow * other.factor + other.glow)


def ramp(height: int, width: int, added: float, taken: float) -> Light:
    """Light that rises evenly to the right, from 0 to `added`; shadow that deepens to the left, to `taken` (0 .. 1)."""
    rising = np.broadcast_to(np.linspace(0, 1, width, dtype=np.float32), (height, width))
    return Light(1 - np.float32(taken) * (1 - rising), np.float32(added) * rising)


def evenly_lit(height: int, width: int, gain: float, offset: float) -> Light:
    """Light that is the same everywhere: `gain` times what is there, and `offset` more."""
    return Light(np.full((height, width), gain, np.float32), np.full((height, width), offset, np.float32))


def painted(light: Light, row: float, column: float, radius: float, strength: float) -> Light:
    """One dab of a soft, round brush.

    Args:
        light: so far.
        row, column: the middle of the dab, in pixels; the middle of the first pixel is 0.
        radius: standard deviation of the brush in pixels.
        strength: above 0 so much light is added in the middle; below 0 such a share of the light is taken away.
    """
    height, width = light.factor.shape
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y - row, x - column) / radius
    dab = np.where(distance < _REACH, np.exp(-0.5 * distance**2), 0).astype(np.float32)
    if strength >= 0:
        return Light(light.factor, light.glow + np.float32(strength) * dab)
    factor = 1 + np.float32(strength) * dab
    return Light(light.factor * factor, light.glow * factor)


def correlation(before: Array, after: Array) -> float:
    """Pearson's correlation of all numbers of two equal arrays; nan where one of them is constant."""
    a, b = (each.astype(np.float64) - each.mean(dtype=np.float64) for each in (before, after))
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else float("nan")


def relative_change(before: Array, after: Array) -> float:
    """Root mean square of what changed, in units of the standard deviation of `before`; nan if that is constant."""
    spread = float(before.std(dtype=np.float64))
    change = float(np.sqrt(np.square(after.astype(np.float64) - before).mean()))
    return change / spread if spread > 0 else float("nan")


def neighbour_correlation(maps: Array, side: int = 7, most: int = 1500) -> float:
    """Mean of |correlation| between the pixels of a neighbourhood, over all pairs of different pixels.

    1: each pixel tells all others; 0: none tells anything of another (white). Of `maps` ``(maps, height, width)`` the
    `neighbourhoods` are taken. Nan where the picture is smaller than one, or constant.
    """
    return mean_correlation(neighbourhoods(maps, side, most))


def neighbourhoods(maps: Array, side: int = 7, most: int = 1500) -> Array:
    """Of all `side` x `side` pixels in `maps` ``(maps, height, width)`` every n-th, so that they are about `most`.

    Returns:
        ``(count, side²)``; none where the maps are smaller.
    """
    if min(maps.shape[1:]) < side:
        return np.zeros((0, side * side), maps.dtype)
    patches = np.lib.stride_tricks.sliding_window_view(maps, (side, side), axis=(1, 2))
    count = patches.shape[0] * patches.shape[1] * patches.shape[2]
    places = np.unravel_index(np.arange(0, count, max(1, round(count / most))), patches.shape[:3])
    samples: Array = patches[places].reshape(-1, side * side)
    return samples


def mean_correlation(samples: Array) -> float:
    """Mean of |correlation| over all pairs of different columns of ``(count, n)`` that vary; nan for fewer than two."""
    if not len(samples):
        return float("nan")
    samples = samples - samples.mean(axis=0)
    deviations = np.sqrt(np.square(samples).mean(axis=0))
    varying = deviations > 0
    if varying.sum() < 2:
        return float("nan")
    samples = samples[:, varying] / deviations[varying]
    matrix = np.abs(samples.T @ samples) / len(samples)
    pairs = len(matrix) * (len(matrix) - 1)
    return float((matrix.sum() - np.trace(matrix)) / pairs)


@dataclass(frozen=True)
class NoiseSpread:
    """Standard deviation of y over pictures of white noise: in the middle, along the edges away from
    the corners, and in the corners."""

    inside: float
    edge: float
    corner: float


def noise_spread(norm: LocalContrastNorm, pictures: int = 400, seed: int = 2013) -> NoiseSpread:
    """The NoiseSpread of a normalisation: the three are alike where the border is treated fairly.

    The pictures, one map of independent normal numbers, are so large that the middle knows of no border.
    """
    reach = 2 * (norm.kernel_size // 2)
    side = 2 * reach + 8
    y = norm.forward(np.random.default_rng(seed).standard_normal((pictures, 1, side, side)))
    middle = y[..., reach:-reach, reach:-reach]
    inside = slice(reach, -reach)
    edges = np.concatenate([y[..., 0, inside], y[..., -1, inside], y[..., inside, 0], y[..., inside, -1]])
    corners = y[..., :: side - 1, :: side - 1]
    return NoiseSpread(float(middle.std()), float(edges.std()), float(corners.std()))
