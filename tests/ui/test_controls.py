"""Controls: what is typed, stepped and chosen comes out as it is; what is painted follows the theme."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.nn.module import Module, Setting
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.ui.controls.check_field import CheckField
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.formula import Formula, formula_lines
from convnet_studio.ui.controls.histogram import BINS, bin_heights
from convnet_studio.ui.controls.legend_bar import LegendBar
from convnet_studio.ui.controls.mark import Mark, MarkIcon
from convnet_studio.ui.controls.name_field import NameField
from convnet_studio.ui.controls.number_field import NumberField, number_text, stepped
from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.controls.sheet_layout import Cell, best_layout
from convnet_studio.ui.controls.text_field import TextField
from convnet_studio.ui.controls.weight_tiles import reduced
from convnet_studio.ui.map_images import Scale
from convnet_studio.ui.palette.search_field import SearchField

WHOLE = Setting("kernel", "Kernel", "", int, 5, minimum=1, maximum=64)
ODD = Setting("window", "Window", "", int, 9, minimum=1, odd=True)
RATE = Setting("rate", "Rate", "", float, 0.01, minimum=0, maximum=1)


@pytest.fixture
def number(qtbot: QtBot) -> NumberField:
    field = NumberField(WHOLE)
    qtbot.addWidget(field)
    field.show_value(5)
    field.show()
    return field


@pytest.mark.parametrize(
    ("typed", "entered"), [("7", 7), ("2.5", 2.5), ("0,5", 0.5), ("−3", -3), ("many", "many"), ("", "")]
)
def test_a_number_field_hands_on_what_was_typed(number: NumberField, qtbot: QtBot, typed: str, entered: object) -> None:
    number.lineEdit().setText(typed)
    with qtbot.waitSignal(number.entered) as caught:
        QTest.keyClick(number, Qt.Key.Key_Return)
    assert caught.args == [entered]


def test_the_same_number_again_is_no_entry(number: NumberField, qtbot: QtBot) -> None:
    number.lineEdit().setText("5.0")
    with qtbot.assertNotEmitted(number.entered):
        QTest.keyClick(number, Qt.Key.Key_Return)


def test_escape_gives_the_old_value_back(number: NumberField) -> None:
    number.lineEdit().setText("nonsense")
    number.set_refused(True)
    QTest.keyClick(number, Qt.Key.Key_Escape)
    assert number.text() == "5"


def test_arrow_keys_step(number: NumberField, qtbot: QtBot) -> None:
    with qtbot.waitSignal(number.entered) as caught:
        QTest.keyClick(number, Qt.Key.Key_Up)
    assert caught.args == [6]


def test_the_wheel_acts_only_with_the_focus(number: NumberField, qtbot: QtBot) -> None:
    number.clearFocus()
    middle = QPointF(number.rect().center())
    turn = QWheelEvent(
        middle,
        middle,
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    with qtbot.assertNotEmitted(number.entered):
        QApplication.sendEvent(number, turn)
    assert number.text() == "5"


@pytest.mark.parametrize(
    ("value", "steps", "setting", "expected"),
    [
        (5, 1, WHOLE, 6),
        (1, -1, WHOLE, 1),
        (64, 10, WHOLE, 64),
        (9, 1, ODD, 11),
        (0.01, 1, RATE, 0.011),
        (0.01, -1, RATE, 0.009),
        (0.9, 1, RATE, 0.91),
        (0.0, 1, RATE, 0.01),
        (0.0, -1, RATE, 0.0),
    ],
)
def test_steps_are_of_the_size_of_the_number(value: float, steps: int, setting: Setting, expected: float) -> None:
    assert stepped(value, steps, setting) == pytest.approx(expected)


@pytest.mark.parametrize("value", [0, 1, 5.0, 0.02, 1e-05, 0.1, 123456])
def test_number_text_reads_back(value: float) -> None:
    assert float(number_text(value)) == value


def test_exact_numbers_read_back_as_float32() -> None:
    for value in np.random.default_rng(0).normal(size=100).astype(np.float32):
        assert np.float32(exact(value)) == value


def test_short_numbers_are_short() -> None:
    for value in (0, 1, -1.5, 12.345, 123.45, 1234.5, 0.0213, -0.00123, 1.2e-5, 3e7, float("nan")):
        assert len(short(value)) <= 8


def test_a_choice_is_handed_on(qtbot: QtBot) -> None:
    field = ChoiceField("Colour", ("red", "green"), ("Red", "Green"))
    qtbot.addWidget(field)
    field.show_value("green")
    assert field.value == "green"
    with qtbot.waitSignal(field.entered) as caught:
        field.activated.emit(0)
    assert caught.args == ["red"]
    field.show_value("blue")
    assert field.value == ""


def test_a_check_is_handed_on(qtbot: QtBot) -> None:
    field = CheckField("Shuffle")
    qtbot.addWidget(field)
    field.show_value(True)
    with qtbot.waitSignal(field.entered) as caught:
        QTest.keyClick(field, Qt.Key.Key_Space)
    assert caught.args == [False]


def test_segments_are_chosen_by_click_and_key(qtbot: QtBot) -> None:
    control = SegmentedControl("Tab", ("Maps", "Filters"))
    qtbot.addWidget(control)
    control.show()
    with qtbot.waitSignal(control.chosen) as caught:
        control.segment("Filters").click()
    assert caught.args == ["Filters"]
    control.choose("Maps")
    assert control.choice == "Maps"
    assert control.segment("Maps").accessibleName() == "Tab: Maps"


def test_choosing_a_segment_moves_nothing(qtbot: QtBot) -> None:
    control = SegmentedControl("Tab", ("Maps", "Filters"))
    qtbot.addWidget(control)
    before = control.sizeHint()
    control.choose("Filters")
    assert control.sizeHint() == before


def test_a_name_is_taken_by_enter_and_given_up_by_escape(qtbot: QtBot) -> None:
    field = NameField("Name")
    qtbot.addWidget(field)
    field.show_name("first")
    field.setText("second")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "first"
    field.setText("third")
    with qtbot.waitSignal(field.entered) as caught:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert caught.args == ["third"]


@pytest.fixture
def text(qtbot: QtBot) -> TextField:
    field = TextField("Formula", ("x * x", "sin(x) & more"))
    qtbot.addWidget(field)
    field.show_value("x")
    field.show()
    return field


def test_a_text_is_handed_on_as_typed_and_given_up_by_escape(text: TextField, qtbot: QtBot) -> None:
    text.setText("x +")
    with qtbot.waitSignal(text.entered) as caught:
        QTest.keyClick(text, Qt.Key.Key_Return)
    assert caught.args == ["x +"]
    text.set_refused(True)
    with qtbot.waitSignal(text.entered) as caught:
        QTest.keyClick(text, Qt.Key.Key_Escape)
    assert caught.args == ["x"]
    assert text.text() == text.value == "x"
    with qtbot.assertNotEmitted(text.entered):
        QTest.keyClick(text, Qt.Key.Key_Return)


def test_a_refused_text_may_be_handed_on_again(text: TextField, qtbot: QtBot) -> None:
    text.set_refused(True)
    with qtbot.waitSignal(text.entered):
        QTest.keyClick(text, Qt.Key.Key_Return)
    text.show_value("x")
    with qtbot.assertNotEmitted(text.entered):
        QTest.keyClick(text, Qt.Key.Key_Return)


def test_examples_are_offered_and_taken(text: TextField, qtbot: QtBot) -> None:
    QTest.keyClick(text, Qt.Key.Key_Down)
    assert text.examples.isVisible()
    with qtbot.waitSignal(text.entered) as caught:
        text.examples.actions()[1].trigger()
    text.examples.close()
    assert caught.args == ["sin(x) & more"]
    assert text.text() == "sin(x) & more"
    bare = TextField("Name", ())
    qtbot.addWidget(bare)
    bare.open_examples()
    assert not bare.examples.isVisible()


def test_marks_say_what_they_mean(qtbot: QtBot) -> None:
    icon = MarkIcon()
    qtbot.addWidget(icon)
    for mark in Mark:
        icon.show_mark(mark, "More.")
        assert icon.accessibleName() == icon.toolTip() == f"{mark.value} More."
        assert not icon.grab().isNull()


def test_a_legend_shows_exact_ends_and_zero(qtbot: QtBot) -> None:
    legend = LegendBar("Colours")
    qtbot.addWidget(legend)
    high = float(np.float32(0.7123456))
    legend.show_scale(Scale("activation", -high, high))
    assert legend.ends == ("-0.7123456", "0.7123456")
    legend.show_scale(None)
    assert legend.ends == ("", "")


def test_a_histogram_counts_every_finite_value() -> None:
    values = np.array([-1.0, 0.0, 0.0, 0.001, 1.0, np.nan, np.inf])
    heights = bin_heights(values, -1.0, 1.0)
    assert len(heights) == BINS
    assert heights[BINS // 2] == 1.0
    assert heights[0] == heights[-1] == pytest.approx(1 / 3)
    assert bin_heights(np.full(3, np.nan), -1, 1) == []


@pytest.mark.parametrize("kind", [*Module.registry])
def test_every_formula_is_drawn_as_mathematics(kind: str, qtbot: QtBot) -> None:
    cls = find_kind(kind)
    assert cls
    formula = Formula(cls.formula)
    qtbot.addWidget(formula)
    assert formula.is_drawn
    assert formula.height() < 200
    assert not formula.grab().isNull()


def test_a_formula_that_cannot_be_drawn_is_shown_as_text(qtbot: QtBot) -> None:
    formula = Formula(r"y = \frac{")
    qtbot.addWidget(formula)
    assert not formula.is_drawn
    assert not formula.grab().isNull()


def test_long_formulas_break_at_their_quads() -> None:
    assert formula_lines(r"a = b, \quad c = d \qquad e") == ["a = b", "c = d", "e"]


@pytest.mark.parametrize("room", [(280.0, 200.0), (1200.0, 800.0), (60.0, 400.0)])
@pytest.mark.parametrize("shape", [(8, 24, 24), (1, 28, 28), (256, 1, 1), (3, 7, 5)])
def test_a_layout_fits_its_room_and_finds_its_cells(shape: tuple[int, int, int], room: tuple[float, float]) -> None:
    layout = best_layout(shape, room, labelled=True)
    width, height = layout.size
    assert width <= room[0] + 1e-6
    assert height <= room[1] + 1e-6
    count, rows, columns = shape
    for cell in (Cell(0, 0, 0), Cell(count - 1, rows - 1, columns - 1), Cell(count // 2, rows // 2, columns // 2)):
        center = layout.cell_rect(cell).center()
        assert layout.cell_at(center.x(), center.y()) == cell
    assert layout.cell_at(-1, 5) is None
    assert layout.cell_at(width + 50, 5) is None


def test_a_reduced_matrix_keeps_the_largest_weights() -> None:
    matrix = np.random.default_rng(3).normal(size=(100, 37))
    small = reduced(matrix, 30, 20)
    assert small.cells.shape[0] <= 30
    assert small.cells.shape[1] <= 20
    assert np.abs(small.cells).max() == np.abs(matrix).max()
    assert np.array_equal(matrix[small.rows, small.columns], small.cells)


@pytest.mark.parametrize("sequence", [QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo])
def test_undo_keys_are_the_windows_once_an_entry_is_taken(qtbot: QtBot, sequence: QKeySequence.StandardKey) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    number, name, search = NumberField(Setting("n", "N", "", int, 8)), NameField("Name"), SearchField("Search…")
    number.show_value(8)
    name.show_name("Conv2d")
    undone: list[str] = []
    QShortcut(QKeySequence(sequence), window, lambda: undone.append("window"))
    for field in (number, name, search):
        column.addWidget(field)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    keys = QKeySequence(sequence)[0]
    for field, typed in ((number, "12"), (name, "edges"), (search, "")):
        field.setFocus()
        QTest.keyClicks(field, typed)
        undone.clear()
        QTest.keyClick(field, keys.key(), keys.keyboardModifiers())
        assert undone == ([] if typed else ["window"]), field.accessibleName()
        if field is not search:
            field.selectAll()
            QTest.keyClicks(field, typed)
            QTest.keyClick(field, Qt.Key.Key_Return)
            (number.show_value(12) if field is number else name.show_name(typed))
            QTest.keyClick(field, keys.key(), keys.keyboardModifiers())
            assert undone == ["window"], field.accessibleName()
