"""Builds the two-stage digits net from an empty canvas with real mouse or keys (xdotool), and trains it.

Started by test_builds_a_network.py in a process of its own, as `builder.py mouse` or `builder.py keys`; prints one JSON
object. An action is a drag, a click or double click, a shortcut, or a value typed and confirmed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from typing import Any

from driver import GuiCaller, Hands
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QWidget

from convnet_studio.engine.training.events import Tested
from convnet_studio.ui.app import make_application, open_window
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.palette.kind_list import ENTRY
from convnet_studio.ui.settings import Session, Settings

LONGEST_SECONDS = 170
"""After this the process ends itself, so that nothing is left running when something hangs."""


CHAIN = (
    "LocalContrastNorm", "Conv2d", "Tanh", "Abs", "LPPool2d", "Conv2d", "Tanh", "LPPool2d", "Flatten", "Linear",
    "LogSoftmax", "NLLLoss",
)  # fmt: skip


class Builder:
    """A user who counts what he does."""

    def __init__(self, window: MainWindow, ask: GuiCaller) -> None:
        self.window = window
        self.ask = ask
        self.hands = Hands()
        self.actions = 0
        self.errors: list[float] = []
        window.session.events_arrived.connect(
            lambda events: self.errors.extend(each.error for each in events if isinstance(each, Tested))
        )

    def run(self, way: str) -> dict[str, Any]:
        """Build, train, tell."""
        time.sleep(1.5)
        self.hands.focus(self.ask(lambda: int(self.window.winId())))
        self.shortcut("ctrl+n")
        (self.by_mouse if way == "mouse" else self.by_keys)()
        built = self.ask(lambda: self.window.open_project.project.network)
        self._train()
        links = {(each.source, each.target) for each in built.links}
        return {
            "kinds": self._chain(links, {each.id: each.kind for each in built.modules}),
            "filters": [each.settings.get("out_channels") for each in built.modules if each.kind == "Conv2d"],
            "actions": self.actions,
            "error": self.errors[-1],
        }

    # ---------------------------------------------------------------- the two ways

    def by_mouse(self) -> None:
        """Ready stages from the palette, a module into a wire, one taken out."""
        self.click(self.card("Input"))
        self.double_click(self.row("tutorial-stage"))
        self.drag(self.row("Abs"), self.wire("Tanh", "LPPool2d"))
        self.click(self.card("LPPool2d"))
        self.double_click(self.row("tutorial-stage"))
        self.click(self.card("LocalContrastNorm", 1))
        self.shortcut("Delete")
        self.click(self.card("LPPool2d", 1))
        self.double_click(self.row("classifier-head"))
        self.click(self.card("Conv2d"))
        self.click(self.field("Feature maps"))
        self.enter("8")
        self.click(self.empty_place())
        self._settings(self.click_field)

    def click_field(self, name: str) -> None:
        """Click a field of the inspector."""
        self.click(self.field(name))

    def by_keys(self) -> None:
        """Module behind module, each from the list of what there is; one number in the inspector."""
        for number, kind in enumerate(CHAIN):
            self.shortcut("a")
            self.enter(kind)
            if number == CHAIN.index("LPPool2d") + 1:  # the second convolution
                self.shortcut("ctrl+i")
                self.enter("16")
                self.shortcut("ctrl+i")

    def _settings(self, go_to: Any) -> None:
        go_to("Learning rate")
        self.enter("0.02")
        go_to("Momentum μ")
        self.enter("0.9")

    def _train(self) -> None:
        """To the end of the planned epochs, where training rests."""
        self.shortcut("F5")
        end = time.monotonic() + 90
        time.sleep(1.0)
        while time.monotonic() < end and self.ask(lambda: self.window.session.is_playing):
            time.sleep(0.5)

    # ---------------------------------------------------------------- actions

    def click(self, at: QPoint) -> None:
        self.actions += 1
        self.hands.click(at)

    def double_click(self, at: QPoint) -> None:
        self.actions += 1
        self.hands.move(at)
        self.hands._xdotool("click", "--repeat", "2", "--delay", "60", "1")
        time.sleep(0.6)

    def drag(self, start: QPoint, end: QPoint) -> None:
        self.actions += 1
        self.hands.drag(start, end)

    def shortcut(self, key: str) -> None:
        self.actions += 1
        self.hands.press(key)

    def enter(self, text: str) -> None:
        """Type a value in the place of the old one, and confirm it."""
        self.actions += 1
        self.hands.press("ctrl+a")
        self.hands.type(text)
        self.hands.press("Return")
        time.sleep(0.3)

    # ---------------------------------------------------------------- where things are

    def row(self, name: str) -> QPoint:
        def find() -> QPoint:
            rows = self.window.palette_panel.list
            entries = {(entry.name if (entry := rows.item(i).data(ENTRY)) else ""): i for i in range(rows.count())}
            item = rows.item(entries[name])
            rows.scrollToItem(item)
            return rows.viewport().mapToGlobal(rows.visualItemRect(item).center())

        return self.ask(find)

    def card(self, kind: str, number: int = 0) -> QPoint:
        """The header of a card."""

        def find() -> QPoint:
            scene = self.window.canvas.scene
            rects = [item.rect for item in scene.modules.values() if item.card.title == kind]
            return self._on_screen(rects[number].topLeft() + QPointF(30, 12))

        return self.ask(find)

    def wire(self, source: str, target: str) -> QPoint:
        def find() -> QPoint:
            kinds = {each.id: each.kind for each in self.window.open_project.project.network.modules}
            links = self.window.canvas.scene.links
            item = next(links[each] for each in links if (kinds[each.source], kinds[each.target]) == (source, target))
            return self._on_screen(item.path().pointAtPercent(0.5))

        return self.ask(find)

    def field(self, name: str) -> QPoint:
        def find() -> QPoint:
            fields = self.window.inspector.findChildren(QWidget)
            return next(each for each in fields if each.accessibleName() == name and each.isVisible()).mapToGlobal(
                QPoint(20, 10)
            )

        return self.ask(find)

    def empty_place(self) -> QPoint:
        return self.ask(lambda: self.window.canvas.area.viewport().mapToGlobal(QPoint(12, 12)))

    def _on_screen(self, point: QPointF) -> QPoint:
        area = self.window.canvas.area
        return area.viewport().mapToGlobal(area.mapFromScene(point))

    def _chain(self, links: set[tuple[str, str]], kinds: dict[str, str]) -> list[str]:
        """The kinds from the input on, as long as each feeds one other."""
        at = next(each for each, kind in kinds.items() if kind == "Input")
        found = [kinds[at]]
        while (behind := [target for source, target in links if source == at]) and len(behind) == 1:
            at = behind[0]
            found.append(kinds[at])
        return found


def main() -> None:
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    app = make_application()
    window = open_window("tiny-digits", Settings(marks_seen=True), Session())
    window.setGeometry(0, 0, 1440, 880)
    window.show()
    window.activateWindow()
    ask = GuiCaller()
    builder = Builder(window, ask)
    outcome: dict[str, Any] = {}

    def tell() -> None:
        try:
            outcome.update(builder.run(sys.argv[1]))
        except Exception:
            outcome["failure"] = traceback.format_exc()
        ask.asked.emit(lambda: (window.grab().save(sys.argv[2]) if len(sys.argv) > 2 else None, app.exit(0)))

    threading.Thread(target=tell, daemon=True).start()
    watchdog = threading.Timer(LONGEST_SECONDS, os._exit, (3,))
    watchdog.daemon = True
    watchdog.start()
    app.exec()
    window.hide()
    window.session.close()
    window.files.close()
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
