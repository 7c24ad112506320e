"""Gradient maps: what is read is the gradient; what is not computed is never 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from live_digits import live
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from convnet_studio.ui.controls.color_scope import ColorScope
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme
from convnet_studio.ui.views.gradient_maps import GradientMapsView


@pytest.fixture
def view(qtbot: QtBot) -> GradientMapsView:
    made = GradientMapsView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    made.set_dataset(live().dataset)
    made.set_summary(live().summary)
    made.open_project.select(frozenset({live().id_of("Conv2d")}))
    return made


def some_gradients(module_id: str) -> np.ndarray:
    shape = live().summary.modules[module_id].shape
    assert shape
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def test_asks_for_the_gradient_of_what_is_selected_only(view: GradientMapsView) -> None:
    assert view.probes().gradients == {live().id_of("Conv2d")}
    view.use_scope(ColorScope.NETWORK)
    assert len(view.probes().gradients) == len(live().project.network.modules) - 1  # the loss has none
    view.open_project.select(frozenset({live().id_of("NLLLoss")}))
    assert not view.probes().gradients


def test_reads_the_very_number(view: GradientMapsView) -> None:
    module_id = live().id_of("Conv2d")
    values = some_gradients(module_id)
    view.show_snapshot(replace(live().snapshot, gradients={module_id: values}))
    QApplication.processEvents()
    layout = view.panel.sheet.layout_now
    assert layout
    QTest.mouseMove(view.panel.sheet, layout.cell_rect(Cell(2, 3, 5)).center().toPoint())
    assert np.float32(view.panel.read_out.value) == values[2, 3, 5]
    low, high = map(float, view.panel.distribution.legend.ends)
    assert high == pytest.approx(float(np.abs(values).max())) == -low


def pixel_at(view: GradientMapsView, cell: Cell) -> QColor:
    image: QImage = view.panel.sheet.grab().toImage()
    layout = view.panel.sheet.layout_now
    assert layout
    return image.pixelColor((layout.cell_rect(cell).center() * image.devicePixelRatio()).toPoint())


def test_what_is_not_computed_is_neither_zero_nor_silent(view: GradientMapsView) -> None:
    module_id = live().id_of("Conv2d")
    view.show_snapshot(replace(live().snapshot, gradients={}))
    QApplication.processEvents()
    assert view.panel.caption.text().startswith("Not computed.")
    assert pixel_at(view, Cell(0, 5, 5)) == theme().color("missing")
    layout = view.panel.sheet.layout_now
    assert layout
    QTest.mouseMove(view.panel.sheet, layout.cell_rect(Cell(0, 2, 2)).center().toPoint())
    assert view.panel.read_out.value == "not computed"
    view.show_snapshot(replace(live().snapshot, gradients={module_id: np.zeros_like(some_gradients(module_id))}))
    QApplication.processEvents()
    assert "100 % exactly 0" in view.panel.caption.text()
    assert pixel_at(view, Cell(0, 5, 5)) != theme().color("missing")


def test_a_click_enlarges_and_the_read_out_stays_right(view: GradientMapsView) -> None:
    module_id = live().id_of("Conv2d")
    values = some_gradients(module_id)
    view.show_snapshot(replace(live().snapshot, gradients={module_id: values}))
    view.panel.sheet.picked.emit(4)
    QApplication.processEvents()
    layout = view.panel.sheet.layout_now
    assert layout
    assert layout.count == 1
    QTest.mouseMove(view.panel.sheet, layout.cell_rect(Cell(0, 1, 7)).center().toPoint())
    assert np.float32(view.panel.read_out.value) == values[4, 1, 7]
