"""The common panel of benches: dials turn the value, pictures show it, each kind in a widget that stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

import convnet_studio.ui.views  # noqa: F401
from convnet_studio.engine.analysis.bench import AskBench, Bench, Dial
from convnet_studio.engine.analysis.bench_pictures import (
    Bars,
    BenchPicture,
    Code,
    Contours,
    Curves,
    Maps,
    Mark,
    Numbers,
    Points,
    Rows,
    Words,
)
from convnet_studio.engine.training.inquiry import Answer, Moment
from convnet_studio.ui.bench_form import DialRow, stops_of
from convnet_studio.ui.bench_pictures.axes import Axis
from convnet_studio.ui.bench_pictures.code import CodeWidget
from convnet_studio.ui.bench_pictures.curves import CurvesWidget
from convnet_studio.ui.bench_pictures.maps import MapsWidget
from convnet_studio.ui.bench_pictures.meaning import scale_for
from convnet_studio.ui.bench_pictures.numbers import NumbersWidget
from convnet_studio.ui.bench_pictures.stack import WIDGETS, PictureStack
from convnet_studio.ui.bench_view import BenchView
from convnet_studio.ui.controls.number_field import NumberField
from convnet_studio.ui.controls.slider import Slider
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View

GRID = np.arange(12.0).reshape(3, 4) - 4
EVERY = (
    Words("", "Words that say what is seen."),
    Curves(
        "Curves", {"a": (np.arange(3.0), np.array([1.0, np.nan, 3.0])), "b": (np.arange(3.0), np.ones(3))}, "x", "y"
    ),
    Bars("Bars", {"up": 2.0, "down": -1.0, "none": np.nan}, "dB"),
    Maps("Maps", {"one": GRID, "two": GRID[:2, :2]}, "weight", (("one", 0, 1, 2, 2),)),
    Numbers("Numbers", np.where(GRID == 0, np.nan, GRID), ("p", "q", "r"), outlined=((1, 1),)),
    Contours(
        "Contours", GRID, (0, 1), (0, 2), "w0", "w1", {"way": np.array([[0, 0], [1, 2.0]])}, (Mark("here", 0.5, 1),)
    ),
    Points("Points", {"cats": np.array([[0, 1.0], [2, 3]]), "dogs": np.zeros((0, 2))}, is_square=True),
    Rows("Rows", ("name", "number"), (("first", "1"), ("second", "2")), 1),
    Code("Code", ("a = 1", "b = a + 1  # more"), 1, {1: "2"}),
)


@pytest.fixture
def view(qtbot: QtBot) -> BenchView:
    made = View.registry["connections"](OpenProject(live().project))
    assert isinstance(made, BenchView)
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


@pytest.fixture
def stack(qtbot: QtBot) -> PictureStack:
    made = PictureStack()
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    return made


@dataclass(frozen=True)
class Other(Bench):
    """No plug-in: it has no name."""

    title: ClassVar = "Other"

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        yield ()


def answer(view: BenchView) -> None:
    inquiry = view.inquiries()["pictures"]
    assert isinstance(inquiry, AskBench)
    value = list(inquiry.bench.pictures(None))[-1]  # type: ignore[arg-type]
    view.show_answer("pictures", Answer(1, 0, inquiry, value, is_final=True))


def part(view: BenchView, dial: str, kind: type) -> object:
    row = view.control(dial)
    assert row is not None
    return row.findChild(kind)


# ---------------------------------------------------------------- the panel


def test_every_bench_without_a_view_of_its_own_is_a_bench_of_the_lab() -> None:
    for name, kind in Bench.registry.items():
        made = View.registry[name]
        assert made.is_bench or kind.has_own_view
        assert made.title == kind.title or kind.has_own_view
        assert issubclass(made, BenchView) != kind.has_own_view


def test_a_dial_turns_the_bench_and_asks_anew(view: BenchView, qtbot: QtBot) -> None:
    slider = part(view, "side", Slider)
    assert isinstance(slider, Slider)
    with qtbot.waitSignals([view.bench_changed, view.wishes_changed]):
        QTest.keyClick(slider, Qt.Key.Key_Home)
    assert view.bench == view.kind().turned(side=8)
    assert view.inquiries() == {"pictures": AskBench(view.bench)}
    assert part(view, "side", NumberField).value == 8  # type: ignore[attr-defined]


def test_a_value_out_of_range_is_refused_in_a_sentence_and_stays_to_be_mended(view: BenchView) -> None:
    field = part(view, "side", NumberField)
    row = view.control("side")
    assert isinstance(field, NumberField)
    assert isinstance(row, DialRow)
    field.lineEdit().setText("9000")
    field.editingFinished.emit()
    assert view.bench == view.kind()
    assert row.problem.isVisible()
    assert "from 8 to 400" in row.problem.text()
    assert field.text() == "9000"
    assert field._refused
    field.lineEdit().setText("100")
    field.editingFinished.emit()
    assert view.bench == view.kind().turned(side=100)
    assert not row.problem.isVisible()


def test_set_bench_shows_all_dials_and_tells_once(view: BenchView) -> None:
    told: list[Bench] = []
    view.bench_changed.connect(told.append)
    wanted = view.kind().turned(connection="shared", maps=3, valid=True)
    view.set_bench(wanted)
    view.set_bench(wanted)
    assert told == [wanted]
    assert part(view, "maps", NumberField).value == 3  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="shows no"):
        view.set_bench(Other())


def test_the_button_and_a_double_click_go_back_to_the_start(view: BenchView) -> None:
    assert not view.back.isEnabled()
    view.set_bench(view.kind().turned(side=50, maps=3))
    row = view.control("side")
    assert isinstance(row, DialRow)
    assert row.toolTip() == "Double-click the name: back to 200 px"
    QTest.mouseDClick(row.label, Qt.MouseButton.LeftButton)
    assert view.bench == view.kind().turned(maps=3)
    QTest.mouseClick(view.back, Qt.MouseButton.LeftButton)
    assert view.bench == view.kind()
    assert not view.back.isEnabled()


def test_pictures_stay_while_new_ones_come_and_a_problem_is_told(view: BenchView) -> None:
    assert view.words.isVisible()
    answer(view)
    before = list(view.pictures.widgets)
    assert not view.words.isVisible()
    view.set_bench(view.kind().turned(side=50))
    assert view.pictures.widgets == before
    view.show_answer("pictures", Answer(1, 0, AskBench(view.kind()), problem="Of an old question."))
    assert not view.words.isVisible()
    view.show_answer("pictures", Answer(1, 0, view.inquiries()["pictures"], problem="Choose a smaller side."))
    assert view.words.text() == "Choose a smaller side."
    answer(view)
    assert not view.words.isVisible()
    assert view.pictures.widgets == before
    assert f"{view.bench.weights():,.0f}" in before[1].in_words()  # type: ignore[attr-defined]


def test_dials_stand_above_where_it_is_narrow(view: BenchView) -> None:
    answer(view)
    assert view.form.mapTo(view, QPoint()).x() < view.pictures.x()
    assert view.pictures.y() < 100
    view.resize(316, 480)
    QApplication.processEvents()
    assert view.pictures.y() > 100
    assert all(each.geometry().right() < 316 for each in view.pictures.widgets)


def test_other_views_have_no_bench(qtbot: QtBot) -> None:
    maps = View.registry["maps"](OpenProject(live().project))
    qtbot.addWidget(maps)
    assert maps.bench is None
    assert maps.control("anything") is None


@pytest.mark.parametrize(
    ("dial", "least", "most"),
    [
        (Dial("n", low=0, high=1), 100, 202),
        (Dial("n", low=-3, high=7), 100, 202),
        (Dial("n", low=0.001, high=1000, is_log=True), 60, 130),
        (Dial("n", low=0, high=10, is_log=True), 60, 130),
        (Dial("n", low=1, high=9, is_whole=True), 9, 9),
        (Dial("n", low=0, high=100_000, is_whole=True), 100, 202),
    ],
)
def test_stops_rise_from_end_to_end(dial: Dial, least: int, most: int) -> None:
    stops = stops_of(dial)
    assert (stops[0], stops[-1]) == (dial.low, dial.high)
    assert least <= len(stops) <= most
    assert all(b > a for a, b in pairwise(stops))
    assert all(dial.checked(each, 0) == each for each in stops)


def test_a_row_of_numbers_is_turned_one_by_one(qtbot: QtBot) -> None:
    row = DialRow(Dial("Samples", low=-1, high=1, is_row=True), (0.0, 0.5, 0.25))
    qtbot.addWidget(row)
    row.show_value((0.0, 0.5, 0.25))
    fields = row.findChildren(NumberField)
    assert [each.value for each in fields] == [0.0, 0.5, 0.25]
    with qtbot.waitSignal(row.turned) as turned:
        fields[1].entered.emit(-1)
    assert turned.args == [(0.0, -1, 0.25)]
    row.refuse("Samples takes numbers from -1 to 1.")
    assert [each._refused for each in fields] == [False, True, False]


# ---------------------------------------------------------------- the pictures


def test_every_kind_of_picture_has_a_widget() -> None:
    assert set(WIDGETS) == set(BenchPicture.__subclasses__())
    assert {type(each) for each in EVERY} == set(WIDGETS)


@pytest.mark.parametrize("size", [(316, 400), (700, 500), (1300, 800)])
def test_every_kind_shows_at_every_width_with_a_name(stack: PictureStack, size: tuple[int, int]) -> None:
    stack.resize(*size)
    stack.show_pictures(EVERY)
    QApplication.processEvents()
    assert not stack.grab().isNull()
    places = [each.geometry() for each in stack.widgets]
    assert all(place.right() < size[0] for place in places)
    assert not any(one.intersects(other) for one in places for other in places if one != other)
    for widget, picture in zip(stack.widgets, EVERY, strict=True):
        assert widget.height() >= widget.height_in(widget.width()) or widget.grows
        assert widget.accessibleName() == picture.title
        assert widget.accessibleDescription() == widget.in_words() != ""
    for child in stack.findChildren(QWidget):
        reached = child.isVisible() and child.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert child.accessibleName() or not reached or child.focusProxy()
    beside = any(one.top() == other.top() and one.left() < other.left() for one in places for other in places)
    assert beside == (size[0] >= 700)


def test_widgets_stay_as_long_as_the_kinds_do(stack: PictureStack) -> None:
    stack.show_pictures(EVERY)
    before = list(stack.widgets)
    stack.show_pictures(EVERY)
    assert stack.widgets == before
    stack.show_pictures(EVERY[:2])
    assert stack.widgets == before[:2]
    stack.show_pictures((EVERY[0], EVERY[2]))
    assert stack.widgets[0] is before[0]
    assert stack.widgets[1] is not before[1]


def test_a_curve_is_read_by_mouse_and_keys(stack: PictureStack) -> None:
    stack.show_pictures((Curves("Loss", {"loss": (np.arange(5.0), np.arange(5.0) ** 2)}, "step", "loss"),))
    (curves,) = stack.widgets
    assert isinstance(curves, CurvesWidget)
    QTest.mouseMove(curves, curves.axes.point(3, 9).toPoint())
    assert curves.reading == "step 3.00: 9"
    curves.setFocus()
    QTest.keyClick(curves, Qt.Key.Key_Right)
    stack.show_pictures((Curves("Loss", {"loss": (np.arange(5.0), np.arange(5.0))}, "step", "loss"),))
    assert curves.reading == "step 3.00: 3"


def test_a_cell_is_read_exactly(stack: PictureStack) -> None:
    stack.show_pictures((Numbers("N", GRID, ("p", "q", "r")), Maps("M", {"one": GRID})))
    numbers, maps = stack.widgets
    assert isinstance(numbers, NumbersWidget)
    assert isinstance(maps, MapsWidget)
    QTest.mouseMove(numbers, numbers.cell(2, 1).center().toPoint())
    assert numbers.reading == "r · column 1: 5"
    tile = maps.tiles()[0]
    at = tile.topLeft() + QPointF(tile.width() * 3.5 / 4, tile.height() * 1.5 / 3)
    QTest.mouseMove(maps, at.toPoint())
    assert maps.reading == "one · row 1 · column 3: 3"


def test_pictures_without_a_finite_number_are_shown_too(stack: PictureStack) -> None:
    nothing = np.full((2, 3), np.nan)
    stack.show_pictures(
        (
            Curves("C", {"none": (np.zeros(0), np.zeros(0)), "nan": (np.arange(2.0), nothing[0, :2])}, is_log_y=True),
            Curves("huge", {"a": (np.arange(3.0), np.array([1e308, -1e308, np.inf]))}),
            Bars("B", {}, is_log=True),
            Bars("B", {"zero": 0.0}, is_log=True),
            Maps("M", {}),
            Maps("M", {"nan": nothing}, "size"),
            Numbers("N", nothing),
            Contours("K", nothing, (0, 1), (0, 1)),
            Points("P", {"none": np.zeros((0, 2)), "nan": nothing[:, :2]}),
            Rows("R", (), ()),
            Code("Empty", ()),
            Words("", ""),
        )
    )
    QApplication.processEvents()
    assert not stack.grab().isNull()


def test_a_program_is_seen_as_a_whole(qtbot: QtBot) -> None:
    program = CodeWidget()
    qtbot.addWidget(program)
    program.show_picture(Code("Program", tuple(f"line {number}" for number in range(19)), 12))
    program.resize(600, program.height_in(600))
    program.show()
    QApplication.processEvents()
    assert program.text.verticalScrollBar().maximum() == 0


def test_colours_follow_the_meaning() -> None:
    assert (scale_for([GRID], "activation").low, scale_for([GRID], "activation").high) == (-7, 7)
    assert scale_for([GRID], "size").map_name == "non_negative"
    assert scale_for([np.array([0.5])], "picture").high == 1
    assert scale_for([np.array([-2.0])], "picture").low == -2
    with pytest.raises(ValueError, match="would be right"):
        scale_for([GRID], "taste")


def test_ticks_are_round_and_within_the_ends() -> None:
    assert Axis(0.0, 1.0).ticks(4) == [0.0, 0.5, 1.0]
    assert Axis(-3.0, 7.0).ticks(5) == [-2.0, 0.0, 2.0, 4.0, 6.0]
    assert Axis(-4.0, 4.5).ticks(2) == [-4.0, -2.0, 0.0, 2.0, 4.0]
    assert Axis(1e-3, 1e3, is_log=True).ticks(7) == pytest.approx([1e-3, 1e-2, 0.1, 1, 10, 100, 1000])
