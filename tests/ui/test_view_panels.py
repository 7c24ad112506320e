"""Views on wish: opened, tabbed, full screen, closed, there again at the next start; hidden they ask for nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from convnet_studio.engine.training.control import StepBatch
from convnet_studio.engine.training.probes import Probes
from convnet_studio.ui.live import is_seen
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.view import View


def views(window: MainWindow, name: str) -> list[View]:
    return [view for view in window._further_views if view.name == name]


def test_a_view_is_made_when_it_is_first_asked_for(window: MainWindow, qtbot: QtBot) -> None:
    assert not views(window, "maps")
    window.view_panels.show("maps")
    (view,) = views(window, "maps")
    qtbot.waitUntil(lambda: is_seen(view))
    window.view_panels.toggle("maps")
    assert not window.view_panels.is_open("maps")
    window.view_panels.toggle("maps")
    assert views(window, "maps") == [view]


def test_a_view_behind_another_tab_asks_for_nothing(window: MainWindow, qtbot: QtBot) -> None:
    asked: list[str] = []

    class Curious(View):
        title = "Curious"
        summary = "Asks."

        def probes(self) -> Probes:
            asked.append("curious")
            return Probes()

    Curious.name = "curious"  # after the class is made, so that it is not registered
    window.view_panels.kinds["curious"] = Curious
    window.view_panels.show("curious")
    qtbot.waitUntil(lambda: bool(asked))
    window.view_panels.show("maps")
    (curious,) = views(window, "curious")
    qtbot.waitUntil(lambda: not is_seen(curious))
    asked.clear()
    window.live.refresh_probes()
    assert not asked
    window.view_panels.show("curious")
    qtbot.waitUntil(lambda: bool(asked))


def test_full_screen_and_escape(window: MainWindow, qtbot: QtBot) -> None:
    window.view_panels.show("filters")
    window.view_panels.show("maps")
    panel, (view,) = window.view_panels.panel("maps"), views(window, "maps")
    assert panel.widget() is view
    panel.toggle_full_screen()
    full = view.window()
    qtbot.waitUntil(full.isFullScreen)
    assert full is not window
    assert full.windowType() == Qt.WindowType.Window  # window managers keep tool windows small
    assert full.geometry() == full.screen().geometry()
    assert is_seen(view)
    assert not panel.isHidden()
    QTest.keyClick(full, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: is_seen(view) and view.window() is window)
    assert not panel.is_full_screen
    assert panel.widget() is view
    assert not full.isVisible()


def test_what_fills_the_screen_has_the_window_s_shortcuts_and_ends_with_it(window: MainWindow) -> None:
    panel = window.view_panels.panel("maps")
    window.view_panels.show("maps")
    panel.toggle_full_screen()
    full = views(window, "maps")[0].window()
    assert window.actions_table["commands"] in full.actions()
    full.close()
    assert not panel.is_full_screen
    assert window.view_panels.is_open("maps")
    panel.toggle_full_screen()
    full = views(window, "maps")[0].window()
    window.leave()
    assert not full.isVisible()


def test_a_panel_that_floated_returns_before_the_other_tabs(window: MainWindow, qtbot: QtBot) -> None:
    for name in ("maps", "filters", "explain"):
        window.view_panels.show(name)
    panel, (view,) = window.view_panels.panel("maps"), views(window, "maps")
    panel.setFloating(True)
    qtbot.wait(20)
    panel.setFloating(False)
    assert window.tabifiedDockWidgets(panel)
    qtbot.waitUntil(lambda: is_seen(view))


def test_open_views_are_there_at_the_next_start(window: MainWindow) -> None:
    window.view_panels.show("maps")
    assert window.view_panels.open_names == ["maps"]
    window.view_panels.toggle("maps")
    assert window.view_panels.open_names == []
    window.view_panels.open_again(["filters", "a view of another version"])
    assert window.view_panels.open_names == ["filters"]


def test_the_menu_has_all_views_and_marks_the_open_ones(window: MainWindow) -> None:
    window.view_panels.show("filters")
    menu = QMenu()
    window.view_panels.fill_menu(menu, benches=False)
    marked = {action.text(): action.isChecked() for action in menu.actions()}
    assert marked["Filters"]
    assert not marked["Maps"]
    assert "Learning curves" not in marked  # has a panel of its own
    next(action for action in menu.actions() if action.text() == "Maps").trigger()
    assert window.view_panels.is_open("maps")
    next(action for action in menu.actions() if action.text() == "Filters").trigger()
    assert not window.view_panels.is_open("filters")


def test_closing_the_last_view_gives_the_other_panels_their_widths_back(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    inspector = window.panel_layout.panels[1]
    qtbot.waitUntil(lambda: 300 <= inspector.width() <= 330)
    before = inspector.width(), window.canvas.width()
    window.view_panels.show("maps")
    maps = window.view_panels.panel("maps")
    qtbot.waitUntil(lambda: is_seen(views(window, "maps")[0]))
    assert inspector in window.tabifiedDockWidgets(maps)  # there is no room for both beside each other
    window.visit_settings()
    assert window.view_panels.is_open("maps")
    qtbot.waitUntil(lambda: window.inspector.isVisible() and not is_seen(views(window, "maps")[0]))
    window.view_panels.show("maps")
    window.view_panels.toggle("maps")
    qtbot.waitUntil(lambda: not inspector.isHidden() and (inspector.width(), window.canvas.width()) == before)


def test_a_late_view_learns_what_the_run_last_reported(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.run_id > 0)
    window.session.wish(StepBatch())
    qtbot.waitUntil(lambda: any(type(e).__name__ == "Stepped" for e in window.live._last_events.values()))
    told: list[str] = []

    class Listener(View):
        title = "Listener"

        def show_events(self, events: object) -> None:
            told.extend(type(each).__name__ for each in events)  # type: ignore[attr-defined]

    window.add_view(Listener(window.open_project))
    assert "RunStarted" in told
    assert "Stepped" in told


def test_nothing_floats_on_when_the_window_is_closed(window: MainWindow) -> None:
    window.view_panels.show("maps")
    panel = window.view_panels.panel("maps")
    panel.setFloating(True)
    window.open_project.mark_saved(Path("nowhere.cvstudio"))
    assert panel.isVisible()
    assert window.close()
    assert not panel.isVisible()
    assert window.session_record.views == ["maps"]
