"""Render: any view, or the whole window, drawn offscreen into a PNG by the same code as on the screen."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QMessageLogContext, QPoint, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QPainter, QPixmap, QRegion
from PySide6.QtWidgets import QApplication, QWidget

from convnet_studio.engine.training.control import Pause, Play
from convnet_studio.engine.training.events import EpochDone, Event, Tested
from convnet_studio.ui.app import make_application, open_window
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.settings import Session, Settings
from convnet_studio.ui.view import View
from convnet_studio.ui.views.canvas import CanvasView

MAIN = "main"
"""The name of the whole window among the views."""


@dataclass(frozen=True)
class RenderRequest:
    """What to draw.

    Attributes:
        view: ``main`` or the name of a view. `project_argument`: a preset's name or a ``.cvstudio`` file.
        train_seconds, epochs: train so long first; both 0: initial (or saved) weights.
        width, height: in logical pixels; the picture is `scale` times as large.
        theme: ``light`` or ``dark``. `output`: the PNG.
    """

    view: str
    project_argument: str
    output: str
    train_seconds: float = 0.0
    epochs: int = 0
    width: int = 1440
    height: int = 900
    scale: float = 1.0
    theme: str = "light"


def view_summaries() -> dict[str, str]:
    """What can be drawn: a sentence by name."""
    return {MAIN: "The whole window.", **{name: View.registry[name].summary for name in View.registry}}


def render(request: RenderRequest) -> None:
    """Draw `request.view` into `request.output`.

    Raises:
        KeyError, ProjectFileError: one sentence, if there is no such view or project.
        OSError: if the picture cannot be written.
    """
    render_all([request])


def render_all(requests: list[RenderRequest]) -> None:
    """Draw several views of one and the same run; the first request says on what and for how long to train."""
    for request in requests:
        if request.view not in view_summaries():
            raise KeyError(f"There is no view {request.view!r}; there are {', '.join(view_summaries())}.")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if QApplication.instance() is None:  # what is painted once and kept is then painted at this size, and sharp
        os.environ["QT_SCALE_FACTOR"] = str(requests[0].scale)
    qInstallMessageHandler(_say_message)
    make_application()
    first = requests[0]
    window = open_window(first.project_argument, Settings(theme=first.theme, marks_seen=True), Session())
    try:
        window.use_theme(first.theme)
        window.resize(first.width, first.height)
        window.files.stop_autosave()
        window.show()
        events = _train(window, first)
        for request in requests:
            _draw(window, request, events)
    finally:
        window.files.close()
        window.session.close()


def _say_message(kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
    """Qt's messages as ever, but for the one that only says that an offscreen window knows no size hints."""
    if text and "propagateSizeHints" not in text:
        print(text, file=sys.stderr)


def _train(window: MainWindow, request: RenderRequest) -> list[Event]:
    """Let the live session train for the time or the epochs asked for; returns all that it reported."""
    seen: list[Event] = []
    window.session.events_arrived.connect(seen.extend)
    _wait(lambda: window.live.snapshot is not None and any(isinstance(event, Tested) for event in seen))
    if request.epochs or request.train_seconds:
        window.session.wish(Play())
        end = time.monotonic() + request.train_seconds
        if request.epochs:
            _wait(lambda: _tested_after(seen, request.epochs), seconds=3600)
        else:
            _wait(lambda: time.monotonic() >= end, seconds=request.train_seconds + 1)
        window.session.wish(Pause())
        _wait(lambda: not window.session.is_playing)
    return seen


def _tested_after(events: list[Event], epochs: int) -> bool:
    done = [place for place, event in enumerate(events) if isinstance(event, EpochDone) and event.epoch >= epochs]
    return bool(done) and any(isinstance(event, Tested) for event in events[done[0] :])


def _draw(window: MainWindow, request: RenderRequest, events: list[Event]) -> None:
    window.use_theme(request.theme)
    target: QWidget = window if request.view == MAIN else _standalone(window, request, events)
    target.resize(request.width, request.height)
    target.show()
    QApplication.processEvents()
    if isinstance(target, CanvasView):
        target.fit()
    window.canvas.fit()
    _wait_for_new_snapshot(window)
    pixmap = QPixmap(round(request.width * request.scale), round(request.height * request.scale))
    pixmap.setDevicePixelRatio(request.scale)
    painter = QPainter(pixmap)
    target.render(painter, QPoint(), QRegion(0, 0, request.width, request.height))
    painter.end()
    if not pixmap.save(request.output):
        raise OSError(f"The picture {request.output} can't be written: choose a folder that exists and a .png name.")


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
