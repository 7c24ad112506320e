"""Where parameters and arithmetic live: bars on cards, counts of several modules, the switches of the View menu."""

from __future__ import annotations

import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.summary import summarize, total_of
from convnet_studio.ui.canvas import scene as scene_module
from convnet_studio.ui.canvas.card import cards_of
from convnet_studio.ui.canvas.card_layout import footer_counts, footer_help
from convnet_studio.ui.canvas.cost_bars import GROOVE_WIDTH, cost_bars, percent
from convnet_studio.ui.canvas.overlays import status_text
from convnet_studio.ui.canvas.wire_flow import WireMeaning
from convnet_studio.ui.main_window import MainWindow


@pytest.fixture
def bench(qtbot: QtBot) -> CanvasBench:
    return CanvasBench(qtbot)


@pytest.fixture
def summary():
    return summarize(load_preset("two-stage-digits"), (1, 28, 28), 10)


def test_bars_are_shares_of_the_largest_and_of_the_whole(summary):
    bars = cost_bars(summary)
    assert bars["m7"].parameters.of_largest == 1
    assert bars["m3"].parameters.of_largest == 208 / 3216
    assert bars["m3"].parameters.of_network == 208 / 5994
    assert bars["m4"].parameters.of_largest == 0
    for name in ("parameters", "multiply_accumulates"):
        assert sum(getattr(each, name).of_network for each in bars.values()) == pytest.approx(1)


def test_parts_are_never_told_as_nothing():
    assert [percent(part) for part in (0.0, 1e-6, 0.034, 0.5, 1.0)] == [
        "0.0 %",
        "less than 0.1 %",
        "3.4 %",
        "50 %",
        "100 %",
    ]


def test_all_grooves_are_alike_so_that_bars_can_be_compared(bench):
    lines = [
        line for item in bench.scene.modules.values() for line in footer_counts(item.card, item.layout) if line.share
    ]
    assert len(lines) == 9
    assert {line.bar.width() for line in lines} == {GROOVE_WIDTH}
    for item in bench.scene.modules.values():
        for line in footer_counts(item.card, item.layout):
            assert item.layout.card.contains(line.bar)


def test_the_tooltip_has_every_counter_with_its_unit(summary):
    words = footer_help(cards_of(load_preset("two-stage-digits"), summary)["m3"])
    for part in (
        "208 parameters: 3.5 % of the network, 6.5 % of the largest card",
        "115,200 multiply-accumulates for each picture: 32 % of the network",
        "119,808 connections",
        "bytes moved in a forward pass",
        "Receptive field: ",
    ):
        assert part in words
    assert status_text(summary, 10).endswith("receptive field 28×28")


def test_bars_can_be_left_out(bench):
    before = {each: item.rect.height() for each, item in bench.scene.modules.items()}
    bench.view.show_bars(False)
    assert all(item.card.bars is None for item in bench.scene.modules.values())
    assert bench.scene.modules["m3"].rect.height() < before["m3"]
    assert bench.scene.modules["m4"].rect.height() == before["m4"], "it has nothing to count"
    bench.view.show_bars(True)
    assert {each: item.rect.height() for each, item in bench.scene.modules.items()} == before


def test_what_several_modules_cost_together(summary):
    whole = total_of(summary, summary.modules)
    assert whole == summary.cost
    stage = total_of(summary, ["m3", "m4", "m3", "gone"])
    assert stage.parameters == 208
    assert stage.multiply_accumulates == summary.modules["m3"].multiply_accumulates


def test_the_view_menu_chooses_what_wires_tell_and_whether_there_are_bars(window: MainWindow, qtbot: QtBot) -> None:
    actions = window.actions_table
    assert actions["wires_off"].isChecked()
    assert actions["cost_bars"].isChecked()
    actions["wires_gradient"].trigger()
    assert window.canvas.wires.meaning is WireMeaning.GRADIENT
    assert window.settings.wires == "gradient"
    assert not actions["wires_off"].isChecked()
    qtbot.waitUntil(lambda: window.live.snapshot is not None and bool(window.live.snapshot.gradients), timeout=20_000)
    qtbot.waitUntil(lambda: all(item.flow and item.flow.carried for item in window.canvas.scene.links.values()))
    actions["wires_off"].trigger()
    qtbot.waitUntil(lambda: not window.live.snapshot.gradients, timeout=20_000)
    actions["cost_bars"].trigger()
    assert not window.canvas.scene.shows_bars
    assert not window.settings.cost_bars
    actions["cost_bars"].trigger()
    assert window.canvas.scene.shows_bars


def turn_wheel(bench: CanvasBench, turn: int) -> None:
    middle = QPointF(bench.viewport.rect().center())
    none, control = Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier
    wheel = QWheelEvent(middle, middle, QPoint(), QPoint(0, turn), none, control, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(bench.viewport, wheel)


def test_after_the_wheel_cards_are_drawn_anew(bench, qtbot):
    QApplication.processEvents()
    turn_wheel(bench, 240)
    assert bench.scene.is_draft
    QApplication.processEvents()
    draft = bench.viewport.grab().toImage()
    qtbot.waitUntil(lambda: not bench.scene.is_draft)
    QApplication.processEvents()
    crisp = bench.viewport.grab().toImage()
    assert draft != crisp
    for item in bench.scene.modules.values():
        item.update()
    assert bench.viewport.grab().toImage() == crisp


def test_many_cards_show_a_snapshot_in_turns(bench, qtbot, monkeypatch):
    monkeypatch.setattr(scene_module, "CARDS_AT_ONCE", 4)
    shown: list[str] = []
    for each, item in bench.scene.modules.items():
        monkeypatch.setattr(item, "show_snapshot", lambda _snapshot, each=each: shown.append(each))
    bench.view.show_snapshot(bench.snapshot())
    assert len(shown) == 4
    qtbot.waitUntil(lambda: len(shown) == len(bench.scene.modules))
    assert set(shown) == set(bench.scene.modules)
