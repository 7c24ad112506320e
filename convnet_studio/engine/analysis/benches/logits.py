"""Softmax and the negative log-likelihood of three scores: probabilities, loss, and the gradient by the scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, choice, number, numbers, reading, switch
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture, Words
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.log_softmax import LogSoftmax
from convnet_studio.engine.project.kinds import kind_named, make
from convnet_studio.engine.training.inquiry import Moment

CLASSES = ("A", "B", "C")


@dataclass(frozen=True)
class Logits(Bench):
    """Scores of three classes go through LogSoftmax into NLLLoss, as at the end of a classifier."""

    name: ClassVar = "logits"
    title: ClassVar = "Softmax and its loss"
    summary: ClassVar = "Three scores, their probabilities, the loss of the right class and its gradient."

    scores: tuple[float, ...] = numbers((2.0, 1.0, -1.0), -20.0, 20.0, "Scores of A, B, C")
    right_class: str = choice("B", CLASSES, "Right class")
    shift: float = number(0.0, -100.0, 100.0, "Added to every score")
    shows_gradient: bool = switch(False, "Show the gradient")

    @reading
    def probabilities(self, moment: Moment | None = None) -> Array:
        """Softmax of the scores."""
        put_out: Array = np.exp(LogSoftmax().forward(self._scores())[0])
        return put_out

    @reading
    def loss(self, moment: Moment | None = None) -> float:
        """Minus the logarithm of the right class's probability."""
        return float(_loss().forward(LogSoftmax().forward(self._scores()), self._target())[0])

    @reading
    def gradient(self, moment: Moment | None = None) -> Array:
        """Of the loss by each score."""
        module, loss = LogSoftmax(), _loss()
        loss.forward(module.forward(self._scores()), self._target())
        by_scores: Array = module.backward(np.asarray(loss.backward()))[0]
        return by_scores

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """Scores, probabilities, the loss in words, and the gradient where it is shown."""
        right = CLASSES.index(self.right_class)
        chances = self.probabilities()
        shown: list[BenchPicture] = [
            Bars("Scores", _named(self._scores()[0], right)),
            Bars("Probabilities p", _named(chances, right)),
            Words("", f"Loss: −log p of {self.right_class} = −log {chances[right]:.4g} = {self.loss():.4f}"),
        ]
        if self.shows_gradient:
            gradient = self.gradient()
            shown.append(Bars("Gradient by the scores: p, and p − 1 at the right class", _named(gradient, right)))
        yield tuple(shown)

    def _scores(self) -> Array:
        return np.array([self.scores]) + self.shift

    def _target(self) -> Array:
        return np.array([CLASSES.index(self.right_class)])


def _loss() -> Loss:
    made = make(kind_named("NLLLoss"), {})
    assert isinstance(made, Loss)
    return made


def _named(numbers_: Array, right: int) -> dict[str, float]:
    return {
        f"{name} (right)" if index == right else name: float(each)
        for index, (name, each) in enumerate(zip(CLASSES, numbers_, strict=True))
    }
