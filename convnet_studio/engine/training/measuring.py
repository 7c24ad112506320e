"""Measuring: going through the test set in small parts, so that questions are answered in between."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np

from convnet_studio.engine.training.events import Tested
from convnet_studio.engine.training.run import Run

SAMPLES_PER_PART = 64
"""A fixed number, so that sums are rounded the same way however often the measurement is interrupted."""


class Measurement:
    """One measurement of the test set, begun and not yet finished.

    Args:
        run: the weights to measure, which must not change before `go_on` has returned an event.
        most: samples at most; None: the whole test set.
    """

    def __init__(self, run: Run, most: int | None = None) -> None:
        self._run = run
        self._indices = run.material.test_indices(most)
        self._done = 0
        self._loss_sum = 0.0
        self._errors = 0
        self._top5_errors = 0
        classes = run.network.classes
        self._confusion = np.zeros((classes, classes), np.int64)
        self._seconds = 0.0

    def go_on(self, seconds: float, is_called: Callable[[], bool]) -> Tested | None:
        """Measure for about `seconds`, at most until `is_called`; the result once all is done."""
        program = self._run.program
        assert program is not None
        started = perf_counter()
        with np.errstate(all="ignore"), self._run.answering():
            while self._done < len(self._indices):
                part = self._indices[self._done : self._done + SAMPLES_PER_PART]
                result = program.evaluate(part)
                self._done += len(part)
                self._loss_sum += result.loss * result.count
                self._errors += result.errors
                self._top5_errors += int(np.count_nonzero(result.ranks >= 5))
                known = result.guesses < len(self._confusion)
                labels = self._run.material.labels[part]
                np.add.at(self._confusion, (labels[known], result.guesses[known]), 1)
                if perf_counter() - started >= seconds or is_called():
                    break
        self._seconds += perf_counter() - started
        return self._result() if self._done == len(self._indices) else None

    def _result(self) -> Tested:
        course, count = self._run.course, len(self._indices)
        self._confusion.flags.writeable = False
        return Tested(
            run_id=self._run.run_id,
            step=course.step,
            epoch=course.passes,
            loss=self._loss_sum / count,
            error=self._run.error_of(self._errors, count),
            samples=count,
            seconds=self._seconds,
            top5_error=self._top5_errors / count,
            confusion=self._confusion,
        )
