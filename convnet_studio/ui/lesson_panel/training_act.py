"""TrainingAct: training that a lesson asks for: so many steps, or until something holds, with its progress."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from convnet_studio.engine.expression import Expression
from convnet_studio.engine.training.control import Pause, Play
from convnet_studio.engine.training.events import Event, StateChanged, Stepped
from convnet_studio.lessons.values import Values
from convnet_studio.ui.training_session import TrainingSession


class TrainingAct(QObject):
    """At most one is under way."""

    progressed = Signal(float)
    """Share of the steps that are done, 0 to 1."""
    finished = Signal()
    """Training rests, by itself, by `until` or by the learner's hand."""

    def __init__(self, session: TrainingSession) -> None:
        super().__init__()
        self._session = session
        self._until: Expression | None = None
        self._steps = 0
        self._first: int | None = None
        self._has_begun = False
        self.is_under_way = False
        self.seconds = 0.0
        """That it takes about, as the lesson says; 0: not worth telling."""

    def begin(self, steps: int, seconds: float, until: Expression | None) -> None:
        """Train for so many steps at most."""
        self._until, self._steps, self.seconds = until, steps, seconds
        self._first, self._has_begun, self.is_under_way = None, False, True
        self.progressed.emit(0.0)
        self._session.wish(Pause())
        self._session.wish(Play(steps=steps))

    def stop(self) -> None:
        """Let training rest, without being `finished`."""
        if self.is_under_way:
            self.is_under_way = False
            self._session.wish(Pause())

    def stop_early(self) -> None:
        """The learner has seen enough: training rests, and that is `finished`."""
        if self.is_under_way:
            self._session.wish(Pause())

    def note_events(self, events: Sequence[Event]) -> None:
        """Follow training."""
        for event in events:
            if not self.is_under_way:
                return
            if isinstance(event, Stepped):
                if self._first is None:
                    self._first = event.step - max(1, len(event.losses))
                self.progressed.emit(min(1.0, (event.step - self._first) / self._steps))
            elif isinstance(event, StateChanged):
                if event.playing:
                    self._has_begun = True
                elif self._has_begun or event.why:
                    self.is_under_way = False
                    self.finished.emit()

    def note_values(self, values: Values) -> None:
        """Rest as soon as what was waited for holds."""
        if self.is_under_way and self._has_begun and self._until is not None and values.holds(self._until):
            self._session.wish(Pause())
