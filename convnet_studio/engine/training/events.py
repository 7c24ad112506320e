"""Events: what training reports, as frozen values. They are few, ordered and never dropped.

Pictures (maps, filters) do not travel as events but through `snapshot.Mailbox`, which keeps only the newest.
Every event carries the `run_id` of the weights it speaks of: a new run starts with new weights or new data, and news of
an older run is stale.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.validate import Problem


@dataclass(frozen=True)
class Event:
    """Anything that training reports."""

    run_id: int


@dataclass(frozen=True)
class RunStarted(Event):
    """A run begins, with fresh weights, or on other data with those of the run before.

    One with the `run_id` of an earlier run is that run, taken up again where it was left (an undo brought it back).
    `compiled`: by the compiled engine, or as a preview by the numpy reference.
    """

    steps_per_epoch: int
    planned_epochs: int
    parameters: int
    compiled: bool


@dataclass(frozen=True)
class Switched(Event):
    """Another desk is worked at: whatever comes is of its run. `number` is that of the wish."""

    number: int


@dataclass(frozen=True)
class NetworkChanged(Event):
    """The running network now follows the project's newest value; weights of unaffected modules were kept.

    `kept`, `restored` and `initialized` are ids of modules with parameters; `problems` are all that remain.
    """

    kept: tuple[str, ...]
    restored: tuple[str, ...]
    initialized: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Stepped(Event):
    """Updates were made: one event covers the steps since the last one (at most about 20 ms of work, or one epoch).

    Attributes:
        step: updates since the start of the run. `epoch`: passes as a fraction, such as 1.25.
        loss: mean training loss over the samples covered. `error`: their fraction of wrong answers (nan where no
            loss judges classes).
        rate: learning rate of the last step. `samples`: how many samples the event covers.
        seconds: time spent in computing them.
        losses: the mean loss of each single step covered, in order.
    """

    step: int
    epoch: float
    loss: float
    error: float
    rate: float
    samples: int
    seconds: float
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Tested(Event):
    """The test set was measured after `step` updates: mean loss and fraction of wrong answers over `samples`.

    Attributes:
        top5_error: fraction whose label is not among the five largest scores; 0 where there are no more classes.
        confusion: counts ``(classes, classes)``, int64, read-only: row the label, column the answer; empty where no
            loss judges classes.
    """

    step: int
    epoch: float
    loss: float
    error: float
    samples: int
    seconds: float
    top5_error: float = 0.0
    confusion: Array = field(default_factory=lambda: np.zeros((0, 0), np.int64), compare=False)

    @property
    def class_errors(self) -> Array:
        """Fraction of wrong answers among the samples of each class, ``(classes,)``; nan where there are none."""
        counts = self.confusion.sum(axis=1)
        right = np.diag(self.confusion)
        return np.where(counts > 0, 1 - right / np.maximum(counts, 1), np.nan)


@dataclass(frozen=True)
class EpochDone(Event):
    """A pass over the training set ended: `epoch` whole passes, mean training loss and error over this pass."""

    epoch: int
    loss: float
    error: float
    seconds: float


@dataclass(frozen=True)
class StateChanged(Event):
    """Training runs or rests. `why` is a sentence where the program stopped by itself ("All 5 epochs are done.").

    `is_done`: it rests because the plan is over; any other `why` tells what stands in the way.
    `number`: of the wish `Play` that this answers, as yes or no; 0: of none.
    """

    playing: bool
    why: str = ""
    is_done: bool = False
    number: int = 0


@dataclass(frozen=True)
class Diverged(Event):
    """The loss exploded, or numbers are no longer finite; training has paused, and goes on after a Rewind or Reset.

    `where` is the id of the module and `array` which of its arrays was the first that is not finite, such as "weight",
    "gradient of the weight", "output"; where all are finite, `where` has the largest parameter and `array` is empty.
    `why` is a sentence.
    `checkpoint_step` is the last good step, to which a `control.Rewind` goes back (-1: there is none); `rate` is the
    learning rate of the step that failed.
    """

    step: int
    where: str
    array: str
    why: str
    rate: float
    checkpoint_step: int


@dataclass(frozen=True)
class Rewound(Event):
    """Weights and place in the data are again those after `step` updates; curves drop what came later."""

    step: int
    epoch: float


@dataclass(frozen=True)
class Failed(Event):
    """The worker met an error it could not mend. `where` is a module's id or empty; `why` one sentence."""

    where: str
    why: str
    details: str
