"""The 1-1-1 net: one input, one hidden unit, one output, no biases; everything about its loss in closed form.

y = g(w1 f(w0 x)), and the loss is the mean over the samples of ½ (y - t)². With two weights it is a surface, which has
a saddle at 0 and valleys without an isolated minimum: the smallest deep network is not convex (LeCun and Ranzato, Deep
learning tutorial (2013); Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep
linear neural networks (2014), for the linear one).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.module import Array

TANH, LINEAR_OUTPUT, LINEAR = "tanh", "linear output", "linear"
UNITS = (TANH, LINEAR_OUTPUT, LINEAR)
"""Both units tanh; only the hidden one; neither."""
LARGEST_SAMPLE = 10.0
_SAME_CURVE = 1e-9


@dataclass(frozen=True)
class Curvature:
    """The Hessian at one place, ``[[h00, h01], [h01, h11]]``, and what follows from it.

    Attributes:
        eigenvalues: the smaller first. `direction`: unit vector (w0, w1) of the larger one.
    """

    h00: float
    h01: float
    h11: float

    @property
    def eigenvalues(self) -> tuple[float, float]:
        """Mean of the diagonal ± the root of half its difference squared plus h01²."""
        middle, reach = (self.h00 + self.h11) / 2, math.hypot((self.h00 - self.h11) / 2, self.h01)
        return middle - reach, middle + reach

    @property
    def direction(self) -> tuple[float, float]:
        """Where the surface bends upwards most."""
        angle = 0.5 * math.atan2(2 * self.h01, self.h00 - self.h11)
        return math.cos(angle), math.sin(angle)

    @property
    def largest_rate(self) -> float:
        """Above 2 / λ_max plain descent moves away along the steepest bend; infinite where nothing bends upwards.

        LeCun, Bottou, Orr and Müller, Efficient BackProp (1998), sec. 5.
        """
        steepest = self.eigenvalues[1]
        return 2 / steepest if steepest > 0 else math.inf


@dataclass(frozen=True)
class OneOneOne:
    """The loss as a function of (w0, w1), for samples `inputs` and their `targets`.

    All arrays ``w0``, ``w1`` broadcast against each other; results are float64.
    """

    inputs: tuple[float, ...] = (0.5, -0.5)
    targets: tuple[float, ...] = (0.5, -0.5)
    units: str = TANH

    def __post_init__(self) -> None:
        if self.units not in UNITS:
            raise ValueError(f"The units are {self.units!r}: choose one of {', '.join(UNITS)}.")
        if not self.inputs or len(self.inputs) != len(self.targets):
            raise ValueError("Every sample needs an input and a target, and there must be one sample at least.")
        if not all(abs(each) <= LARGEST_SAMPLE for each in (*self.inputs, *self.targets)):
            raise ValueError(f"Inputs and targets must be numbers from -{LARGEST_SAMPLE:g} to {LARGEST_SAMPLE:g}.")

    # ---------------------------------------------------------------- values

    def output(self, w0: Array | float, w1: Array | float, x: float) -> Array:
        """What the net answers to `x`."""
        hidden = _value(np.asarray(w0, np.float64) * x, self._hidden_is_tanh)
        return _value(w1 * hidden, self._output_is_tanh)

    def loss(self, w0: Array | float, w1: Array | float) -> Array:
        """The mean over the samples of ½ (y - t)²."""
        terms = [(self.output(w0, w1, x) - t) ** 2 for x, t in self._samples]
        total: Array = 0.5 * np.mean(terms, axis=0)
        return total

    def gradient(self, w0: Array | float, w1: Array | float) -> tuple[Array, Array]:
        """(∂L/∂w0, ∂L/∂w1), by the chain rule: with r = (y - t) g', they are r w1 f' x and r f."""
        by_w0, by_w1 = [], []
        for x, t in self._samples:
            f, f1, _, r, _ = self._parts(w0, w1, x, t)
            by_w0.append(r * w1 * f1 * x)
            by_w1.append(r * f)
        return np.mean(by_w0, axis=0), np.mean(by_w1, axis=0)

    def hessian(self, w0: Array | float, w1: Array | float) -> tuple[Array, Array, Array]:
        """(∂²L/∂w0², ∂²L/∂w0∂w1, ∂²L/∂w1²)."""
        terms = []
        for x, t in self._samples:
            f, f1, f2, r, bend = self._parts(w0, w1, x, t)
            inner = w1 * f1 * x  # of the output unit's input, by w0
            terms.append((bend * inner**2 + r * w1 * f2 * x * x, bend * f * inner + r * f1 * x, bend * f * f))
        h00, h01, h11 = (np.mean(each, axis=0) for each in zip(*terms, strict=True))
        return h00, h01, h11

    def curvature(self, w0: float, w1: float) -> Curvature:
        """The Hessian at one place."""
        return Curvature(*(float(each) for each in self.hessian(w0, w1)))

    # ---------------------------------------------------------------- what there is to see

    @property
    def saddle(self) -> tuple[float, Curvature]:
        """Loss and curvature at (0, 0), where the gradient is 0: ½ mean t², eigenvalues ± |mean t x|."""
        return float(self.loss(0.0, 0.0)), self.curvature(0.0, 0.0)

    @property
    def has_zero_loss(self) -> bool:
        """Whether one curve serves all samples, so that the loss reaches 0 along it."""
        w0 = np.array([0.3, 1.0, 2.7])
        curves = [self._curve(w0, x, t) for x, t in self._samples if x or t]
        first = curves[0] if curves else np.full(3, np.nan)
        return bool(np.isfinite(first).all()) and all(np.abs(each - first).max() < _SAME_CURVE for each in curves)

    def exact_curves(self, w0: Array) -> list[Array]:
        """For each sample the w1 at which it is answered exactly, w1 = g⁻¹(t) / f(w0 x), without repetitions.

        Args:
            w0: ``(n,)``. Each result ``(n,)`` is not a number where there is no such w1 (t out of reach, f = 0).
        """
        kept: list[Array] = []
        for x, t in self._samples:
            curve = self._curve(w0, x, t)
            if np.isfinite(curve).any() and not any(_are_alike(curve, each) for each in kept):
                kept.append(curve)
        return kept

    @property
    def plateaus(self) -> tuple[float, float] | None:
        """The loss far away where w0 w1 > 0, and where w0 w1 < 0; None where an output without tanh has no bound."""
        if not self._output_is_tanh:
            return None
        far = [np.sign(x) for x in self.inputs]
        same, opposite = (
            float(np.mean([0.5 * (sign * y - t) ** 2 for y, t in zip(far, self.targets, strict=True)]))
            for sign in (1, -1)
        )
        return same, opposite

    # ---------------------------------------------------------------- parts

    @property
    def _samples(self) -> list[tuple[float, float]]:
        return list(zip(self.inputs, self.targets, strict=True))

    @property
    def _hidden_is_tanh(self) -> bool:
        return self.units != LINEAR

    @property
    def _output_is_tanh(self) -> bool:
        return self.units == TANH

    def _parts(
        self, w0: Array | float, w1: Array | float, x: float, t: float
    ) -> tuple[Array, Array, Array, Array, Array]:
        """f, f', f'' of the hidden unit; r = ∂ℓ/∂b and ∂²ℓ/∂b² by the output unit's input b, for one sample."""
        f = _value(np.asarray(w0, np.float64) * x, self._hidden_is_tanh)
        f1, f2 = _slopes(f, self._hidden_is_tanh)
        y = _value(w1 * f, self._output_is_tanh)
        g1, g2 = _slopes(y, self._output_is_tanh)
        return f, f1, f2, (y - t) * g1, g1 * g1 + (y - t) * g2

    def _curve(self, w0: Array, x: float, t: float) -> Array:
        with np.errstate(all="ignore"):
            aim = np.arctanh(t) if self._output_is_tanh else np.float64(t)
            found = aim / _value(w0 * x, self._hidden_is_tanh)
        return np.where(np.isfinite(found), found, np.nan)


def _value(a: Array, is_tanh: bool) -> Array:
    return np.tanh(a) if is_tanh else a


def _slopes(value: Array, is_tanh: bool) -> tuple[Array, Array]:
    """First and second derivative of a unit that answers `value`."""
    if not is_tanh:
        return np.ones_like(value), np.zeros_like(value)
    first = 1 - value * value
    return first, -2 * value * first


def _are_alike(a: Array, b: Array) -> bool:
    """Whether two curves agree wherever both are."""
    with np.errstate(invalid="ignore"):
        return bool(np.nanmax(np.abs(a - b) / (1 + np.abs(a)), initial=0.0) < _SAME_CURVE)
