"""Live: brings what the worker reports to the views, and what visible views want to see to the worker."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_

from PySide6.QtCore import QObject, QPoint, QRect, Qt, QTimer

from convnet_studio.engine.training.events import Event, RunStarted
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.engine.training.probes import ProbePicture, Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.training_session import TICK_MILLISECONDS, TrainingSession
from convnet_studio.ui.turns import Turns
from convnet_studio.ui.view import View


def is_seen(view: View) -> bool:
    """Whether any of it is on the screen: what stands behind another tab Qt calls visible, and puts outside."""
    window = view.window()
    return view.isVisible() and window.rect().intersects(QRect(view.mapTo(window, QPoint(0, 0)), view.size()))


class LiveViews(QObject):
    """Hands every event to every view, and snapshots and answers to those that can be seen, in turns.

    Args:
        session: the worker.
        views: all views of the window, asked anew each time (they come and go with tabs and docks).
        window: whose views they are; none is given anything once it is gone.
    """

    def __init__(self, session: TrainingSession, views: Callable[[], Iterable[View]], window: QObject) -> None:
        super().__init__(window)
        self._session = session
        self._views = views
        self._snapshot: Snapshot | None = None
        self._shown: frozenset[View] = frozenset()
        self._last_events: dict[type[Event], Event] = {}
        self._answered: dict[tuple[str, str], Inquiry] = {}
        self._turns = Turns()
        self._further: dict[str, tuple[Inquiry, Callable[[Answer], None]]] = {}
        session.events_arrived.connect(self._show_events)
        session.snapshot_arrived.connect(self._show_snapshot)
        session.answers_arrived.connect(self._show_answers)
        self._next_turns = QTimer(self)
        self._next_turns.setTimerType(Qt.TimerType.PreciseTimer)
        self._next_turns.setSingleShot(True)
        self._next_turns.timeout.connect(self._serve)

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest snapshot."""
        return self._snapshot

    @property
    def is_all_answered(self) -> bool:
        """Whether everything that visible views ask has been answered to its end, by whatever weights, and shown."""
        asked = {(view.name, name): each for view in self._shown for name, each in view.inquiries().items()}
        return not self._turns and all(self._answered.get(key) == inquiry for key, inquiry in asked.items())

    def look_at(self, picture: ProbePicture | None) -> None:
        """Show another picture to the network (None: the trainer's own choice)."""
        self._session.look(picture, self._session.probes)

    def refresh_probes(self) -> None:
        """Ask for what the visible views want by now; a view that has just come into sight gets the last snapshot."""
        visible = frozenset(view for view in self._views() if is_seen(view))
        wanted = reduce(or_, (view.probes() for view in visible), Probes())
        self._session.look(self._session.picture, wanted)
        asked: dict[Hashable, Inquiry] = {
            (view.name, name): each for view in visible for name, each in view.inquiries().items()
        }
        asked.update({("", name): each for name, (each, _) in self._further.items()})
        self._session.ask(asked)
        if self._snapshot is not None:
            for view in visible - self._shown:
                view.show_snapshot(self._snapshot)
        if visible != self._shown:
            self._shown = visible
            self._turns.keep_only(visible)

    def ask(self, name: str, inquiry: Inquiry | None, show: Callable[[Answer], None]) -> None:
        """Have something worked on beside what views ask, until None is asked under the same name."""
        if inquiry is None:
            self._further.pop(name, None)
        else:
            self._further[name] = inquiry, show
        self.refresh_probes()

    def catch_up(self, view: View) -> None:
        """Tell a view that has just been made what the run has last reported, one event of each kind, in order."""
        view.show_events(tuple(self._last_events.values()))
        self.refresh_probes()

    def _show_events(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, RunStarted):
                self._last_events.clear()
                self._answered.clear()
                self._turns.keep_only(())
            self._last_events.pop(type(event), None)
            self._last_events[type(event)] = event
        for view in self._views():
            view.show_events(events)

    def _show_answers(self, answers: Mapping[tuple[str, str], Answer]) -> None:
        self._answered |= {key: answer.inquiry for key, answer in answers.items() if answer.is_final}
        for name, (inquiry, show) in tuple(self._further.items()):
            answer = answers.get(("", name))
            if answer is not None and answer.inquiry == inquiry:
                show(answer)
        for view in self._shown:
            for (view_name, name), answer in answers.items():
                if view_name == view.name:
                    self._turns.put_answer(view, name, answer)
        self._serve_between_ticks()

    def _show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.refresh_probes()
        for view in self._shown:
            if view.is_fluent:
                view.show_snapshot(snapshot)
            else:
                self._turns.put_snapshot(view, snapshot)
        self._serve_between_ticks()

    def _serve_between_ticks(self) -> None:
        """Not with the canvas: what is painted is painted in two short moments instead of a long one."""
        if self._turns:
            self._next_turns.start(TICK_MILLISECONDS // 2)

    def _serve(self) -> None:
        self._turns.go_on()
        if self._turns:
            self._next_turns.start(TICK_MILLISECONDS)
