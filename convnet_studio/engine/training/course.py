"""Course: the way through the training samples: which come next, in which pass, at which learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.data.dataset import epoch_order
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.schedule import Moment
from convnet_studio.engine.project.build import build_schedule
from convnet_studio.engine.project.spec import TrainingSpec


@dataclass(frozen=True, eq=False)
class Place:
    """A place in a course that can be returned to."""

    step: int
    epoch: int
    cursor: int
    order: Array
    loss_sum: float
    errors: int
    seconds: float
    plan_start: float
    plan_step: int


class Course:
    """Where training stands in its data, and the plan it follows.

    The order of the samples follows from seed and pass alone. A **plan** is the number of epochs that the user set:
    over a plan the schedule takes the learning rate from its initial value to its last. When a plan is done and
    training goes on, a new plan of the same length begins, and with it the schedule.

    Attributes:
        step: updates so far. `epoch`: whole passes so far. `cursor`: samples of the present pass already used.
        order: indices of the training samples in the order of the present pass (read-only, never changed in place).
        loss_sum, errors, seconds: of the present pass: sum of the losses of its samples, wrong answers, time spent.
    """

    def __init__(self, samples: int, training: TrainingSpec) -> None:
        self.samples = samples
        self.training = training
        self._seed = training.seed
        self.step = 0
        self.epoch = 0
        self.cursor = 0
        self.order: Array = self._order_of_pass()
        self.loss_sum = 0.0
        self.errors = 0
        self.seconds = 0.0
        self._plan_start = 0.0
        self._plan_step = 0
        self._schedule = build_schedule(training)

    @property
    def passes(self) -> float:
        """Passes over the training set so far, such as 1.25."""
        return self.epoch + self.cursor / self.samples

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass; the last one may hold fewer samples than the others."""
        return math.ceil(self.samples / self.training.batch_size)

    @property
    def pass_is_done(self) -> bool:
        """Whether every sample of the present pass was used: `finish_pass` comes next."""
        return self.cursor >= self.samples

    @property
    def plan_is_done(self) -> bool:
        """Whether the planned epochs are over."""
        return self.passes >= self._plan_end

    @property
    def _plan_end(self) -> int:
        return math.floor(self._plan_start) + self.training.epochs

    def renew_plan(self) -> None:
        """Plan as many epochs again, from here on; the schedule begins anew."""
        self._plan_start = self.passes
        self._plan_step = self.step

    def rates(self, size: int, steps: int) -> list[float]:
        """The learning rates of the next `steps` steps of `size` samples each, within the present pass."""
        cursors = range(self.cursor, self.cursor + size * steps, size)
        return [self._rate(self.epoch + cursor / self.samples, number) for number, cursor in enumerate(cursors)]

    def _rate(self, passes: float, steps_ahead: int) -> float:
        planned, epochs = self._plan_end - self._plan_start, passes - self._plan_start
        progress = epochs / planned if planned > 0 else 1.0
        steps = max(self.step + steps_ahead - self._plan_step, 0)
        moment = Moment(min(max(progress, 0.0), 1.0), max(epochs, 0.0), steps)
        return self.training.rate * self._schedule.factor(moment)

    @property
    def penalties_are_on(self) -> bool:
        """Whether the epochs without L1 and L2 are over."""
        return self.epoch >= self.training.penalties_from

    def steps_left(self, size: int) -> int:
        """How many steps of `size` samples are left of the present pass."""
        return math.ceil((self.samples - self.cursor) / size)

    def next(self, count: int) -> Array:
        """Indices of the next `count` samples, fewer at the end of a pass."""
        return self.order[self.cursor : self.cursor + count]

    def advance(self, count: int) -> None:
        """An update over the next `count` samples was made."""
        self.cursor += count
        self.step += 1

    def tally(self, loss_sum: float, errors: int, seconds: float) -> None:
        """Add to the sums of the present pass."""
        self.loss_sum += loss_sum
        self.errors += errors
        self.seconds += seconds

    def finish_pass(self) -> None:
        """Go to the beginning of the next pass."""
        self.epoch += 1
        self.cursor = 0
        self.order = self._order_of_pass()
        self.loss_sum = 0.0
        self.errors = 0
        self.seconds = 0.0

    def follow(self, training: TrainingSpec) -> None:
        """Take up changed settings from the next step on.

        A change of `shuffle` rearranges what is left of this pass, so that it still uses every sample once. A change
        of the seed waits for the next run.
        """
        reshuffle = training.shuffle != self.training.shuffle
        self.training = training
        self._schedule = build_schedule(training)
        if reshuffle:
            used, left = self.order[: self.cursor], self.order[self.cursor :]
            new_order = self._order_of_pass()
            self.order = np.concatenate([used, new_order[np.isin(new_order, left)]])

    def place(self) -> Place:
        """Where training is now."""
        sums = self.loss_sum, self.errors, self.seconds
        return Place(self.step, self.epoch, self.cursor, self.order, *sums, self._plan_start, self._plan_step)

    def return_to(self, place: Place) -> None:
        """Go back to where training was; from there it meets the same samples again."""
        self.step, self.epoch, self.cursor, self.order = place.step, place.epoch, place.cursor, place.order
        self.loss_sum, self.errors, self.seconds = place.loss_sum, place.errors, place.seconds
        self._plan_start, self._plan_step = place.plan_start, place.plan_step

    def _order_of_pass(self) -> Array:
        return epoch_order(self.samples, self._seed, self.epoch, self.training.shuffle)
