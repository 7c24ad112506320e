"""The main window: what its buttons, keys and files do to project and training."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.edits import delete_modules, insert_module, set_setting, set_training
from convnet_studio.engine.project.file import load_project, save_project
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.control import Play
from convnet_studio.engine.training.events import Diverged, Event, NetworkChanged
from convnet_studio.ui.actions import ACTIONS
from convnet_studio.ui.app import make_application
from convnet_studio.ui.controls.number_field import NumberField
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.settings import Session, Settings
from convnet_studio.ui.theme import LIGHT, theme, theme_switch

SECONDS = 20_000


@pytest.fixture
def window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The window on tiny-digits with its first snapshot; its thread must be gone afterwards."""
    make_application()
    made = MainWindow(load_preset("tiny-digits"), None, None, Settings(marks_seen=True), Session())
    made.show()
    qtbot.waitUntil(lambda: made.live.snapshot is not None, timeout=SECONDS)
    yield made
    made.files.close()
    made.session.close()
    made.hide()
    made.deleteLater()
    theme_switch().use(LIGHT)
    assert not [thread for thread in threading.enumerate() if thread.name == "convnet-studio engine"]


def until(qtbot: QtBot, is_true: Callable[[], bool]) -> None:
    qtbot.waitUntil(is_true, timeout=SECONDS)


def answer_with(monkeypatch: pytest.MonkeyPatch, button: QMessageBox.StandardButton) -> list[str]:
    """Answer every question so; the list collects what was asked."""
    asked: list[str] = []

    def answer(box: QMessageBox) -> QMessageBox.StandardButton:
        asked.append(box.text())
        return button

    monkeypatch.setattr(QMessageBox, "exec", answer)
    return asked


def test_maps_are_there_before_play(window: MainWindow) -> None:
    assert window.live.snapshot is not None
    assert window.live.snapshot.step == 0
    shown = {module.id for module in window.open_project.project.network.modules if module.kind != "NLLLoss"}
    assert shown <= window.live.snapshot.outputs.keys()
    assert not window.session.is_playing


def test_play_changes_maps_and_pause_rests(window: MainWindow, qtbot: QtBot) -> None:
    first = window.live.snapshot
    qtbot.mouseClick(window.top_bar.play, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: window.live.snapshot is not None and window.live.snapshot.step > 10)
    assert window.top_bar.play.text() == "Pause"
    conv = next(m.id for m in window.open_project.project.network.modules if m.kind == "Conv2d")
    assert first is not None
    assert window.live.snapshot is not None
    assert (first.outputs[conv] != window.live.snapshot.outputs[conv]).any()
    qtbot.mouseClick(window.top_bar.play, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not window.session.is_playing)
    assert window.top_bar.play.text() == "Play"
    assert window.open_project.is_unsaved


@pytest.mark.parametrize(("action", "steps"), [("step_sample", 1), ("step_batch", 1), ("step_epoch", 90)])
def test_single_steps(window: MainWindow, qtbot: QtBot, action: str, steps: int) -> None:
    window.actions_table[action].trigger()
    until(qtbot, lambda: window.live.snapshot is not None and window.live.snapshot.step >= steps)
    until(qtbot, lambda: not window.session.is_playing)
    assert window.live.snapshot is not None
    assert window.live.snapshot.step == steps


def test_structure_edit_keeps_other_weights_and_undo_restores(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_table["step_epoch"].trigger()
    until(qtbot, lambda: window.live.snapshot is not None and window.live.snapshot.step >= 90)
    before = window.session.fetch_weights()
    assert before
    conv = next(m.id for m in window.open_project.project.network.modules if m.kind == "Conv2d")
    linear = next(m.id for m in window.open_project.project.network.modules if m.kind == "Linear")
    project = window.open_project.project
    window.open_project.edit("Stride", set_setting(project, conv, "padding", 1))
    during = window.session.fetch_weights()
    assert during
    assert (during[conv]["weight"] == before[conv]["weight"]).all()
    assert during[linear]["weight"].shape != before[linear]["weight"].shape
    window.actions_table["undo"].trigger()
    after = window.session.fetch_weights()
    assert after
    assert (after[linear]["weight"] == before[linear]["weight"]).all()
    assert (after[conv]["weight"] == before[conv]["weight"]).all()


def test_new_weights_are_another_seed_that_can_be_undone(window: MainWindow, qtbot: QtBot) -> None:
    first = window.session.fetch_weights()
    window.actions_table["new_weights"].trigger()
    other = window.session.fetch_weights()
    assert first
    assert other
    module = next(iter(first))
    assert (first[module]["weight"] != other[module]["weight"]).any()
    assert window.open_project.project.training.seed == 2
    window.actions_table["undo"].trigger()
    window.actions_table["reset"].trigger()
    again = window.session.fetch_weights()
    assert again
    assert (first[module]["weight"] == again[module]["weight"]).all()


def test_divergence_is_told_and_mended(window: MainWindow, qtbot: QtBot) -> None:
    seen: list[Event] = []
    window.session.events_arrived.connect(seen.extend)
    project = window.open_project.project
    window.open_project.edit("Rate", set_training(project, rate=100.0, schedule="constant"))
    window.session.wish(Play())
    until(qtbot, lambda: any(isinstance(event, Diverged) for event in seen))
    until(qtbot, lambda: not window.session.is_playing)
    assert "Halve" not in window.notice.text
    assert "learning rate of 100" in window.notice.text
    window.halve_rate_and_rewind()
    assert window.open_project.project.training.rate == 50.0
    diverged = next(event for event in seen if isinstance(event, Diverged))
    until(qtbot, lambda: window.live.snapshot is not None and window.live.snapshot.step <= diverged.checkpoint_step)


def test_problems_are_shown_and_training_waits(window: MainWindow, qtbot: QtBot) -> None:
    network = window.open_project.project.network
    loss = next(m.id for m in network.modules if m.kind == "NLLLoss")
    seen: list[Event] = []
    window.session.events_arrived.connect(seen.extend)
    window.open_project.edit("Delete", delete_modules(window.open_project.project, {loss}))
    until(qtbot, lambda: any(isinstance(event, NetworkChanged) and event.problems for event in seen))
    window.session.wish(Play())
    until(qtbot, lambda: "loss" in window.notice.text)
    assert not window.session.is_playing


def test_save_and_open_bring_back_project_and_weights(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.actions_table["step_batch"].trigger()
    until(qtbot, lambda: window.live.snapshot is not None and window.live.snapshot.step == 1)
    until(qtbot, lambda: window.open_project.is_unsaved)
    project, weights = window.open_project.project, window.session.fetch_weights()
    path = tmp_path / "mine.cvstudio"
    assert window.files.save_to(path)
    assert not window.open_project.is_unsaved
    assert load_project(path).project == project
    assert window.files.new()
    assert window.files.open_path(path)
    assert window.open_project.project == project
    until(qtbot, lambda: window.session.fetch_weights() is not None)
    again = window.session.fetch_weights()
    assert weights
    assert again
    assert all((weights[m][n] == again[m][n]).all() for m in weights for n in weights[m])
    assert window.session_record.recent == [str(path)]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no zip at all"])
def test_broken_file_is_one_sentence_and_touches_nothing(window: MainWindow, tmp_path: Path, content: bytes) -> None:
    before = window.open_project.project
    path = tmp_path / "broken.cvstudio"
    path.write_bytes(content)
    assert not window.files.open_path(path)
    assert window.open_project.project == before
    assert "broken.cvstudio" in window.notice.text
    assert window.notice.text.count(".") <= 3


def test_unknown_module_is_named_and_the_rest_opens(window: MainWindow, tmp_path: Path) -> None:
    project = load_preset("tiny-digits")
    network = project.network
    strange = replace(network.modules[1], kind="FancyNorm", settings={})
    network = replace(network, modules=(network.modules[0], strange, *network.modules[2:]))
    path = tmp_path / "strange.cvstudio"
    save_project(path, replace(project, network=network))
    assert window.files.open_path(path)
    assert "FancyNorm" in window.notice.text
    assert len(window.open_project.project.network.modules) == len(network.modules)


def test_closing_asks_only_when_something_would_be_lost(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer_with(monkeypatch, QMessageBox.StandardButton.Cancel)
    assert window.files.may_leave()
    assert not asked
    after, _ = insert_module(window.open_project.project, "Tanh", (0.0, 0.0))
    window.open_project.edit("Add Tanh", after)
    assert not window.files.may_leave()
    assert len(asked) == 1
    assert not window.files.new()
    assert window.open_project.project == after


def test_autosave_is_offered_after_a_crash(window: MainWindow, qtbot: QtBot) -> None:
    after, module_id = insert_module(window.open_project.project, "Tanh", (0.0, 0.0))
    window.open_project.edit("Add Tanh", after)
    window.files.autosave_now()
    window.files.finish_autosave()
    window.files.autosave.release()  # as the end of a process does, however it ends
    other = MainWindow(load_preset("tiny-digits"), None, None, Settings(marks_seen=True), Session())
    qtbot.addWidget(other)
    try:
        other.files.offer_left_behind()
        assert "was kept" in other.notice.text
        button = next(b for b in other.notice.findChildren(QPushButton) if b.text() == "Open it")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert module_id in other.open_project.project.network
        assert other.open_project.is_unsaved
    finally:
        other.files.close()
        other.session.close()
        other.open_project.mark_saved(Path("nowhere.cvstudio"))


def test_themes_switch_while_running(window: MainWindow) -> None:
    window.use_theme("dark")
    assert window.palette().window().color().lightness() < 60
    window.use_theme("light")
    assert window.palette().window().color().lightness() > 200


def test_data_strip_changes_the_probe_picture(window: MainWindow, qtbot: QtBot) -> None:
    before = window.live.snapshot
    grid = window.data_strip.grid
    qtbot.mouseClick(
        grid.viewport() if hasattr(grid, "viewport") else grid, Qt.MouseButton.LeftButton, pos=QPoint(50, 20)
    )
    until(qtbot, lambda: window.session.picture is not None)
    picture = window.session.picture
    assert picture is not None
    until(
        qtbot,
        lambda: window.live.snapshot is not None and bool((window.live.snapshot.picture == picture.picture).all()),
    )
    assert before is not None


def test_every_control_has_an_accessible_name(window: MainWindow, qtbot: QtBot) -> None:
    conv = next(m.id for m in window.open_project.project.network.modules if m.kind == "Conv2d")
    for selection in (frozenset(), frozenset({conv})):
        window.open_project.select(selection)
        QApplication.processEvents()
        nameless = [
            f"{type(widget).__name__} {widget.objectName()}"
            for widget in window.findChildren(QWidget)
            if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
            if not (widget.accessibleName() or getattr(widget, "text", str)())
            if not (widget.focusProxy() or widget.parent().focusProxy())
        ]
        assert not nameless


def test_no_two_actions_share_a_shortcut() -> None:
    used = [QKeySequence(key).toString() for row in ACTIONS for key in row.shortcuts]
    assert len(used) == len(set(used))


def module_id(window: MainWindow, kind: str) -> str:
    return next(each.id for each in window.open_project.project.network.modules if each.kind == kind)


def shown_error(window: MainWindow) -> str:
    return window.top_bar.metrics._error.accessibleDescription()


def test_the_test_error_is_measured_anew_after_an_edit(window: MainWindow, qtbot: QtBot) -> None:
    trained(window, qtbot)
    before = shown_error(window)
    conv = module_id(window, "Conv2d")
    window.open_project.edit("More", set_setting(window.open_project.project, conv, "out_channels", 12))
    until(qtbot, lambda: shown_error(window) not in (before, "–"))
    window.open_project.edit("Too large", set_setting(window.open_project.project, conv, "kernel_size", 25))
    until(qtbot, lambda: shown_error(window) == "–")


def trained(window: MainWindow, qtbot: QtBot) -> None:
    """Train for one epoch."""
    window.actions_table["step_epoch"].trigger()
    until(qtbot, lambda: window.curves.record.epoch >= 1.0 and not window.session.is_playing)
    until(qtbot, lambda: len(window.curves.record.loss["test"]) >= 2)


def test_undoing_new_weights_brings_the_trained_ones_back(window: MainWindow, qtbot: QtBot) -> None:
    trained(window, qtbot)
    run_id, weights = window.session.run_id, window.session.fetch_weights()
    assert weights
    conv = module_id(window, "Conv2d")
    window.actions_table["new_weights"].trigger()
    until(qtbot, lambda: window.session.run_id != run_id)
    fresh = window.session.fetch_weights()
    assert fresh
    assert (fresh[conv]["weight"] != weights[conv]["weight"]).any()
    window.actions_table["undo"].trigger()
    until(qtbot, lambda: window.session.run_id == run_id)
    back = window.session.fetch_weights()
    assert back
    assert (back[conv]["weight"] == weights[conv]["weight"]).all()
    window.actions_table["redo"].trigger()
    until(qtbot, lambda: window.session.run_id != run_id)


def test_what_was_said_is_taken_back_when_it_is_no_longer_true(window: MainWindow, qtbot: QtBot) -> None:
    project = window.open_project.project
    window.open_project.edit("Delete", delete_modules(project, {module_id(window, "NLLLoss")}))
    window.actions_table["play"].trigger()
    until(qtbot, lambda: "can't train yet" in window.notice.text and window.notice.isVisible())
    assert window.notice._message.kind == "warn"
    window.actions_table["undo"].trigger()
    until(qtbot, lambda: not window.notice.isVisible())


def test_a_question_is_not_lost_when_something_else_is_said(window: MainWindow) -> None:
    answers: list[str] = []
    window.notice.say("warn", "Open what was kept?", {"Open it": lambda: answers.append("opened")})
    window.notice.say("good", "All epochs are done.", topic="state")
    assert window.notice.text == "All epochs are done."
    window.notice.retract("state")
    assert window.notice.text == "Open what was kept?"
    button = next(each for each in window.notice.findChildren(QPushButton) if each.text() == "Open it")
    button.click()
    assert answers == ["opened"]
    assert not window.notice.isVisible()


def test_control_z_undoes_a_number_just_typed(window: MainWindow, qtbot: QtBot) -> None:
    conv = module_id(window, "Conv2d")
    window.open_project.select(frozenset((conv,)))
    QApplication.processEvents()
    fields = [each for each in window.inspector.findChildren(NumberField) if each.accessibleName() == "Feature maps"]
    (field,) = [each for each in fields if each.isVisible()]
    before = window.open_project.project.network.module(conv).settings["out_channels"]
    window.activateWindow()
    field.setFocus()
    field.lineEdit().setText("11")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.open_project.project.network.module(conv).settings["out_channels"] == 11
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    override.ignore()
    QApplication.sendEvent(field, override)
    assert not override.isAccepted(), "the window's undo gets the key"
    window.actions_table["undo"].trigger()
    assert window.open_project.project.network.module(conv).settings["out_channels"] == before


def test_a_theme_chosen_later_looks_as_one_chosen_at_the_start(window: MainWindow) -> None:
    QApplication.processEvents()
    field = next(each for each in window.inspector.findChildren(NumberField) if each.isVisible())
    place = field.lineEdit().geometry()
    window.use_theme("dark")
    QApplication.processEvents()
    assert field.lineEdit().geometry() == place
    assert window.curves.plot.backgroundBrush().color() == theme().color("surface")


def test_steps_are_seen_in_the_epoch(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_table["step_batch"].trigger()
    until(qtbot, lambda: window.top_bar.metrics._epoch.accessibleDescription() not in ("", "0.000"))


def test_nothing_is_saved_while_the_engine_does_not_answer(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.cvstudio"
    assert window.files.save_to(path)
    before = path.read_bytes()
    monkeypatch.setattr(window.session, "fetch_weights", lambda: None)
    assert not window.files.save_to(path)
    assert path.read_bytes() == before
    assert "nothing was saved" in window.notice.text


def test_after_divergence_play_shows_the_ways_out_again(window: MainWindow, qtbot: QtBot) -> None:
    window.open_project.edit("Fast", set_training(window.open_project.project, rate=100.0))
    window.actions_table["play"].trigger()
    until(qtbot, lambda: "out of bounds" in window.notice.text)
    window.notice._close.click()
    window.actions_table["play"].trigger()
    until(qtbot, lambda: window.notice.isVisible() and "out of bounds" in window.notice.text)
    answers = [each.text() for each in window.notice.findChildren(QPushButton) if each.isVisible()]
    assert "Halve the rate and rewind" in answers
