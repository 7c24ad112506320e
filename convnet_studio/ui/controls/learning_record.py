"""LearningRecord: the curves of one run, gathered from its events."""

from __future__ import annotations

import math

from convnet_studio.engine.training.events import Event, Stepped, Tested
from convnet_studio.ui.controls.curve import Curve, RunningMean

_MEMORY_EPOCHS = 0.05
"""The smooth curve remembers about this part of an epoch."""


class LearningRecord:
    """Loss and error (in percent) over epochs, on training samples and on the test set.

    `loss` and `error` map ``train`` (every step, or every event for errors), ``smooth`` and ``test`` to a Curve.
    """

    def __init__(self, run_id: int = -1, steps_per_epoch: int = 500) -> None:
        self.run_id = run_id
        self.loss = {name: Curve() for name in ("train", "smooth", "test")}
        self.error = {name: Curve() for name in ("train", "smooth", "test")}
        self._memory = _MEMORY_EPOCHS * max(1, steps_per_epoch)
        self._loss_mean = RunningMean(self._memory)
        self._error_mean = RunningMean(self._memory / 8)
        self.epoch = 0.0

    def __bool__(self) -> bool:
        return bool(len(self.loss["train"]) or len(self.loss["test"]))

    def take(self, event: Event) -> bool:
        """Note an event; True where it adds to a curve."""
        if isinstance(event, Stepped):
            self._take_steps(event)
            return True
        if isinstance(event, Tested):
            self._go_to(event.epoch)
            self.loss["test"].extend([event.epoch], [event.loss])
            if math.isfinite(event.error):  # where a loss judges classes
                self.error["test"].extend([event.epoch], [100 * event.error])
            return True
        return False

    def _take_steps(self, event: Stepped) -> None:
        self._go_to(event.epoch)
        losses = event.losses or (event.loss,)
        width = max(0.0, event.epoch - self.epoch) / len(losses)
        xs = [event.epoch - width * behind for behind in range(len(losses) - 1, -1, -1)]
        self.loss["train"].extend(xs, losses)
        self.loss["smooth"].extend(xs, self._loss_mean.take(losses))
        if math.isfinite(event.error):
            self.error["train"].extend([event.epoch], [100 * event.error])
            self.error["smooth"].extend([event.epoch], self._error_mean.take([100 * event.error]))
        self.epoch = event.epoch

    def _go_to(self, epoch: float) -> None:
        """Where training went back to a checkpoint, the curves go back with it."""
        if epoch < self.epoch:
            for curve in (*self.loss.values(), *self.error.values()):
                curve.cut_after(epoch)
            self._loss_mean, self._error_mean = RunningMean(self._memory), RunningMean(self._memory / 8)
            self.epoch = float(self.loss["train"].x[-1]) if len(self.loss["train"]) else 0.0
