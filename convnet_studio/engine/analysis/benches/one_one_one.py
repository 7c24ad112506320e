"""The 1-1-1 net as a value: its loss at one place, and how one rule of descent fares from there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from convnet_studio.engine.analysis.bench import Bench, choice, number, numbers, reading, switch, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture
from convnet_studio.engine.analysis.one_one_one import LARGEST_SAMPLE, TANH, UNITS, Curvature, OneOneOne
from convnet_studio.engine.analysis.race import SETTLED, Rule, Walker, rules
from convnet_studio.engine.training.inquiry import Moment

MOST_STEPS = 2000
"""Of a descent that is followed."""
REACHES = ("2", "4", "6", "10")
"""How far both weights go in the picture, to either side."""
_RULES = {rule.title: rule for rule in rules()}
MOST_EVEN = 50.0
_MOST_WEIGHT, _LEAST_RATE, _MOST_RATE = 1e3, 1e-6, 1e6


@dataclass(frozen=True)
class OneOneOneBench(Bench):
    """y = g(w1 f(w0 x)), and the mean over two samples of ½ (y - t)² (LeCun and Ranzato, 2013)."""

    name: ClassVar = "one_one_one"
    title: ClassVar = "1-1-1 net"
    summary: ClassVar = "The loss surface of the smallest deep network, with optimizers racing down it."
    has_own_view: ClassVar = True

    units: str = choice(TANH, UNITS, "Units")
    inputs: tuple[float, ...] = numbers((0.5, -0.5), -LARGEST_SAMPLE, LARGEST_SAMPLE, "Inputs of the samples")
    targets: tuple[float, ...] = numbers((0.5, -0.5), -LARGEST_SAMPLE, LARGEST_SAMPLE, "Targets of the samples")
    w0: float = number(0.3, -_MOST_WEIGHT, _MOST_WEIGHT, "w0, where balls are dropped")
    w1: float = number(-1.2, -_MOST_WEIGHT, _MOST_WEIGHT, "w1, where balls are dropped")
    rate: float = number(1.0, _LEAST_RATE, _MOST_RATE, "Learning rate", is_log=True)
    rule: str = choice("Plain descent", tuple(_RULES), "Rule of descent")
    steps: int = whole(0, 0, MOST_STEPS, "Steps that a ball makes at once")
    reach: str = choice("4", REACHES, "Range of both weights")
    log_height: bool = switch(False, "Height by the logarithm of the loss")

    @property
    def net(self) -> OneOneOne:
        """Whose loss it is."""
        return OneOneOne(self.inputs, self.targets, self.units)

    @property
    def _curvature(self) -> Curvature:
        return self.net.curvature(self.w0, self.w1)

    @reading
    def loss(self, moment: Moment | None = None) -> float:
        """The loss at w0, w1."""
        return float(self.net.loss(self.w0, self.w1))

    @reading
    def gradient_w0(self, moment: Moment | None = None) -> float:
        """∂L/∂w0 there."""
        return float(self.net.gradient(self.w0, self.w1)[0])

    @reading
    def gradient_w1(self, moment: Moment | None = None) -> float:
        """∂L/∂w1 there."""
        return float(self.net.gradient(self.w0, self.w1)[1])

    @reading
    def smaller_eigenvalue(self, moment: Moment | None = None) -> float:
        """Of the Hessian there."""
        return self._curvature.eigenvalues[0]

    @reading
    def larger_eigenvalue(self, moment: Moment | None = None) -> float:
        """Of the Hessian there."""
        return self._curvature.eigenvalues[1]

    @reading
    def largest_rate(self, moment: Moment | None = None) -> float:
        """2 / λ max there: above it plain descent is not stable; infinite where nothing bends upwards."""
        return self._curvature.largest_rate

    @reading
    def steps_to_settle(self, moment: Moment | None = None) -> float:
        """Steps after which the loss stays below a millionth; not a number if that takes more than 2000."""
        return _descent(self.net, _RULES[self.rule], self.rate, (self.w0, self.w1)).settled

    @reading
    def final_loss(self, moment: Moment | None = None) -> float:
        """The loss after so many steps; infinite where it diverges."""
        losses = _descent(self.net, _RULES[self.rule], self.rate, (self.w0, self.w1)).losses
        last = losses[min(self.steps, len(losses) - 1)]
        return last if math.isfinite(last) else math.inf

    @reading
    def final_w0(self, moment: Moment | None = None) -> float:
        """Where the ball is after so many steps."""
        return self._end[0]

    @reading
    def final_w1(self, moment: Moment | None = None) -> float:
        """Where the ball is after so many steps."""
        return self._end[1]

    @reading
    def final_output(self, moment: Moment | None = None) -> float:
        """What the net answers to its first sample after so many steps."""
        return float(self.net.output(*self._end, self.inputs[0]))

    @reading
    def even_weight(self, moment: Moment | None = None) -> float:
        """The w > 0 for which w0 = w1 = w answers the first sample exactly, by halving; not a number if none is."""
        low, high = 0.0, MOST_EVEN
        target = self.targets[0]
        if not float(self.net.output(high, high, self.inputs[0])) > target > 0:
            return math.nan
        for _ in range(60):
            middle = (low + high) / 2
            if float(self.net.output(middle, middle, self.inputs[0])) < target:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    @property
    def _end(self) -> tuple[float, float]:
        places = _descent(self.net, _RULES[self.rule], self.rate, (self.w0, self.w1)).places
        return places[min(self.steps, len(places) - 1)]

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """None: its view draws it."""
        yield from ()


@dataclass(frozen=True, eq=False)
class _Descent:
    """The losses of one ball from its start on, as far as they change worth seeing, and when it settled."""

    losses: tuple[float, ...]
    places: tuple[tuple[float, float], ...]
    settled: float


@lru_cache(maxsize=32)
def _descent(net: OneOneOne, rule: Rule, rate: float, start: tuple[float, float]) -> _Descent:
    walker = Walker(net, rule, rate, start)
    losses = [walker.loss]
    while walker.step < MOST_STEPS and not walker.is_lost and not walker.loss < SETTLED**2:
        walker.advance()
        losses.append(walker.loss)
    if walker.is_lost:
        losses[-1] = math.inf
    arrived = walker.arrived_after
    return _Descent(tuple(losses), tuple(map(tuple, walker.path)), math.nan if arrived is None else float(arrived))
