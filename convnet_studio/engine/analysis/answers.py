"""Answers: what the network says to every test picture, and how wrong it is, all by the weights of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import loss_of
from convnet_studio.engine.training.inquiry import Inquiry, Moment


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers to the first `count` test pictures. Arrays are read-only.

    Attributes:
        labels, guesses: int64 ``(count,)``; a guess is the first largest entry of what the judge is given.
        losses: float32 ``(count,)``, by the judge alone.
        own: float32 ``(count,)``, the entry at the label.
        sureness: float32 ``(count,)``, the probability of the guess; not a number where the judge's entries are none.
        classes: how many there are.
    """

    labels: Array
    guesses: Array
    losses: Array
    own: Array
    sureness: Array
    classes: int

    @property
    def confusion(self) -> Array:
        """Counts ``(classes, classes)``, int64: row the label, column the answer."""
        counts = np.zeros((self.classes, self.classes), np.int64)
        is_class = self.guesses < self.classes  # a net may have more outputs than there are classes
        np.add.at(counts, (self.labels[is_class], self.guesses[is_class]), 1)
        return counts

    def of_cell(self, label: int, guess: int) -> Array:
        """The pictures of class `label` that were answered with `guess`, those of the largest loss first."""
        return self._hardest_first(np.flatnonzero((self.labels == label) & (self.guesses == guess)))

    def wrong(self) -> Array:
        """All pictures that were answered wrong, those of the largest loss first."""
        return self._hardest_first(np.flatnonzero(self.labels != self.guesses))

    def _hardest_first(self, indices: Array) -> Array:
        return indices[np.argsort(-self.losses[indices], kind="stable")]


@dataclass(frozen=True)
class AskAnswers(Inquiry):
    """The Answers to all test pictures, at most `most`.

    Raises (as the answer's problem):
        ValueError: where no loss judges classes, or there is no test picture.
    """

    asks_of_picture: ClassVar = False

    most: int = 10_000

    def work(self, moment: Moment) -> Iterator[object]:
        """One mini-batch after the other."""
        run, judge = moment.run, moment.run.network.judge
        if judge is None:
            raise ValueError("No loss of this network judges classes, so that no answer is right or wrong.")
        indices = run.material.test_indices(self.most)
        if not len(indices):
            raise ValueError("This data set holds no test pictures.")
        assert run.program is not None
        parameters, network = moment.answering_parameters(), run.network
        source, size = judge.sources[0], run.program.batch_size
        parts: list[tuple[Array, Array, Array, Array]] = []
        for start in range(0, len(indices), size):
            shown = indices[start : start + size]
            labels = run.material.labels[shown]
            with moment.with_parameters(parameters):
                run.program.forward(np.ascontiguousarray(run.material.pictures[shown], np.float32))
                scores = run.program.output(source).reshape(len(shown), -1)
            losses = loss_of(judge, [scores], labels, labels)
            rows, guesses, shares = np.arange(len(shown)), scores.argmax(axis=1), network.probabilities(scores)
            sure = np.full(len(shown), np.nan) if shares is None else shares[rows, guesses]
            parts.append((guesses, losses, scores[rows, labels], sure.astype(np.float32)))
            yield None
        guesses, losses, own, sureness = (np.concatenate(each) for each in zip(*parts, strict=True))
        answers = (run.material.labels[indices], guesses, losses.astype(np.float32), own, sureness)
        for each in answers:
            each.flags.writeable = False
        yield Answers(*answers, network.classes)
