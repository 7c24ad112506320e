"""Control: the wishes that a window, a test or a plain loop puts to running training, from any thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.weights import Weights as Weights
from convnet_studio.engine.training.inquiry import AnswerBox, Inquiry
from convnet_studio.engine.training.probes import ProbePicture, Probes
from convnet_studio.engine.training.snapshot import Mailbox
from convnet_studio.engine.training.standing import Standing


@dataclass(frozen=True)
class Wish:
    """One request; the trainer carries wishes out in their order, between two steps."""


@dataclass(frozen=True)
class Play(Wish):
    """Train until told otherwise or until the planned epochs are done; at most so many `steps` if given.

    `number`: that the event `StateChanged` repeats which answers this wish; 0: nobody waits for that one.
    """

    steps: int | None = None
    number: int = 0


@dataclass(frozen=True)
class Pause(Wish):
    """Rest after the step at hand."""


@dataclass(frozen=True)
class StepSample(Wish):
    """One update on the next single sample, then rest."""


@dataclass(frozen=True)
class StepBatch(Wish):
    """One update on the next mini-batch, then rest."""


@dataclass(frozen=True)
class StepEpoch(Wish):
    """Train to the end of this pass over the data, then rest."""


@dataclass(frozen=True)
class Reset(Wish):
    """Back to the initial weights, those drawn from the project's seed: a new run that repeats the last one exactly.

    Weights that came with the project from a file are not initial weights; they are left behind.
    """


@dataclass(frozen=True)
class Rewind(Wish):
    """Back to the last good checkpoint of this run (after divergence)."""


@dataclass(frozen=True)
class Edit(Wish):
    """Follow the newest value of the project; weights of modules it leaves alone are kept.

    `returns`: it is an earlier value, by undo or redo: a run that the edit had ended is taken up again.
    """

    project: Project
    returns: bool = False


@dataclass(frozen=True)
class Open(Wish):
    """Take up another project, with its weights where it brings some: a new run, which goes on from `standing`."""

    project: Project
    weights: Weights | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class Switch(Wish):
    """Go to another desk: what was done at the one before stays as it is, at play or at rest, until it is returned to.

    Attributes:
        desk: its name. `project`: to be opened there; None: go on with what was left there.
        number: that the event `Switched` repeats.
    """

    desk: str
    project: Project | None
    number: int
    weights: Weights | None = None


@dataclass(frozen=True)
class Clear(Wish):
    """Let go of the run at a desk that was left; nobody returns to it."""

    desk: str


@dataclass(frozen=True)
class Look(Wish):
    """Show another picture to the network, or capture other modules."""

    picture: ProbePicture | None
    probes: Probes


@dataclass(frozen=True)
class Ask(Wish):
    """These are the questions to be worked on from now on; answers come into `Control.answers` under the same keys."""

    inquiries: Mapping[Hashable, Inquiry]


@dataclass(frozen=True)
class SetSpeed(Wish):
    """Updates per second at most; None: as fast as can be."""

    steps_per_second: float | None


@dataclass(frozen=True)
class Fetch(Wish):
    """Hand all weights of this moment, as copies, to `deliver` (called in the worker's thread: for saving)."""

    deliver: Callable[[Weights], Any]


@dataclass(frozen=True)
class Keep(Wish):
    """As `Fetch`, with where the run stands."""

    deliver: Callable[[Weights, Standing | None], Any]


@dataclass(frozen=True)
class UseCompiled(Wish):
    """The compiled set is ready: begin the run again with it, from its seed, so that no run mixes the two engines."""


@dataclass(frozen=True)
class Stop(Wish):
    """End the run."""


class Control:
    """A queue of wishes with a bell, the mailbox for snapshots, and the box for answers. Thread-safe."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.answers = AnswerBox()
        self._wishes: deque[Wish] = deque()
        self._bell = threading.Event()

    def put(self, wish: Wish) -> None:
        """Add a wish; it is carried out between two steps."""
        self._wishes.append(wish)
        self._bell.set()

    def ask_snapshot(self) -> None:
        """Say that a new snapshot is wanted, waking a resting trainer."""
        self.mailbox.ask()
        self._bell.set()

    def take(self) -> Wish | None:
        """The oldest wish, or None."""
        return self._wishes.popleft() if self._wishes else None

    def is_calling(self) -> bool:
        """Whether a wish or a question for a snapshot waits for an answer."""
        return bool(self._wishes) or self.mailbox.is_asked

    def wait(self, seconds: float | None = None) -> None:
        """Sleep until a wish or a question for a snapshot comes, at most `seconds`."""
        self._bell.wait(seconds)
        self._bell.clear()
