"""The echo task: a recurrent network learns to repeat the bit of some steps ago, and its states show how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, reading, whole
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture, Curves, Maps, Mark, Numbers
from convnet_studio.engine.analysis.echo import LENGTH, EchoNet, EchoTraining, Record, accuracy, echo_training
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Moment

MOST_STEPS = 400
FLIPPED = 3
"""The step whose bit is turned over to see when the answer notices, counted from 1."""


@dataclass(frozen=True)
class EchoTask(Bench):
    """A hidden layer that feeds itself, unfolded in time and trained on new random bits in each step of training."""

    name: ClassVar = "echo_task"
    title: ClassVar = "Echo: the bit of some steps ago"
    summary: ClassVar = "A recurrent network is trained to repeat what it heard some steps of time before."

    trained: int = whole(0, 0, MOST_STEPS, "Steps of training")
    delay: int = whole(4, 1, 8, "Delay, in steps of time")
    units: int = whole(8, 1, 16, "Hidden units")

    @reading
    def accuracy(self, moment: Moment | None = None) -> float:
        """Part of the bits that are repeated rightly, in 200 sequences that training never saw."""
        return self._record().accuracy

    @reading
    def loss(self, moment: Moment | None = None) -> float:
        """Mean cross-entropy of a bit, on the same sequences; 0.693 is that of guessing."""
        return self._record().loss

    @reading
    def noticed(self, moment: Moment | None = None) -> float:
        """How many steps after a bit was turned over the score changes most."""
        scores, _ = self._changes(self._net(self._record()))
        return float(np.argmax(np.abs(scores))) - (FLIPPED - 1)

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The course of training, one sequence with the answers to it, and the trace that one of its bits leaves."""
        run = self._run()
        for _ in run.advance(self.trained):
            yield ()
        record = run.at(self.trained)
        net, bits = self._net(record), run.tests[:1]
        scores, _ = net.forward(bits)
        wanted = np.full(LENGTH, np.nan)
        wanted[self.delay :] = bits[0, : -self.delay] > 0
        said = np.where(np.arange(LENGTH) >= self.delay, scores[0] > 0, np.nan)
        steps = tuple(str(each) for each in range(1, LENGTH + 1))
        table = np.array([bits[0] > 0, wanted, said])
        wrong = tuple((2, each) for each in range(self.delay, LENGTH) if wanted[each] != said[each])
        by_score, by_state = self._changes(net)
        change = {str(step): float(each) for step, each in enumerate(by_score, 1)}
        yield (
            _course(run, self.trained),
            Numbers(
                f"One sequence; right: {accuracy(scores, bits, self.delay):.0%}",
                table.astype(np.float64),
                ("bit", f"bit {self.delay} ago", "answer"),
                steps,
                outlined=wrong,
            ),
            Maps(f"Bit {FLIPPED} turned over: its trace", {"hidden units down, steps across": by_state.T}),
            Bars(f"Bit {FLIPPED} turned over: change of the score", change),
        )

    def _run(self) -> EchoTraining:
        return echo_training(self.delay, self.units)

    def _record(self) -> Record:
        return self._run().at(self.trained)

    def _net(self, record: Record) -> EchoNet:
        net = EchoNet(self.units)
        net.parameters[...] = record.parameters
        return net

    def _changes(self, net: EchoNet) -> tuple[Array, Array]:
        """By how much each step's score, and its states ``(step, unit)``, change with that bit of a held-out one."""
        bits = np.repeat(self._run().tests[:1], 2, axis=0)
        bits[1, FLIPPED - 1] *= -1
        scores, states = net.forward(bits)
        return scores[1] - scores[0], states[1] - states[0]


def _course(run: EchoTraining, trained: int) -> Curves:
    records = [each for each in run.records if each.step <= trained]
    steps = np.array([each.step for each in records], np.float64)
    lines = {"right answers": (steps, np.array([each.accuracy for each in records]))}
    marks = (Mark("guessing", None, 0.5), Mark("95 %", None, 0.95))
    return Curves("Training, on sequences that are held out", lines, "steps of training", "part right", marks)
