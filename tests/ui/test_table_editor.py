"""The connection table as a matrix: mouse, keyboard, patterns, counts, refusals and undo."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.summary import summarize
from convnet_studio.ui.controls.table_matrix import LARGEST_CELL, SMALLEST_CELL
from convnet_studio.ui.inspector.inspector import Inspector
from convnet_studio.ui.inspector.table_editor import BY_HAND, FAN_IN, GROUPS, PATTERN, SEED, TEXT, TableEditor
from convnet_studio.ui.open_project import OpenProject

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Bench:
    """The inspector on the second filter bank of LeNet-5: 6 to 16 maps."""

    def __init__(self, qtbot: QtBot) -> None:
        self.open_project = OpenProject(load_preset("lenet-5"))
        self.inspector = Inspector(self.open_project)
        qtbot.addWidget(self.inspector)
        self.open_project.changed.connect(lambda _before, _after: self.summarize())
        self.summarize()
        self.bank = [each.id for each in self.open_project.project.network.modules if each.kind == "Conv2d"][1]
        self.open_project.select(frozenset({self.bank}))
        self.inspector.resize(320, 900)
        self.inspector.show()
        qtbot.waitExposed(self.inspector)

    @property
    def editor(self) -> TableEditor:
        return self.inspector.module_page.table

    @property
    def text(self) -> str:
        return str(self.open_project.project.network.module(self.bank).settings.get("table", "full"))

    @property
    def undo_count(self) -> int:
        return self.open_project.undo_stack.count()

    def summarize(self) -> None:
        self.inspector.set_summary(summarize(self.open_project.project, (1, 28, 28), 10))

    def place(self, source: int, output: int) -> QPoint:
        return self.editor.matrix.place_of(source, output).center()

    def click(self, source: int, output: int) -> None:
        QTest.mouseClick(self.editor.matrix, LEFT, NONE, self.place(source, output))

    def drag(self, *squares: tuple[int, int]) -> None:
        QTest.mousePress(self.editor.matrix, LEFT, NONE, self.place(*squares[0]))
        for each in squares[1:]:
            QTest.mouseMove(self.editor.matrix, self.place(*each))
        QTest.mouseRelease(self.editor.matrix, LEFT, NONE, self.place(*squares[-1]))

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.editor.matrix, key)

    def choose(self, name: str, value: object) -> None:
        self.editor.form.entered.emit(name, value)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot)


def test_it_shows_the_table_of_the_paper_with_the_counts_of_the_paper(bench: Bench) -> None:
    assert bench.editor.isVisible()
    assert bench.editor.fold.content.isVisible(), "open, since the table is not full"
    rows = bench.editor.matrix.table
    assert {(o, i) for o, row in enumerate(rows) for i in row} == set(connected_pairs("lenet-5", 6, 16))
    assert "60 of 96 kernels" in bench.editor.counts.text()
    assert "1,516 parameters · 151,600 connections" in bench.editor.counts.text()


def test_only_filter_banks_have_it(bench: Bench) -> None:
    for each in bench.open_project.project.network.modules:
        bench.open_project.select(frozenset({each.id}))
        assert bench.editor.isVisible() == (each.kind == "Conv2d"), each.kind


def test_a_click_connects_and_disconnects_as_an_undoable_edit(bench: Bench) -> None:
    assert 3 not in bench.editor.matrix.table[0]
    bench.click(3, 0)
    assert bench.text.startswith("0-3, 1-3, ")
    assert "61 of 96" in bench.editor.counts.text()
    bench.click(1, 0)
    assert bench.text.startswith("0 2 3, 1-3, ")
    assert bench.undo_count == 2, "two clicks, however quick, are two entries"
    bench.open_project.undo_stack.undo()
    bench.open_project.undo_stack.undo()
    assert bench.text == "lenet-5"
    assert bench.editor.matrix.table[0] == {0, 1, 2}


def test_a_drag_paints_all_squares_that_it_passes_as_one_entry(bench: Bench) -> None:
    bench.drag((5, 0), (5, 4))
    assert all(5 in row for row in bench.editor.matrix.table[:5])
    assert bench.undo_count == 1
    bench.open_project.undo_stack.undo()
    assert bench.text == "lenet-5"


def test_counts_follow_while_it_is_painted_and_escape_takes_it_back(bench: Bench) -> None:
    QTest.mousePress(bench.editor.matrix, LEFT, NONE, bench.place(3, 0))
    assert "61 of 96" in bench.editor.counts.text()
    assert bench.text == "lenet-5", "nothing is built anew before the button is let go"
    bench.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(bench.editor.matrix, LEFT, NONE, bench.place(3, 0))
    assert "60 of 96" in bench.editor.counts.text()
    assert bench.undo_count == 0


def test_the_keyboard_moves_the_mark_and_connects(bench: Bench) -> None:
    bench.editor.matrix.setFocus()
    for _ in range(3):
        bench.key(Qt.Key.Key_Down)
    assert "Input 3 to output 0: not connected" in bench.editor.matrix.accessibleDescription()
    bench.key(Qt.Key.Key_Space)
    assert bench.editor.matrix.table[0] == {0, 1, 2, 3}
    assert "Input 3 to output 0: connected" in bench.editor.matrix.accessibleDescription()
    bench.key(Qt.Key.Key_End)
    bench.key(Qt.Key.Key_Right)
    assert "output 15" in bench.editor.matrix.accessibleDescription()
    assert bench.editor.told.text() == "Output 15 sees all 6 inputs."


def test_pointing_says_what_an_output_sees(bench: Bench) -> None:
    QTest.mouseMove(bench.editor.matrix, bench.place(2, 3))
    assert bench.editor.told.text() == "Output 3 sees inputs 3 4 5."
    QTest.mouseMove(bench.editor.matrix, bench.place(0, 15))
    assert bench.editor.told.text() == "Output 15 sees all 6 inputs."


def test_an_output_without_inputs_is_refused_and_the_table_stays(bench: Bench) -> None:
    bench.drag((0, 0), (2, 0))
    assert bench.text == "lenet-5"
    assert bench.editor.matrix.table[0] == {0, 1, 2}
    assert bench.editor.refusal.text() == "Output map 0 would see no input: every output map needs at least one."
    bench.click(3, 0)
    assert not bench.editor.refusal.isVisible()


def test_patterns(bench: Bench) -> None:
    for pattern, text in (
        ("full", "full"),
        ("groups", "groups 2"),
        ("random", "random 4 seed 1"),
        ("lenet-5", "lenet-5"),
    ):
        bench.choose(PATTERN, pattern)
        assert bench.text == text
    bench.choose(PATTERN, "random")
    assert bench.editor.form.fields[FAN_IN].isVisible()
    assert not bench.editor.form.fields[GROUPS].isVisible()
    bench.choose(FAN_IN, 2)
    assert bench.text == "random 2 seed 1"
    bench.choose(SEED, 7)
    assert bench.text == "random 2 seed 7"
    assert all(len(row) == 2 for row in bench.editor.matrix.table)
    bench.click(next(iter(set(range(6)) - bench.editor.matrix.table[0])), 0)
    assert bench.editor.form.fields[PATTERN].editor.value == BY_HAND


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (PATTERN, "lenet-7", "The table lenet-7 connects 8 to 24 maps, here are 6 and 16."),
        (PATTERN, "one-to-one", "6 input and 16 output maps can't both be divided into 6 groups."),
        (GROUPS, 5, "6 input and 16 output maps can't both be divided into 5 groups."),
        (FAN_IN, 9, "There are 6 input maps, not 9 to draw from."),
        (FAN_IN, 0, "Inputs of each is 0: it must be at least 1."),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(bench: Bench, name: str, value: object, sentence: str) -> None:
    bench.choose(name, value)
    assert bench.editor.refusal.text() == sentence
    assert bench.text == "lenet-5"
    assert bench.editor.form.fields[PATTERN].editor.value == "lenet-5"


def test_a_table_painted_full_is_called_full(bench: Bench) -> None:
    bench.choose(PATTERN, "full")
    bench.click(0, 0)
    assert bench.text.startswith("1-5, 0-5")
    bench.click(0, 0)
    assert bench.text == "full"


def test_a_large_table_scrolls_and_is_painted(bench: Bench) -> None:
    first = next(each.id for each in bench.open_project.project.network.modules if each.kind == "Conv2d")
    project = edits.apply_change(bench.open_project.project, first, {"out_channels": 64})
    project = edits.apply_change(project, bench.bank, {"out_channels": 256, "table": "random 16"})
    bench.open_project.edit("large", project)
    matrix = bench.editor.matrix
    assert matrix.cell == SMALLEST_CELL
    assert "4,096 of 16,384 kernels" in bench.editor.counts.text()
    assert matrix.width() > matrix.parentWidget().width(), "it scrolls"
    matrix.setFocus()
    bench.key(Qt.Key.Key_End)
    shown = matrix.visibleRegion().boundingRect()
    assert shown.contains(matrix.place_of(0, 255))
    before = bench.editor.matrix.count
    bench.drag((10, 250), (20, 250))
    assert bench.editor.matrix.count != before
    assert len(bench.text) < 20_000


def test_pixels_follow_the_table(bench: Bench) -> None:
    matrix = bench.editor.matrix
    assert SMALLEST_CELL < matrix.cell <= LARGEST_CELL
    image = matrix.grab().toImage()
    inside = {image.pixel(self) for self in (bench.place(0, 0), bench.place(1, 0))}
    outside = image.pixel(bench.place(3, 0))
    assert len(inside) == 1
    assert outside not in inside
    bench.click(3, 0)
    QTest.mouseMove(matrix, QPoint(1, 1))
    assert matrix.grab().toImage().pixel(bench.place(3, 0)) in inside
    assert np.array(matrix.table[0] == {0, 1, 2, 3}).all()


def test_the_table_is_chosen_at_one_place(bench: Bench) -> None:
    row = bench.inspector.module_page.form.fields["table"]
    assert bench.editor.isVisible()
    assert row.isHidden()
    project = bench.open_project.project
    into = next(each for each in project.network.links if each.target == bench.bank)
    bench.open_project.edit("Cut", edits.delete_links(project, [into]))
    assert bench.editor.isHidden()
    assert not row.isHidden()  # without inputs there is no matrix, but still a table


def test_a_table_is_written_by_hand(bench: Bench) -> None:
    text = bench.editor.form.fields[TEXT]
    assert not text.isVisible()
    bench.choose(PATTERN, BY_HAND)
    assert text.isVisible()
    assert text.editor.value == "lenet-5"
    assert bench.undo_count == 0
    text.editor.show_value("0-3, 1-4")
    bench.choose(TEXT, "0-3, 1-4")
    assert "16" in bench.editor.refusal.text()
    assert (bench.text, text.editor.value) == ("lenet-5", "0-3, 1-4")  # what was typed stays to be mended
    by_hand = ", ".join(["0-2"] * 16)
    bench.choose(TEXT, by_hand)
    assert bench.text == by_hand
    assert text.isVisible()
    bench.choose(PATTERN, "full")
    assert bench.text == "full"
    assert not text.isVisible()


def test_what_is_pointed_at_looks_like_no_connection(bench: Bench) -> None:
    """Inside of every square the colour is that of connected or not, also under the mouse."""

    def colours() -> list[int]:
        picture = bench.editor.matrix.grab().toImage()
        places = [bench.place(source, output) for source in range(6) for output in range(16)]
        return [picture.pixel(each) for each in places]

    bench.editor.matrix.clearFocus()
    before, whole = colours(), bench.editor.matrix.grab().toImage()
    QTest.mouseMove(bench.editor.matrix, bench.place(3, 5))
    assert bench.editor.matrix.pointed_at == (3, 5)
    assert colours() == before
    assert bench.editor.matrix.grab().toImage() != whole
