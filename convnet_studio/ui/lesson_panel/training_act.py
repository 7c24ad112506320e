"""TrainingAct: training that a lesson asks for: so many steps, or until something holds, with its progress."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from convnet_studio.engine.expression import Expression
from convnet_studio.engine.training.control import Pause, Play
from convnet_studio.engine.training.events import Diverged, Event, Failed, StateChanged, Stepped
from convnet_studio.lessons.values import Values
from convnet_studio.ui.training_session import TrainingSession


class TrainingAct(QObject):
    """At most one is under way."""

    progressed = Signal(float)
    """Share of the steps that are done, 0 to 1."""
    finished = Signal(bool)
    """Training rests: True by itself or by `until`, False by the learner's hand, before it had all its steps."""
    failed = Signal(str)
    """One sentence, why it can't train."""

    def __init__(self, session: TrainingSession) -> None:
        super().__init__()
        self._session = session
        self._until: Expression | None = None
        self._steps = 0
        self._first: int | None = None
        self._number = 0
        """Of the wish to play: what came before its answer tells of other training."""
        self._has_begun = False
        self._is_whole = False
        self._why_failed = ""
        self.is_under_way = False
        self.seconds = 0.0
        """That it takes about, as the lesson says; 0: not worth telling."""

    def begin(self, steps: int, seconds: float, until: Expression | None) -> None:
        """Train for so many steps at most."""
        self._until, self._steps, self.seconds = until, steps, seconds
        self._first, self._has_begun, self.is_under_way = None, False, True
        self._is_whole, self._why_failed = False, ""
        self._number += 1
        self.progressed.emit(0.0)
        self._session.wish(Pause())
        self._session.wish(Play(steps=steps, number=self._number))

    def stop(self) -> None:
        """Let training rest, without being `finished`."""
        if self.is_under_way:
            self.is_under_way = False
            self._session.wish(Pause())

    def stop_early(self) -> None:
        """The learner has seen enough: training rests, and that is `finished`, though not all was done."""
        if self.is_under_way:
            self._session.wish(Pause())

    def note_events(self, events: Sequence[Event]) -> None:
        """Follow training."""
        for event in events:
            if not self.is_under_way:
                return
            if self._has_begun:
                self._follow(event)
            elif isinstance(event, Failed):
                self._fail(event.why)
            elif isinstance(event, StateChanged) and event.number == self._number:
                self._has_begun = event.playing
                if not event.playing:
                    self._fail(event.why)

    def _follow(self, event: Event) -> None:
        if isinstance(event, Stepped):
            if self._first is None:
                self._first = event.step - max(1, len(event.losses))
            share = min(1.0, (event.step - self._first) / self._steps)
            self._is_whole = self._is_whole or share == 1.0
            self._why_failed = ""  # it goes on in spite of it
            self.progressed.emit(share)
        elif isinstance(event, Diverged):
            self._is_whole = True  # there is no more to come, and a lesson may want it so
        elif isinstance(event, Failed):
            self._why_failed = event.why
        elif isinstance(event, StateChanged) and not event.playing:
            why = self._why_failed or ("" if event.is_done else event.why)
            if why:
                self._fail(why)
            else:
                self.is_under_way = False
                self.finished.emit(self._is_whole or event.is_done)

    def _fail(self, why: str) -> None:
        self.stop()
        self.failed.emit(why)

    def note_values(self, values: Values) -> None:
        """Rest as soon as what was waited for holds."""
        if self.is_under_way and self._has_begun and self._until is not None and values.holds(self._until):
            self._is_whole = True
            self._session.wish(Pause())
