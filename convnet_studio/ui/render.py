"""Render: any view, or the whole window, drawn offscreen into a picture by the same code as on the screen."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget

from convnet_studio.engine.training.control import Pause, Play, StepEpoch
from convnet_studio.engine.training.events import Event, StateChanged, Tested
from convnet_studio.progress import ProgressLine
from convnet_studio.ui.app import make_application, open_window
from convnet_studio.ui.main_window import SMALLEST_SIZE, MainWindow
from convnet_studio.ui.pictures.formats import write_picture
from convnet_studio.ui.pictures.picture import Picture, canvas_picture, fitted, widget_picture
from convnet_studio.ui.settings import Session, Settings
from convnet_studio.ui.view import View
from convnet_studio.ui.views.canvas import CanvasView

MAIN = "main"
"""The name of the whole window among the views."""
USUAL_SIZE = (1440, 900)
LONGEST_WAIT = 120.0
"""Seconds for a view that tells its progress."""


@dataclass(frozen=True)
class RenderRequest:
    """What to draw.

    Attributes:
        view: ``main`` or the name of a view. `project_argument`: a preset's name or a ``.cvstudio`` file.
        train_seconds, epochs: train so long first; both 0: initial (or saved) weights.
        width, height: in logical pixels; 0: of the canvas as large as its network, of all else the usual size.
        scale: pixels of a PNG to one of these. `theme`: ``light`` or ``dark``.
        output: the file, whose ending names the format.
    """

    view: str
    project_argument: str
    output: str
    train_seconds: float = 0.0
    epochs: int = 0
    width: int = 0
    height: int = 0
    scale: float = 1.0
    theme: str = "light"

    @property
    def size(self) -> tuple[int, int]:
        """Of the window, or of the view in it."""
        return (self.width, self.height) if self.width else USUAL_SIZE


def view_summaries() -> dict[str, str]:
    """What can be drawn: a sentence by name."""
    return {MAIN: "The whole window.", **{name: View.registry[name].summary for name in View.registry}}


def render(request: RenderRequest) -> None:
    """Draw `request.view` into `request.output`.

    Raises:
        KeyError, ValueError, ProjectFileError: one sentence, if there is no such view, size or project.
        OSError: if the picture cannot be written.
    """
    render_all([request])


def render_all(requests: list[RenderRequest]) -> None:
    """Draw several views of one and the same run; the first request says on what and for how long to train."""
    for request in requests:
        if request.view not in view_summaries():
            raise KeyError(f"There is no view {request.view!r}; there are {', '.join(view_summaries())}.")
        if request.view == MAIN and any(side < least for side, least in zip(request.size, SMALLEST_SIZE, strict=True)):
            given, needed = ("x".join(map(str, size)) for size in (request.size, SMALLEST_SIZE))
            raise ValueError(f"The whole window can't be {given}: at least {needed}.")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if QApplication.instance() is None:  # what is painted once and kept is then painted at this size, and sharp
        os.environ["QT_SCALE_FACTOR"] = str(requests[0].scale)
    qInstallMessageHandler(_say_message)
    make_application()
    first = requests[0]
    window = open_window(first.project_argument, Settings(theme=first.theme, marks_seen=True), Session())
    drawn: list[QWidget] = [window]
    try:
        window.use_theme(first.theme)
        window.resize(*first.size)
        window.files.stop_autosave()
        window.show()
        events = _train(window, first)
        drawn.extend(_draw(window, request, events) for request in requests)
    finally:
        window.leave()
        for widget in drawn:  # here and now, in the thread that they belong to
            widget.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _say_message(kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
    """Qt's messages as ever, but for the one that only says that an offscreen window knows no size hints."""
    if text and "propagateSizeHints" not in text:
        print(text, file=sys.stderr)


def _train(window: MainWindow, request: RenderRequest) -> list[Event]:
    """Let the live session train for the time or the epochs asked for; returns all that it reported."""
    seen: list[Event] = []
    window.session.events_arrived.connect(seen.extend)
    _wait(lambda: window.live.snapshot is not None and any(isinstance(event, Tested) for event in seen))
    for _ in range(request.epochs):
        _train_one_epoch(window, seen)
    if request.train_seconds:
        window.session.wish(Play())
        _wait(lambda: False, seconds=request.train_seconds)
        window.session.wish(Pause())
        _wait(lambda: not window.session.is_playing)
    return seen


def _train_one_epoch(window: MainWindow, seen: list[Event]) -> None:
    start = len(seen)
    window.session.wish(StepEpoch())
    _wait(lambda: _has_rested(seen[start:]), seconds=3600)


def _has_rested(events: list[Event]) -> bool:
    """Whether training came to rest: at the end of a pass, once the test set is measured, or because it can't go on."""
    return any(isinstance(event, StateChanged) and not event.playing for event in events)


def _draw(window: MainWindow, request: RenderRequest, events: list[Event]) -> QWidget:
    window.use_theme(request.theme)
    target: QWidget = window if request.view == MAIN else _standalone(window, request, events)
    answered: set[Hashable] = set()
    window.session.answers_arrived.connect(lambda news: answered.update(k for k, each in news.items() if each.is_final))
    target.resize(*request.size)
    target.show()
    QApplication.processEvents()
    if isinstance(target, CanvasView):
        target.watch_all(True)
    elif target is not window and (focused := target.focusWidget()):
        focused.clearFocus()  # nobody works on a picture, so nothing in it is marked as in use
    window.canvas.fit()
    if isinstance(target, View):
        window.live.refresh_probes()  # it is in sight only now: before, nobody asked what it wants to know
        _wait_for_answers(target, answered)
    _wait_for_new_snapshot(window)
    _wait(lambda: window.live.is_all_answered)
    QApplication.processEvents()
    for view in window.views():
        view.catch_up()
    if isinstance(target, View) and not request.width:
        target.resize(target.width(), target.height() - target.spare_height())
        QApplication.processEvents()
    write_picture(_picture_of(target, request), Path(request.output), request.scale)
    return target


def _wait_for_answers(view: View, answered: set[Hashable]) -> None:
    """Until all questions of a view are answered; of one that tells its progress longer, and it is shown."""

    def is_done() -> bool:
        return {(view.name, name) for name in view.inquiries()} <= answered

    if view.progress() is None:
        _wait(is_done)
        return
    with ProgressLine(view.title) as line:

        def is_over() -> bool:
            done = view.progress()
            line.show(1.0 if done is None else done)
            return (done is None or done >= 1) and is_done()

        _wait(is_over, seconds=LONGEST_WAIT)


def _picture_of(target: QWidget, request: RenderRequest) -> Picture:
    if isinstance(target, CanvasView):
        whole = canvas_picture(target)
        return fitted(whole, request.width, request.height) if request.width else whole
    return widget_picture(target, f"{request.project_argument}: {request.view.replace('_', ' ')}")


def _standalone(window: MainWindow, request: RenderRequest, events: list[Event]) -> View:
    """The view `request.view` by itself; one that shows a single module looks at the first filter bank."""
    network = window.open_project.project.network
    if not window.open_project.selection:
        banks = [module.id for module in network.modules if module.id in window.learning_modules()]
        window.open_project.select(frozenset(banks[:1]))
    view = View.registry[request.view](window.open_project)
    window.add_view(view)
    view.show_events(events)
    return view


def _wait_for_new_snapshot(window: MainWindow) -> None:
    last = window.live.snapshot
    window.live.refresh_probes()
    window.session.ask_snapshot()
    _wait(lambda: window.live.snapshot is not last)
    QApplication.processEvents()


def _wait(is_done: Callable[[], bool], seconds: float = 30.0) -> None:
    """Let the window live until `is_done`, at most `seconds`."""
    end = time.monotonic() + seconds
    while not is_done() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.002)
