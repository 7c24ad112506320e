"""Four numbers become one: the average, the p-norm, log-sum-exp and the maximum, step by step, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, choice, number, numbers, reading, switch
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Curves, Mark, Numbers, Rows
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.modules.avg_pool2d import AvgPool2d
from convnet_studio.engine.nn.modules.formula import Formula
from convnet_studio.engine.nn.modules.log_sum_exp_pool2d import LogSumExpPool2d
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d
from convnet_studio.engine.nn.modules.max_pool2d import MaxPool2d
from convnet_studio.engine.nn.windows import Pool2d
from convnet_studio.engine.training.inquiry import Moment

AVERAGE, P_NORM, PROB, MAX = "average", "p-norm", "log-sum-exp", "max"
MEAN, SUM = "mean", "sum"
SIZES, SIGNED = "of |x|", "of x, as in Torch7"
SIDE = 2
_CURVE_P = np.geomspace(1, 64, 61)
_CURVE_B = np.geomspace(0.001, 1000, 61)


@dataclass(frozen=True)
class PoolWindow(Bench):
    """One window of 2 × 2 numbers, pooled by the program's own modules.

    Torch7's SpatialLPPooling is the chain power p, average, times the area, power 1/p: it takes the sum, and powers of
    x as it is. The tutorial's slide on pooling has log-sum-exp, there called PROB, with the sum too.
    """

    name: ClassVar = "pool_window"
    title: ClassVar = "One pooling window"
    summary: ClassVar = "Four numbers pooled into one, step by step: mean or sum, signs, and where the gradient goes."

    numbers: tuple[float, ...] = numbers((3.0, 0.0, 0.0, 4.0), -100.0, 100.0, "Numbers of the window")
    kind: str = choice(P_NORM, (AVERAGE, P_NORM, PROB, MAX), "Kind of pooling")
    p: float = number(2.0, 1.0, 64.0, "p of the p-norm", is_log=True)
    b: float = number(1.0, 0.001, 1000.0, "b of log-sum-exp", is_log=True)
    inside: str = choice(MEAN, (MEAN, SUM), "Inside the root or logarithm")
    powers: str = choice(SIZES, (SIZES, SIGNED), "Powers of the p-norm")
    backward: bool = switch(False, "Send a gradient of 1 back")

    @reading
    def value(self, moment: Moment | None = None) -> float:
        """What the window is pooled to; not a number where a root of a negative number would have to be taken."""
        return self._passed()[0]

    @reading
    def is_number(self, moment: Moment | None = None) -> float:
        """1 where the value is finite, else 0."""
        return float(np.isfinite(self.value()))

    @reading
    def sum_minus_mean(self, moment: Moment | None = None) -> float:
        """The value with the sum inside less that with the mean inside; not a number where either is none."""
        return replace(self, inside=SUM).value() - replace(self, inside=MEAN).value()

    @reading
    def gradient(self, moment: Moment | None = None) -> Array:
        """∂value/∂x of each number, row by row; not a number where the value is none."""
        return self._passed()[1]

    @reading
    def nonzeros(self, moment: Moment | None = None) -> float:
        """How many of the four get any gradient."""
        return float(np.count_nonzero(self.gradient()))

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The window, the steps, the way back if it is wanted, and both forms over the whole range of p or b."""
        value, gradient = self._passed()
        window = self._window[0, 0]
        winner = ((int(window.argmax()) // SIDE, int(window.argmax()) % SIDE),) if self.kind == MAX else ()
        shown: list[BenchPicture] = [Numbers("The window", window, outlined=winner)]
        if self.backward:
            shown.append(Numbers("Gradient at each number", gradient.reshape(SIDE, SIDE), meaning="gradient"))
        steps = (*self._steps(), ("pooled value", _text(value)))
        shown.append(Rows("Step by step", ("step", "numbers"), steps, len(steps) - 1))
        if self.kind == PROB or (self.kind == P_NORM and self.powers == SIZES):
            shown.append(self._curves(value))
        yield tuple(shown)

    # ---------------------------------------------------------------- what is computed

    @property
    def _window(self) -> Array:
        return np.array(self.numbers, np.float64).reshape(1, 1, SIDE, SIDE)

    def _passed(self) -> tuple[float, Array]:
        """(value, gradient of each number) by the modules' own forward and backward."""
        chain, y = self._chain(), self._window
        with np.errstate(all="ignore"):
            for module in chain:
                y = module.forward(y)
            back = np.ones_like(y)
            for module in reversed(chain):
                back = module.backward(back)  # type: ignore[assignment]
        return float(y.reshape(())), back.ravel()

    def _chain(self) -> tuple[Module, ...]:
        if self.kind == MAX:
            return (_over_window(MaxPool2d),)
        if self.kind == AVERAGE:
            return (_over_window(AvgPool2d),)
        if self.kind == PROB:
            return (_over_window(LogSumExpPool2d, b=self.b, inside=self.inside),)
        if self.powers == SIZES:
            return (_over_window(LPPool2d, p=self.p, inside=self.inside),)
        times = SIDE**2 if self.inside == SUM else 1
        power, root = f"x^{self.p!r}", f"({times} * x)^(1 / {self.p!r})"
        return Formula(expression=power), _over_window(AvgPool2d), Formula(expression=root)

    # ---------------------------------------------------------------- what is shown

    def _steps(self) -> tuple[tuple[str, str], ...]:
        """What happens to the numbers on the way to the value."""
        x = self._window.ravel()
        joined = "mean" if self.inside == MEAN else "sum"
        if self.kind in (AVERAGE, MAX):
            return ((f"numbers to take the {'mean' if self.kind == AVERAGE else 'largest'} of", _texts(x)),)
        with np.errstate(all="ignore"):
            if self.kind == PROB:
                terms, word, last = np.exp(self.b * x), "e to the power b x", "its logarithm, divided by b"
            else:
                sizes = np.abs(x) if self.powers == SIZES else x
                terms, last = sizes**self.p, f"its root: to the power 1/{self.p:.3g}"
                word = f"{'|x|' if self.powers == SIZES else 'x'} to the power {self.p:.3g}"
            whole = terms.mean() if self.inside == MEAN else terms.sum()
        return (word, _texts(terms)), (f"their {joined}", _text(float(whole))), ("then", last)

    def _curves(self, value: float) -> Curves:
        """Values over p or b with the mean and with the sum inside."""
        amounts, name, now = (_CURVE_P, "p", self.p) if self.kind == P_NORM else (_CURVE_B, "b", self.b)
        lines = {}
        for inside in (MEAN, SUM):
            values = [self.turned(inside=inside, **{name: float(each)}).value() for each in amounts]
            lines[f"{inside} inside"] = (amounts, np.array(values))
        is_positive = all((y[np.isfinite(y)] > 0).all() for _, y in lines.values())
        here = Mark("", now, value) if np.isfinite(value) else Mark(f"{name} = {now:.3g}", now)
        return Curves(
            f"Mean or sum inside, for every {name}",
            lines,
            name,
            "pooled value",
            (here,),
            is_log_x=True,
            is_log_y=is_positive and self.kind == PROB,
        )


def _over_window(kind: Callable[..., Pool2d], **settings: object) -> Module:
    return kind(kernel_size=SIDE, stride=SIDE, **settings)


def _text(value: float) -> str:
    return "no number" if np.isnan(value) else f"{value:.5g}".replace("-", "\N{MINUS SIGN}")


def _texts(values: Array) -> str:
    return ",  ".join(_text(float(each)) for each in values)
