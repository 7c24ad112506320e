"""Runs the real window under a real X server and works on it with real mouse and keys (xdotool), as a user would.

Started by test_whole_program.py in a process of its own; prints one JSON object of what it saw.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtWidgets import QApplication, QWidget

from convnet_studio.ui.app import make_application, open_window
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.settings import Session, Settings

Result = TypeVar("Result")

LONGEST_SECONDS = 110
"""After this the process ends itself, so that nothing is left running when something hangs."""


class GuiCaller(QObject):
    """Lets the driving thread ask the window's thread for something."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked.connect(lambda ask: ask(), Qt.ConnectionType.QueuedConnection)

    def __call__(self, question: Callable[[], Result]) -> Result:
        future: Future[Result] = Future()

        def answer() -> None:
            try:
                future.set_result(question())
            except Exception as error:
                future.set_exception(error)

        self.asked.emit(answer)
        return future.result(20)


class Hands:
    """Mouse and keyboard."""

    def drag(self, start: QPoint, end: QPoint) -> None:
        """Press, move in several steps, release."""
        self.move(start)
        self._xdotool("mousedown", "1")
        for part in (0.05, 0.15, 0.4, 0.7, 0.9, 1.0, 1.0):
            time.sleep(0.06)
            self.move(start + (end - start) * part)
        time.sleep(0.2)
        self._xdotool("mouseup", "1")
        time.sleep(0.3)

    def click(self, at: QPoint) -> None:
        """Click with the left button."""
        self.move(at)
        time.sleep(0.05)
        self._xdotool("click", "1")
        time.sleep(0.2)

    def press(self, *keys: str) -> None:
        """Press keys such as ``ctrl+z``."""
        for key in keys:
            self._xdotool("key", "--clearmodifiers", key)
            time.sleep(0.25)

    def type(self, text: str) -> None:
        """Type `text`."""
        self._xdotool("type", "--delay", "12", text)
        time.sleep(0.2)

    def focus(self, window_id: int) -> None:
        """Give a window the keyboard, which a window manager would do."""
        self._xdotool("windowfocus", "--sync", str(window_id))
        time.sleep(0.2)

    def move(self, to: QPoint) -> None:
        """Move the pointer."""
        self._xdotool("mousemove", str(to.x()), str(to.y()))

    @staticmethod
    def _xdotool(*words: str) -> None:
        subprocess.run(["xdotool", *words], check=True, timeout=20)


class Story:
    """The user's half hour, in seconds."""

    def __init__(self, window: MainWindow, ask: GuiCaller, folder: Path) -> None:
        self.window = window
        self.ask = ask
        self.hands = Hands()
        self.file = folder / "mine.cvstudio"
        self.seen: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Drag a module onto a wire, connect, train, undo, save, reopen."""
        time.sleep(1.5)
        self._focus_window()
        self._insert_by_drag()
        self._connect_by_drag()
        self._train()
        self._undo()
        self._save_and_reopen()
        return self.seen

    def _kinds(self) -> list[str]:
        return self.ask(lambda: [module.kind for module in self.window.open_project.project.network.modules])

    def _links(self) -> int:
        return self.ask(lambda: len(self.window.open_project.project.network.links))

    def _insert_by_drag(self) -> None:
        before = self._kinds(), self._links()
        self.hands.drag(self.ask(lambda: self._row("Conv2d")), self.ask(self._first_wire))
        after = self._kinds(), self._links()
        self.seen["inserted"] = [after[0][len(before[0]) :], after[1] - before[1]]

    def _connect_by_drag(self) -> None:
        self.hands.drag(self.ask(lambda: self._row("Tanh")), self.ask(self._free_place))
        new_id = self.ask(lambda: self.window.open_project.project.network.modules[-1].id)
        input_id = self.ask(lambda: self.window.open_project.project.network.modules[0].id)
        before = self._links()
        scene = self.window.canvas.scene
        start = self.ask(lambda: self._on_screen(self._output(input_id)))
        end = self.ask(lambda: self._on_screen(scene.modules[new_id].inputs[0].scenePos()))
        self.hands.drag(start, end)
        self.seen["connected"] = [self._kinds()[-1], self._links() - before]

    def _train(self) -> None:
        play = self.ask(lambda: self._middle(self.window.top_bar.play))
        first = self.ask(lambda: self.window.live.snapshot)
        self.hands.click(play)
        time.sleep(2.0)
        self._wait_for(lambda: (shown := self.window.live.snapshot) is not None and shown.step > 20)
        self.hands.click(play)
        self._wait_for(lambda: not self.window.session.is_playing)
        last = self.ask(lambda: self.window.live.snapshot)
        self.seen["steps"] = [first.step if first else None, last.step if last else None]
        self.seen["playing"] = self.ask(lambda: self.window.session.is_playing)

    def _undo(self) -> None:
        before = self._links()
        self.hands.press("ctrl+z")
        self.seen["undone"] = self._links() - before

    def _save_and_reopen(self) -> None:
        self.hands.press("ctrl+s")
        self._answer_file_dialog()
        time.sleep(0.5)
        saved = self.ask(lambda: self.window.open_project.project)
        weights = self.ask(lambda: self.window.session.fetch_weights())
        self._focus_window()
        self.seen["saved"] = [self.file.exists(), self.ask(lambda: self.window.open_project.is_unsaved)]
        self.hands.press("ctrl+n")
        self.seen["new"] = self._kinds()
        self.hands.press("ctrl+o")
        self._answer_file_dialog()
        time.sleep(1.0)
        again = self.ask(lambda: self.window.session.fetch_weights())
        self.seen["same project"] = self.ask(lambda: self.window.open_project.project) == saved
        self.seen["same weights"] = bool(weights) and bool(again) and _equal(weights, again)

    def _wait_for(self, is_so: Callable[[], bool], seconds: float = 20.0) -> None:
        """Until it is so, or too late: what is then seen tells."""
        end = time.monotonic() + seconds
        while not self.ask(is_so) and time.monotonic() < end:
            time.sleep(0.1)

    def _focus_window(self) -> None:
        self.hands.focus(self.ask(lambda: int(self.window.winId())))

    def _answer_file_dialog(self) -> None:
        time.sleep(0.8)
        self.hands.press("ctrl+a")
        self.hands.type(str(self.file))
        self.hands.press("Return")

    # ---------------------------------------------------------------- where things are

    def _row(self, name: str) -> QPoint:
        rows = self.window.palette_panel.list
        item = next(rows.item(i) for i in range(rows.count()) if rows.item(i).text() == name)
        rows.scrollToItem(item)
        return rows.viewport().mapToGlobal(rows.visualItemRect(item).center())

    def _first_wire(self) -> QPoint:
        network = self.window.open_project.project.network
        link = next(each for each in network.links if each.source == network.modules[0].id)
        return self._on_screen(self.window.canvas.scene.links[link].path().pointAtPercent(0.5))

    def _free_place(self) -> QPoint:
        area = self.window.canvas.area.viewport()
        return area.mapToGlobal(QPoint(area.width() - 70, area.height() - 150))  # outside of all stages

    def _output(self, module_id: str) -> QPointF:
        port = self.window.canvas.scene.modules[module_id].output
        assert port is not None
        return port.scenePos()

    def _on_screen(self, point: QPointF) -> QPoint:
        area = self.window.canvas.area
        return area.viewport().mapToGlobal(area.mapFromScene(point))

    def _middle(self, widget: QWidget) -> QPoint:
        return widget.mapToGlobal(widget.rect().center())


def _equal(one: Any, other: Any) -> bool:
    return one.keys() == other.keys() and all(
        (one[module][name] == other[module][name]).all() for module in one for name in one[module]
    )


def main() -> None:
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    app = make_application()
    window = open_window("tiny-digits", Settings(marks_seen=True), Session())
    window.setGeometry(0, 0, 1440, 880)
    window.show()
    window.activateWindow()
    ask = GuiCaller()
    outcome: dict[str, Any] = {}

    def tell() -> None:
        try:
            outcome.update(Story(window, ask, Path(sys.argv[1])).run())
        except Exception:
            outcome["error"] = traceback.format_exc()
        ask.asked.emit(lambda: app.exit(0))  # quit would ask about what is not saved

    threading.Thread(target=tell, daemon=True).start()
    watchdog = threading.Timer(LONGEST_SECONDS, os._exit, (3,))
    watchdog.daemon = True
    watchdog.start()
    app.exec()
    window.session.close()
    window.files.close()
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
