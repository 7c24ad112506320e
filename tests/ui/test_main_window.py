"""The main window: what its buttons, keys and files do to project and training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.edits import delete_modules, insert_module, set_setting, set_training
from convnet_studio.engine.project.file import load_project, save_project
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.control import Play
from convnet_studio.engine.training.events import Diverged, Event, NetworkChanged
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.metrics import NOT_YET
from convnet_studio.ui.settings import Session, Settings

SECONDS = 20_000


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


def test_undo_of_new_weights_brings_the_training_back(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_table["step_epoch"].trigger()
    until(qtbot, lambda: window.top_bar.metrics.texts()["epoch"] == "1.00" and not window.session.is_playing)
    trained, record = window.session.fetch_weights(), window.curves.record
    window.actions_table["new_weights"].trigger()
    other = window.session.fetch_weights()
    assert trained
    assert other
    module = next(iter(trained))
    assert (trained[module]["weight"] != other[module]["weight"]).any()
    assert window.open_project.project.training.seed == 2
    until(qtbot, lambda: window.top_bar.metrics.texts()["epoch"] == "0.00" and window.curves.record is not record)
    window.actions_table["undo"].trigger()
    again = window.session.fetch_weights()
    assert again
    assert (trained[module]["weight"] == again[module]["weight"]).all()
    until(qtbot, lambda: window.top_bar.metrics.texts()["epoch"] == "1.00")
    assert window.curves.record is record
    assert window.top_bar.metrics.texts()["train loss"] == f"{record.smooth_loss:.3f}"
    assert len(record.loss["train"]) == 90


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
    window.news.lower_rate_and_rewind()
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
    window.actions_table["step_epoch"].trigger()
    until(qtbot, lambda: window.top_bar.metrics.texts()["epoch"] == "1.00" and not window.session.is_playing)
    until(qtbot, lambda: window.open_project.is_unsaved)
    shown, curve = window.top_bar.metrics.texts(), window.curves.record.loss
    project, weights = window.open_project.project, window.session.fetch_weights()
    path = tmp_path / "mine.cvstudio"
    assert window.files.save_to(path)
    assert not window.open_project.is_unsaved
    project = replace(project, name="mine")  # a new file gives its name
    assert load_project(path).project == project
    assert "mine.cvstudio" in window.windowTitle()
    assert window.files.new()
    until(qtbot, lambda: window.top_bar.metrics.texts()["train loss"] == NOT_YET)
    assert window.files.open_path(path)
    assert window.open_project.project == project
    until(qtbot, lambda: window.session.fetch_weights() is not None)
    again = window.session.fetch_weights()
    assert weights
    assert again
    assert all((weights[m][n] == again[m][n]).all() for m in weights for n in weights[m])
    assert window.session_record.recent == [str(path)]
    until(qtbot, lambda: window.top_bar.metrics.texts()["test error"] == shown["test error"])
    again_shown = window.top_bar.metrics.texts()
    assert [again_shown[name] for name in ("epoch", "step", "train loss")] == ["1.00", "90", shown["train loss"]]
    again_curve = window.curves.record.loss
    for name in ("train", "smooth", "test"):
        assert again_curve[name].x[: len(curve[name])] == pytest.approx(curve[name].x)
        assert again_curve[name].y[: len(curve[name])] == pytest.approx(curve[name].y)


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
    path = Path("lesson.cvstudio").resolve()
    window.open_project.mark_saved(path)
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
        assert other.open_project.path == path
    finally:
        other.files.close()
        other.session.close()
        other.open_project.mark_saved(Path("nowhere.cvstudio"))


@pytest.mark.parametrize("selects", [False, True])
def test_a_switch_of_themes_leaves_no_trace_of_the_other(window: MainWindow, qtbot: QtBot, selects: bool) -> None:
    """Pixel by pixel the window is the same after two switches, and after one the same as if born so."""
    conv = next(m.id for m in window.open_project.project.network.modules if m.kind == "Conv2d")
    window.open_project.select(frozenset({conv}) if selects else frozenset())
    window.first_marks.show()
    other = MainWindow(window.open_project.project, None, None, Settings(marks_seen=True), Session())
    qtbot.addWidget(other)
    try:
        window.use_theme("dark")
        other.open_project.select(window.open_project.selection)
        other.show()
        until(qtbot, lambda: other.live.snapshot is not None and conv in other.live.snapshot.outputs)
        until(qtbot, lambda: other.top_bar.metrics.texts() == window.top_bar.metrics.texts())
        assert differing_places(window, other) == []
    finally:
        other.files.close()
        other.session.close()


def differing_places(one: MainWindow, other: MainWindow) -> list[str]:
    """Names of the widgets in which the two windows differ by more than a shade."""
    for window in (one, other):
        window.top_bar.play.clearFocus()
    QTest.qWait(200)
    first, second = (window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32) for window in (one, other))
    assert first.size() == second.size()
    pixels = [np.frombuffer(image.constBits(), np.uint8).astype(int) for image in (first, second)]
    differences = np.abs(pixels[0] - pixels[1]).reshape(first.height(), first.width(), 4).max(axis=2) > 24
    places = [one.childAt(int(x), int(y)) for y, x in np.argwhere(differences)[::50]]
    return sorted({type(each).__name__ + " " + each.accessibleName() for each in places if each})


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


def test_the_test_error_is_measured_anew_after_an_edit(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_table["step_epoch"].trigger()
    until(qtbot, lambda: len(window.curves.record.loss["test"]) >= 2 and not window.session.is_playing)
    before = window.top_bar.metrics.texts()["test error"]
    conv = next(each.id for each in window.open_project.project.network.modules if each.kind == "Conv2d")
    window.open_project.edit("More", set_setting(window.open_project.project, conv, "out_channels", 12))
    until(qtbot, lambda: window.top_bar.metrics.texts()["test error"] not in (before, "–"))
    window.open_project.edit("Too large", set_setting(window.open_project.project, conv, "kernel_size", 25))
    until(qtbot, lambda: window.top_bar.metrics.texts()["test error"] == "–")


def test_nothing_is_saved_while_the_engine_does_not_answer(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.cvstudio"
    assert window.files.save_to(path)
    before = path.read_bytes()
    monkeypatch.setattr(window.session, "fetch_run", lambda: (None, None))
    assert not window.files.save_to(path)
    assert path.read_bytes() == before
    assert "nothing was saved" in window.notice.text


def test_after_divergence_play_shows_the_ways_out_again(window: MainWindow, qtbot: QtBot) -> None:
    window.open_project.edit("Fast", set_training(window.open_project.project, rate=100.0))
    window.actions_table["play"].trigger()
    until(qtbot, lambda: "out of bounds" in window.notice.text)
    qtbot.mouseClick(window.notice.findChildren(QToolButton)[0], Qt.MouseButton.LeftButton)
    until(qtbot, lambda: not window.notice.isVisible())
    window.actions_table["play"].trigger()
    until(qtbot, lambda: "out of bounds" in window.notice.text)
    answers = [each.text() for each in window.notice.findChildren(QPushButton)]
    assert "Halve the rate and rewind" in answers
