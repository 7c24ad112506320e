"""TrainingNews: what training reports, in sentences; each is taken back when it is no longer true."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

from convnet_studio.engine.program import CompileProgress
from convnet_studio.engine.project.edits import set_training
from convnet_studio.engine.training.control import Rewind
from convnet_studio.engine.training.events import (
    Diverged,
    Event,
    Failed,
    NetworkChanged,
    Rewound,
    RunStarted,
    StateChanged,
)
from convnet_studio.ui.notice import Notice
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.training_session import TrainingSession

STATE, DIVERGENCE, ENGINE = "state of training", "divergence", "engine"
"""Topics of what is said."""
NEWS_MILLISECONDS = 6000


class TrainingNews(QObject):
    """Says in `notice` why training rests, that it diverged and how to go on, and how the fast engine comes along."""

    def __init__(self, open_project: OpenProject, session: TrainingSession, notice: Notice) -> None:
        super().__init__()
        self._open_project = open_project
        self._session = session
        self._notice = notice
        self._divergence: Diverged | None = None
        session.events_arrived.connect(self.show_events)
        session.compile_progressed.connect(self._show_compiling)
        open_project.replaced.connect(self._begin_anew)

    def show_events(self, events: Sequence[Event]) -> None:
        """Follow what training reports."""
        for event in events:
            if isinstance(event, Diverged):
                self._show_divergence(event)
            elif isinstance(event, Failed):
                where = f"In {self._title_of(event.where)}: " if event.where else ""
                self._notice.retract(ENGINE)
                self._notice.say("bad", where + event.why)
            elif isinstance(event, StateChanged):
                self._show_state(event)
            elif isinstance(event, RunStarted | NetworkChanged | Rewound):
                self._divergence = None
                self._notice.retract(STATE)  # what kept it from training was said of another moment
                self._notice.retract(DIVERGENCE)

    def lower_rate_and_rewind(self, divisor: float = 2) -> None:
        """The way out of divergence: a lower learning rate (can be undone), weights of the last good step."""
        project = self._open_project.project
        rate = float(f"{project.training.rate / divisor:.6g}")
        text = "Halve the learning rate" if divisor == 2 else f"Divide the learning rate by {divisor:g}"
        self._open_project.edit(text, set_training(project, rate=rate))
        self._rewind()

    def _begin_anew(self) -> None:
        """Another project was opened; what asks something of the one before is still there."""
        self._divergence = None
        self._notice.forget_passing()
        self._notice.retract(DIVERGENCE)

    def _show_state(self, event: StateChanged) -> None:
        self._notice.retract(STATE)
        if event.why and self._divergence is not None:
            self._show_divergence(self._divergence)  # its answers are the only ways out
        elif event.why:
            self._notice.say("good" if event.is_done else "warn", event.why, topic=STATE)

    def _show_divergence(self, event: Diverged) -> None:
        """Say what grew out of bounds, select its card, and offer ways out."""
        self._divergence = event
        where = ""
        if event.where in self._open_project.project.network:
            array = f" ({event.array})" if event.array else ""
            where = f" first in the selected {self._title_of(event.where)}{array}"
            self._open_project.select(frozenset({event.where}))
        typed = self._open_project.project.training.rate
        now = "" if math.isclose(typed, event.rate, rel_tol=0.005) else f" ({event.rate:.3g} by now, by the schedule)"
        text = (
            f"The numbers grew out of bounds{where}. {event.why} A learning rate of {typed:g}{now} is too large "
            f"for this network; the last good step is {event.checkpoint_step:,}."
        )
        answers = {
            "Halve the rate and rewind": self.lower_rate_and_rewind,
            "Rate ÷ 10 and rewind": lambda: self.lower_rate_and_rewind(10),
            "Only rewind": self._rewind,
        }
        self._notice.say("bad", text, answers, topic=DIVERGENCE)

    def _rewind(self) -> None:
        self._session.wish(Rewind())

    def _title_of(self, module_id: str) -> str:
        if module_id not in self._open_project.project.network:
            return "a module"
        module = self._open_project.project.network.module(module_id)
        return module.name or module.kind

    def _show_compiling(self, progress: CompileProgress | None) -> None:
        if progress is None:
            text = "The fast engine is ready: training starts again from its seed on it."
            self._notice.say("good", text, topic=ENGINE)
            QTimer.singleShot(NEWS_MILLISECONDS, lambda: self._notice.retract(ENGINE))
            return
        text = (
            f"First start: making the fast engine for this computer, part {progress.done} of {progress.total}. "
            "Until then a slower preview engine trains."
        )
        self._notice.show_progress(text, progress.done, progress.total, ENGINE)
