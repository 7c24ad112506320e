"""The two benches of local contrast normalisation: what they show, say and let be painted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from live_digits import live, with_nan
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.lcn_bench import lcn_steps
from convnet_studio.engine.analysis.matching_pursuit import Code, pursue
from convnet_studio.engine.analysis.sparse_reconstruction import AskReconstruction, Reconstruction, gabor_bank
from convnet_studio.engine.nn.modules.local_contrast_norm import LocalContrastNorm
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.ui.controls.lcn_controls import EACH_MAP, FIXED, SHADOW
from convnet_studio.ui.controls.lcn_sheet import LcnSheet
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.pixel_canvas import PixelCanvas
from convnet_studio.ui.controls.slider import Slider
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import color_table
from convnet_studio.ui.views.lcn_bench import LcnBenchView
from convnet_studio.ui.views.lcn_reconstruction import CONTRAST, GABOR, LcnReconstructionView


@pytest.fixture
def bench(qtbot: QtBot) -> LcnBenchView:
    made = LcnBenchView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.set_dataset(live().dataset)
    made.resize(1000, 640)
    made.show()
    made.show_snapshot(live().snapshot)
    return made


def place(canvas: PixelCanvas, row: int, column: int) -> QPoint:
    return canvas.place_of(row, column).toPoint()


def pixel(canvas: PixelCanvas, row: int, column: int) -> int:
    grabbed = canvas.grab().toImage()
    at = QPointF(canvas.place_of(row, column)) * grabbed.devicePixelRatio()
    return grabbed.pixel(at.toPoint()) & 0xFFFFFF


def color(value: float, largest: float, map_name: str) -> int:
    place = int(min(max((value / largest + 1) * 0.5 * 255.999, 0), 255))
    return int(color_table("light", map_name)[place]) & 0xFFFFFF


def slide(slider: Slider, number: float) -> None:
    """As a user does: to the stop nearest to `number`."""
    slider.setFocus()
    while slider.number < number - 1e-9:
        QTest.keyClick(slider, Qt.Key.Key_Right)
    while slider.number > number + 1e-9:
        QTest.keyClick(slider, Qt.Key.Key_Left)


def test_panes_and_arithmetic_show_what_the_module_computes(bench: LcnBenchView) -> None:
    norm = bench.controls.norm
    picture = live().snapshot.picture
    wanted = norm.forward(picture[None])[0, 0]
    QTest.mouseMove(bench.deviation.canvas, place(bench.deviation.canvas, 9, 13))
    assert bench.sheet.heading == "At row 9, column 13"
    assert bench.sheet.lines[-1].result == exact(wanted[9, 13])
    assert exact(wanted[9, 13]) in bench.sheet.accessibleDescription()
    largest = float(np.abs(wanted).max())
    for row, column in ((5, 5), (20, 12), (14, 17)):
        assert pixel(bench.output.canvas, row, column) == color(wanted[row, column], largest, "activation")


def test_the_written_arithmetic_adds_up(bench: LcnBenchView) -> None:
    bench.input.canvas.setFocus()
    for _ in range(3):
        QTest.keyClick(bench.input.canvas, Qt.Key.Key_Up)
    assert bench.sheet.heading == "At row 11, column 14"
    results = {line.name: float(line.result) for line in bench.sheet.lines if line.result}
    x = float(live().snapshot.picture[0, 11, 14])
    assert x - results["m"] == pytest.approx(results["v"], abs=1e-6)
    assert results["v"] / max(results["c"], results["σ"]) == pytest.approx(results["y"], rel=1e-5)
    is_less = results["c"] <= results["σ"]
    assert bench.sheet.lines[4].remark == (", not more than σ" if is_less else ", more than σ")


def test_settings_go_into_the_computation(bench: LcnBenchView) -> None:
    controls = bench.controls
    slide(controls.window_side, 5)
    slide(controls.gaussian, 1.2)
    QTest.mouseClick(controls.border.segment("torch"), Qt.MouseButton.LeftButton)
    assert not controls.smallest.isEnabled()
    QTest.mouseClick(controls.threshold.segment(FIXED), Qt.MouseButton.LeftButton)
    assert controls.smallest.isEnabled()
    controls.smallest.setValue(controls.smallest.minimum())
    bench.catch_up()
    norm = LocalContrastNorm(
        kernel_size=5, width=1.2, border="torch", threshold="fixed", threshold_value=1e-4, across_maps=True
    )
    wanted = norm.forward(live().snapshot.picture[None])[0, 0]
    bench.input.canvas.pointed.emit(0, 0)
    assert bench.sheet.lines[-1].result == exact(wanted[0, 0])
    assert " / " in bench.sheet.lines[3].working  # the coverage at the corner
    assert bench.sheet.lines[4].working == "as set"


def test_light_changes_the_input_and_hardly_the_output(bench: LcnBenchView) -> None:
    kept = bench.controls.kept
    assert kept.texts == ["–", "–", "–"]
    slide(bench.controls.added, 2.0)
    bench.catch_up()
    x, v, y = (float(each) for each in kept.texts)
    assert x < 0.6 < 0.8 < v
    assert y > 0.9
    assert bench.output.heading.text() == f"r {y:.2f} · divided"
    changes = [float(each) for each in bench.controls.changed.texts]
    assert changes[2] < changes[0] / 3
    QTest.mouseClick(bench.controls.clear, Qt.MouseButton.LeftButton)
    assert kept.texts == ["–", "–", "–"]
    assert bench.controls.added.number == 0
    assert bench.output.heading.text() == "divided"


def test_light_is_painted_with_the_mouse_and_shadow_with_the_keyboard(bench: LcnBenchView) -> None:
    canvas = bench.input.canvas
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place(canvas, 4, 4))
    QTest.mouseMove(canvas, place(canvas, 4, 20))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place(canvas, 4, 20))
    bench.catch_up()
    before = lcn_steps(bench.controls.norm, live().snapshot.picture)
    lit = bench.shown_steps
    assert lit is not None
    assert (lit.x >= before.x).all()
    assert lit.x[0, 4, 12] > before.x[0, 4, 12] + 0.05
    assert lit.x[0, 25, 12] == before.x[0, 25, 12]
    assert np.array_equal(lit.y, bench.controls.norm.forward(lit.x[None])[0])
    QTest.mouseClick(bench.controls.clear, Qt.MouseButton.LeftButton)
    QTest.mouseClick(bench.controls.brush.segment(SHADOW), Qt.MouseButton.LeftButton)
    row, column = np.unravel_index(int(before.x[0].argmax()), before.x[0].shape)
    canvas.pointed.emit(int(row), int(column))
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    bench.catch_up()
    assert bench.shown_steps is not None
    assert bench.shown_steps.x[0, row, column] == pytest.approx(0.92 * before.x[0, row, column])


def test_light_stays_when_the_next_picture_comes_and_goes_with_another_size(bench: LcnBenchView) -> None:
    slide(bench.controls.added, 0.5)
    bench.input.canvas.stroked.emit(4.0, 4.0)
    other = live(index=18).snapshot
    bench.show_snapshot(other)
    assert bench.shown_steps is not None
    assert bench.shown_steps.x[0, 4, 4] > other.picture[0, 4, 4] + 0.05
    bench.show_snapshot(live("tiny-digits").snapshot)
    assert bench.shown_steps.x.shape == live("tiny-digits").snapshot.picture.shape
    bench.show_snapshot(with_nan_picture())
    assert bench.words.isVisible()
    assert bench.words.text().startswith("There is no picture of finite numbers")


def with_nan_picture() -> object:
    spoiled = with_nan(live().snapshot)
    return replace(spoiled, picture=np.full_like(spoiled.picture, np.nan))


def test_the_same_picture_again_costs_nothing(bench: LcnBenchView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convnet_studio.ui.views.lcn_bench.lcn_steps", None)
    bench.show_snapshot(live().snapshot)


def test_of_several_maps_one_is_looked_at(bench: LcnBenchView) -> None:
    assert not bench.controls.maps.isVisible()
    picture = np.random.default_rng(0).random((3, 20, 24)).astype(np.float32)
    bench.show_snapshot(replace(live().snapshot, picture=picture))
    assert bench.controls.maps.isVisible()
    QTest.mouseClick(bench.controls.maps.segment(EACH_MAP), Qt.MouseButton.LeftButton)
    bench.controls.shown_map.setFocus()
    QTest.keyClick(bench.controls.shown_map, Qt.Key.Key_Down)
    bench.catch_up()
    bench.input.canvas.pointed.emit(3, 5)
    assert bench.sheet.heading == "At row 3, column 5, map 1"
    assert bench.sheet.lines[-1].result == exact(bench.controls.norm.forward(picture[None])[0, 1, 3, 5])


def test_it_can_be_set_as_the_networks_own_module(qtbot: QtBot) -> None:
    own = ModuleSpec("own", "LocalContrastNorm", settings={"kernel_size": 7, "width": 1.1, "border": "reflect"})
    project = live().project
    network = project.network
    bench = LcnBenchView(OpenProject(replace(project, network=replace(network, modules=(own, *network.modules)))))
    qtbot.addWidget(bench)
    bench.show()
    assert (bench.controls.norm.kernel_size, bench.controls.norm.border) == (7, "reflect")
    slide(bench.controls.window_side, 11)
    QTest.mouseClick(bench.like_module, Qt.MouseButton.LeftButton)
    assert bench.controls.norm.kernel_size == 7
    assert bench.controls.norm.width == 1.1


def test_a_sheet_without_arithmetic_is_empty(qtbot: QtBot) -> None:
    sheet = LcnSheet()
    qtbot.addWidget(sheet)
    sheet.clear()
    assert not sheet.grab().isNull()
    assert not sheet.accessibleDescription()


def test_a_slider_follows_mouse_keys_and_says_its_number(qtbot: QtBot) -> None:
    slider = Slider("Speed", (1, 2, 4, 8), lambda n: f"{n:.0f} m/s", "How fast.")
    qtbot.addWidget(slider)
    slider.resize(200, 44)
    slider.show()
    told: list[float] = []
    slider.entered.connect(told.append)
    slider.show_number(3.9)
    assert slider.number == 4
    assert not told
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(195, 31))
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert told == [8, 1]
    assert slider.accessibleDescription() == "1 m/s"
    slider.set_stops((5, 7, 9))
    assert slider.number == 5
    assert told == [8, 1]


# ---------------------------------------------------------------- reconstruction


def code_of(picture: np.ndarray, atoms: np.ndarray, most: int) -> Code:
    return next(each for each in pursue(picture, atoms, most) if each is not None)


@pytest.fixture
def rebuilt(qtbot: QtBot) -> LcnReconstructionView:
    made = LcnReconstructionView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.set_dataset(live().dataset)
    made.resize(1000, 640)
    made.show()
    return made


def reconstruction() -> Reconstruction:
    picture = live().snapshot.picture
    steps = lcn_steps(AskReconstruction().norm, picture)
    bank = gabor_bank(1, 28)
    return Reconstruction(steps, bank, *(code_of(each, bank.atoms, 120) for each in (steps.x, steps.y)))


def test_it_waits_in_words_and_shows_equally_many_coefficients(rebuilt: LcnReconstructionView) -> None:
    assert rebuilt.words.text().startswith("The pictures appear")
    found = reconstruction()
    rebuilt.show_answer("codes", Answer(1, 0, AskReconstruction(), found, is_final=True))
    count = int(rebuilt.count.number)
    assert count == pytest.approx(6 / 81 * 784, abs=2)
    assert rebuilt.words.text().startswith(f"{count} coefficients each, of Gabor filters")
    kept = found.kept_with(count)
    assert f"{kept.slow} with it" in rebuilt.words.text()
    rebuilt.original.canvas.pointed.emit(10, 12)
    assert rebuilt.read_out.value.endswith(f"with {exact(float(kept.picture[0, 10, 12]))}")
    assert "error" in rebuilt.with_lcn.heading.text()


def test_more_coefficients_and_the_local_contrast_are_shown(rebuilt: LcnReconstructionView) -> None:
    found = reconstruction()
    rebuilt.show_answer("codes", Answer(1, 0, AskReconstruction(), found, is_final=True))
    slide(rebuilt.count, rebuilt.count.number + 30)
    rebuilt.catch_up()
    count = int(rebuilt.count.number)
    assert rebuilt.words.text().startswith(f"{count} coefficients each")
    QTest.mouseClick(rebuilt.shown.segment(CONTRAST), Qt.MouseButton.LeftButton)
    assert rebuilt.original.heading.text() == "Local contrast of the original"
    kept, largest = found.kept_without(count), float(np.abs(found.steps.y).max())
    wanted = kept.contrast / np.maximum(found.steps.divisor, 1e-12)
    for row, column in ((8, 10), (15, 13)):
        assert pixel(rebuilt.without.canvas, row, column) == color(wanted[0, row, column], largest, "activation")


def test_an_answer_for_other_filters_is_not_shown(rebuilt: LcnReconstructionView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(rebuilt.wishes_changed):
        QTest.mouseClick(rebuilt.filters.segment(GABOR), Qt.MouseButton.LeftButton)
    assert rebuilt.inquiries() == {"codes": AskReconstruction(own=False)}
    rebuilt.show_answer("codes", Answer(1, 0, AskReconstruction(), reconstruction(), is_final=True))
    assert not rebuilt.grid.isVisible()
    rebuilt.show_answer("codes", Answer(1, 0, AskReconstruction(own=False), None, True, "There is none."))
    assert rebuilt.words.text() == "There is none."
