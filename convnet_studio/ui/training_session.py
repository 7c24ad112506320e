"""TrainingSession: the one worker thread that owns the engine, seen from the window.

Wishes go to the worker through a Control. Back come events (a queue, none is lost), snapshots and answers (boxes with
the newest only); a timer in the window's thread reads them, so that the worker never touches a widget and is never
waited for.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections import deque
from collections.abc import Hashable, Mapping
from contextlib import suppress

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from convnet_studio.engine.program import CompileProgress, compile_set, compiled_set_ready
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.training.control import (
    Ask,
    Control,
    Edit,
    Keep,
    Look,
    Open,
    SetSpeed,
    Stop,
    Switch,
    UseCompiled,
    Weights,
    Wish,
)
from convnet_studio.engine.training.events import Event, Failed, RunStarted, StateChanged, Stepped, Switched
from convnet_studio.engine.training.inquiry import Inquiry
from convnet_studio.engine.training.probes import ProbePicture, Probes
from convnet_studio.engine.training.standing import Standing
from convnet_studio.engine.training.trainer import Trainer

TICK_MILLISECONDS = 25
"""The mailbox is read 40 times a second: fluent to the eye, and at 60 training would lose twice as much."""

HAND_OVER_SECONDS = 0.0005
"""How long a thread that computes in Python keeps the other waiting. The usual 5 ms are half a frame to the window, and
more to the worker than a burst of steps, after each of which it asks."""


class TrainingSession(QObject):
    """Runs the trainer for as long as the window lives.

    Args:
        threads: engine threads; one leaves the second core of a small machine to the window.
    """

    events_arrived = Signal(object)
    """tuple[Event, ...] in order, all of the newest run."""
    snapshot_arrived = Signal(object)
    """Snapshot of the newest run."""
    answers_arrived = Signal(object)
    """Mapping from the keys given to `ask` to the newest Answer, all of the newest run."""
    state_changed = Signal()
    """`is_playing` or `is_compiled` may have changed."""
    compile_progressed = Signal(object)
    """CompileProgress, or None when the compiled engine is ready; if it fails to come, that is an event."""

    def __init__(
        self, project: Project, weights: Weights | None = None, threads: int = 1, standing: Standing | None = None
    ) -> None:
        super().__init__()
        self.control = Control()
        self.is_playing = False
        self.is_compiled = False
        self.run_id = -1
        self._events: deque[Event] = deque()
        self._compile_news: deque[CompileProgress | None] = deque()
        self._look = Look(None, Probes())
        self._asked: dict[Hashable, Inquiry] = {}
        self._switches = 0
        self._is_switching = False
        """Whether what comes is still of the desk that was left."""
        self._wants_snapshot = True
        self._threads = threads
        self._thread = threading.Thread(
            target=self._work, args=(project, weights, standing), name="convnet-studio engine", daemon=True
        )
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MILLISECONDS)
        self._timer.timeout.connect(self.tick)

    def start(self) -> None:
        """Start the worker; where the engine is not compiled yet, that goes on beside it."""
        if not compiled_set_ready():
            threading.Thread(target=self._compile, name="convnet-studio compiler", daemon=True).start()
        sys.setswitchinterval(HAND_OVER_SECONDS)
        self._thread.start()
        self._timer.start()

    def close(self) -> None:
        """Ask the worker to stop and wait for it, at most two seconds."""
        self._timer.stop()
        self.control.put(Stop())
        if self._thread.is_alive():
            self._thread.join(2.0)

    def wish(self, wish: Wish) -> None:
        """Put a wish to the trainer (`Play()`, `StepBatch()`, ...)."""
        self.control.put(wish)
        self._wants_snapshot = True

    def edit(self, project: Project, returns: bool = False) -> None:
        """Follow the project's newest value; `returns`: it is an earlier one, by undo or redo."""
        self.wish(Edit(project, returns))

    def open(self, project: Project, weights: Weights | None = None, standing: Standing | None = None) -> None:
        """Take up another project, and a run of it from where it stood."""
        self._look = Look(None, self._look.probes)
        self.wish(Open(project, weights, standing))

    def switch(self, desk: str, project: Project | None = None, weights: Weights | None = None) -> None:
        """Go to another desk, and open a project there, or go on with what was left; what is shown begins anew."""
        self._look = Look(None, self._look.probes)
        self._switches += 1
        self._is_switching = True
        self.run_id = -1
        self.wish(Switch(desk, project, self._switches, weights))
        self.wish(self._look)

    def ask_snapshot(self) -> None:
        """Want a new snapshot, though nothing may have changed."""
        self._wants_snapshot = True

    def set_speed(self, steps_per_second: float | None) -> None:
        """Updates per second at most; None: as fast as can be."""
        self.wish(SetSpeed(steps_per_second))

    def look(self, picture: ProbePicture | None, probes: Probes) -> None:
        """Say which picture the network is to be shown, and what of it is to be captured."""
        if picture is not self._look.picture or probes != self._look.probes:
            self._look = Look(picture, probes)
            self.wish(self._look)

    def ask(self, inquiries: Mapping[Hashable, Inquiry]) -> None:
        """These are the questions to be worked on from now on."""
        if inquiries != self._asked:
            self._asked = dict(inquiries)
            self.control.put(Ask(self._asked))

    @property
    def picture(self) -> ProbePicture | None:
        """The picture last asked for; None: the trainer's own choice (the first test picture)."""
        return self._look.picture

    @property
    def probes(self) -> Probes:
        """What was last asked to be captured."""
        return self._look.probes

    def fetch_weights(self, seconds: float = 5.0) -> Weights | None:
        """All weights of this moment; None if the worker does not answer in time or has none."""
        return self.fetch_run(seconds)[0]

    def fetch_run(self, seconds: float = 5.0) -> tuple[Weights | None, Standing | None]:
        """All weights of this moment and where the run stands; None if the worker does not answer in time."""
        answer: list[tuple[Weights, Standing | None]] = []
        arrived = threading.Event()

        def deliver(weights: Weights, standing: Standing | None) -> None:
            answer.append((weights, standing))
            arrived.set()

        if not self._thread.is_alive():
            return None, None
        self.control.put(Keep(deliver))
        arrived.wait(seconds)
        return answer[0] if answer else (None, None)

    def tick(self) -> None:
        """Hand on what has arrived, and ask for the next snapshot where something may have changed."""
        events = [self._events.popleft() for _ in range(len(self._events))]
        if events:
            self._take_events(events)
        while self._compile_news:
            self.compile_progressed.emit(self._compile_news.popleft())
        snapshot = self.control.mailbox.take()
        if snapshot is not None and snapshot.run_id == self.run_id:
            self.snapshot_arrived.emit(snapshot)
        answers = {key: each for key, each in self.control.answers.take().items() if each.run_id == self.run_id}
        if answers:
            self.answers_arrived.emit(answers)
        if self.is_playing or self._wants_snapshot or events:
            self._wants_snapshot = False
            self.control.ask_snapshot()

    def _take_events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Switched) and event.number == self._switches:
                self._is_switching = False
            if self._is_switching:
                continue
            if isinstance(event, RunStarted):
                self.run_id = event.run_id
                self.is_compiled = event.compiled
            elif isinstance(event, StateChanged):
                self.is_playing = event.playing
        fresh = () if self._is_switching else tuple(event for event in events if self._is_fresh(event))
        if fresh:
            self.events_arrived.emit(fresh)
        if any(not isinstance(event, Stepped) for event in events):
            self.state_changed.emit()

    def _is_fresh(self, event: Event) -> bool:
        """Whether it tells of the newest run; where none could begin, why."""
        return event.run_id == self.run_id or (self.run_id < 0 and isinstance(event, Failed))

    def _work(self, project: Project, weights: Weights | None, standing: Standing | None) -> None:
        """The worker's life. What goes wrong is an event, never silence."""
        if sys.platform == "linux":
            with suppress(OSError):  # the window's thread goes first where cores are scarce
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        try:
            for event in Trainer(threads=self._threads).run(project, self.control, weights, standing):
                self._events.append(event)
        except Exception as error:
            self._events.append(Failed(self.run_id, "", f"The engine stopped: {error}", traceback.format_exc()))

    def _compile(self) -> None:
        """Let the compiled engine be made in a process of its own, then restart the run on it."""
        try:
            compile_set(self._compile_news.append)
        except Exception as error:
            why = f"The fast engine could not be compiled, so the preview goes on: {error}"
            self._events.append(Failed(self.run_id, "", why, traceback.format_exc()))
        else:
            self.control.put(UseCompiled())
            self._compile_news.append(None)
