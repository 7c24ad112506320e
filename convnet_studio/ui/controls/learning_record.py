"""LearningRecord: the curves of one run, gathered from its events."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from convnet_studio.engine.training.events import Event, Rewound, Stepped, Tested
from convnet_studio.ui.controls.curve import Curve, RunningMean

MOST_STORED = 400
"""Points of a curve in a file."""
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

    @property
    def smooth_loss(self) -> float:
        """The running mean of the training loss, where it stands now; not a number before the first step."""
        smooth = self.loss["smooth"]
        return float(smooth.y[-1]) if len(smooth) else math.nan

    def to_json(self) -> dict[str, Any]:
        """The curves with few points, for a file."""
        return {"loss": _few_points(self.loss), "error": _few_points(self.error)}

    def take_up(self, stored: object) -> None:
        """Begin with what `to_json` wrote; anything else begins nothing."""
        for name, curves in (("loss", self.loss), ("error", self.error)):
            _read_points(curves, stored.get(name) if isinstance(stored, Mapping) else None)
        for mean, curves in ((self._loss_mean, self.loss), (self._error_mean, self.error)):
            mean.take([float(each) for each in curves["smooth"].y[-1:]] * round(self._memory))
        self.epoch = max((float(curve.x[-1]) for curve in self.loss.values() if len(curve)), default=0.0)

    def take(self, event: Event) -> bool:
        """Note an event; True where it adds to a curve."""
        if isinstance(event, Stepped):
            self._take_steps(event)
            return True
        if isinstance(event, Rewound):
            self._go_to(event.epoch)
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


def _few_points(curves: Mapping[str, Curve]) -> dict[str, list[list[float]]]:
    """Of each curve at most about `MOST_STORED` finite points, as a list of x and one of y."""
    few = {}
    for name, curve in curves.items():
        x, y = curve.every(MOST_STORED) if name == "smooth" else curve.thinned(MOST_STORED)
        kept = np.isfinite(y)
        few[name] = [[float(f"{each:.7g}") for each in axis[kept]] for axis in (x, y)]
    return few


def _read_points(curves: Mapping[str, Curve], stored: object) -> None:
    """Add what `_few_points` made to empty curves; one that is anything else stays empty."""
    for name, curve in curves.items():
        try:
            x, y = np.asarray(stored[name] if isinstance(stored, Mapping) else None, np.float64)
        except (KeyError, TypeError, ValueError):
            continue
        is_curve = x.ndim == 1 and len(x) <= 4 * MOST_STORED and np.isfinite([x, y]).all() and (np.diff(x) >= 0).all()
        if is_curve and (x >= 0).all():
            curve.extend(x, y)
