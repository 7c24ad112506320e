"""One step downhill: what the learning rate does to the loss of the picture that it was computed from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, number, reading
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Curves, Mark, Rows
from convnet_studio.engine.analysis.one_picture import OnePicture
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Moment

LOWEST, HIGHEST = 0.001, 100.0
POINTS = 101
_HALVINGS = 40


@dataclass(frozen=True)
class OneStep(Bench):
    """One step of gradient descent from the weights of now, on a copy, for the shown picture alone."""

    name: ClassVar = "one_step"
    title: ClassVar = "One step downhill"
    summary: ClassVar = "The loss after one step of gradient descent, over the learning rate."

    rate: float = number(0.1, LOWEST, HIGHEST, "Learning rate η", is_log=True)

    @reading
    def before(self, moment: Moment) -> float:
        """Loss of the picture with the weights of now."""
        return OnePicture(moment).loss()

    @reading
    def after(self, moment: Moment) -> float:
        """Loss of the same picture after one step at this rate."""
        picture = OnePicture(moment)
        return _loss_after(picture, picture.gradient(), self.rate)

    @reading
    def break_even(self, moment: Moment) -> float:
        """The rate from which on a step does not help; infinite where all up to 100 do."""
        picture = OnePicture(moment)
        return _break_even(picture, picture.gradient())

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """Loss over learning rate, with the tangent that the gradient promises."""
        picture = OnePicture(moment)
        gradient, before = picture.gradient(), picture.loss()
        even = _break_even(picture, gradient)
        after = _loss_after(picture, gradient, self.rate)
        yield ()
        far = max(1.4 * even if np.isfinite(even) else self.rate, 1.4 * self.rate)
        rates = np.linspace(0, far, POINTS)
        losses = np.empty_like(rates)
        for index, rate in enumerate(rates):
            losses[index] = _loss_after(picture, gradient, float(rate))
            if index % 4 == 3:
                yield ()
        promised = before - rates * float(gradient @ gradient)
        lines: dict[str, tuple[Array, Array]] = {
            "E after the step": (rates, losses),
            "what the slope promises": (rates, np.where(promised >= 0, promised, np.nan)),
        }
        marks = [Mark("E before", None, before), Mark("your step", self.rate, after)]
        if np.isfinite(even):
            marks.append(Mark("break-even", even, before))
        told = "lower" if after < before else "higher"
        table = (
            ("E before", f"{before:.5g}"),
            (f"E after, η = {self.rate:g}", f"{after:.5g}, {told}"),
        )
        yield Curves("The loss after one step", lines, "learning rate η", "E", tuple(marks)), Rows("", ("", ""), table)


def _loss_after(picture: OnePicture, gradient: Array, rate: float) -> float:
    return picture.loss(picture.start - rate * gradient)


def _break_even(picture: OnePicture, gradient: Array) -> float:
    """The smallest rate, of those looked at by factors of 1.25, at which the loss is no lower; made exact by halves."""
    before, low = picture.loss(), 0.0
    for high in LOWEST * 1.25 ** np.arange(np.ceil(np.log(HIGHEST / LOWEST) / np.log(1.25)) + 1):
        if not _loss_after(picture, gradient, high) < before:
            for _ in range(_HALVINGS):
                middle = (low + high) / 2
                low, high = (middle, high) if _loss_after(picture, gradient, middle) < before else (low, middle)
            return float(high)
        low = float(high)
    return float("inf")
