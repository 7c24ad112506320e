"""Checkpoints: a ring of parameter vectors taken while training goes well, to go back to when it does not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.memory import CHECKPOINTS_KEPT
from convnet_studio.engine.training.course import Course, Place

LARGEST_RING = 256_000_000
"""Bytes kept at most (CHECKPOINTS_KEPT of them are kept in any case)."""
MOST_CHECKPOINTS = 32
SECONDS_BETWEEN = 0.5


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Parameters and optimizer state at one step."""

    place: Place
    parameters: Array
    state: Mapping[str, Array]

    @property
    def step(self) -> int:
        """Updates made before it was taken."""
        return self.place.step

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self.parameters.nbytes + sum(each.nbytes for each in self.state.values())


class Checkpoints:
    """The first checkpoint of a run and the newest ones; only finite parameters are taken."""

    def __init__(self) -> None:
        self._ring: list[Checkpoint] = []
        self._loss_sum = 0.0
        self._samples = 0
        self._first_loss = math.nan
        self._lowest_loss = math.inf
        self._next_due = 0.0

    def __len__(self) -> int:
        return len(self._ring)

    @property
    def taken(self) -> tuple[Checkpoint, ...]:
        """Those that are kept, oldest first."""
        return tuple(self._ring)

    @property
    def is_due(self) -> bool:
        """Whether the last one was taken so long ago that another is worth its time."""
        return perf_counter() >= self._next_due

    def note(self, loss_sum: float, samples: int) -> None:
        """Training went on over `samples` samples, whose losses sum to `loss_sum`."""
        self._loss_sum += loss_sum
        self._samples += samples

    def take(self, parameters: Array, state: Mapping[str, Array], course: Course) -> None:
        """Copy the present state, unless it is not finite or the loss has exploded since the last one.

        A loss has exploded when it is above twice the lowest so far, and above a quarter of the first.
        """
        started = perf_counter()
        if self._is_good() and is_finite(parameters):
            copies = {name: vector.copy() for name, vector in state.items()}
            self._ring.append(Checkpoint(course.place(), parameters.copy(), copies))
            self._drop_oldest()
        self._loss_sum, self._samples = 0.0, 0
        now = perf_counter()
        self._next_due = now + max(SECONDS_BETWEEN, 50 * (now - started))

    def last_before(self, step: int) -> Checkpoint | None:
        """The newest one taken before `step`, the first one failing that; None if there is none at all."""
        if not self._ring:
            return None
        earlier = [each for each in self._ring if each.step < step]
        return earlier[-1] if earlier else self._ring[0]

    def forget_after(self, step: int) -> None:
        """Drop what was taken later than `step`."""
        self._ring = [each for each in self._ring if each.step <= step]
        self._loss_sum, self._samples = 0.0, 0

    def _is_good(self) -> bool:
        """Whether the loss since the last one was taken allows another; without any step, only the first."""
        if self._samples == 0:
            return not self._ring
        loss = self._loss_sum / self._samples
        if not math.isfinite(loss):
            return False
        if math.isnan(self._first_loss):
            self._first_loss = loss
        limit = max(2 * self._lowest_loss, self._first_loss / 4)
        self._lowest_loss = min(self._lowest_loss, loss)
        return loss <= limit

    def _drop_oldest(self) -> None:
        """Keep within bounds, and the first one always: it is the way back when all others are gone."""
        size = sum(each.nbytes for each in self._ring)
        while len(self._ring) > CHECKPOINTS_KEPT and (size > LARGEST_RING or len(self._ring) > MOST_CHECKPOINTS):
            size -= self._ring.pop(1).nbytes


def is_finite(vector: Array) -> bool:
    """Whether no entry is infinite or nan: one sum, which any such entry spoils."""
    with np.errstate(all="ignore"):
        return math.isfinite(float(vector.sum()))
