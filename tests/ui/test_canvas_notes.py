"""Notes on the canvas, with real keys and mouse."""

from __future__ import annotations

import pytest
from canvas_bench import LEFT, CanvasBench
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.notes_edits import add_note, delete_notes

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
FREE = QPointF(300, 700)


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    made = CanvasBench(qtbot)
    with qtbot.waitActive(made.view):
        made.view.activateWindow()
    made.view.area.setFocus()
    return made


@pytest.fixture
def noted(bench) -> CanvasBench:
    """With one note at `FREE`."""
    bench.open_project.open(add_note(bench.project, "Look at the edges", (FREE.x(), FREE.y()))[0])
    bench.view.zoom_reset()
    bench.view.area.centerOn(550, 420)
    return bench


def texts(bench: CanvasBench) -> list[str]:
    return [each.text for each in bench.project.notes]


def undo_texts(bench: CanvasBench) -> list[str]:
    stack = bench.open_project.undo_stack
    return [stack.text(index) for index in range(stack.count())]


def only_note(bench: CanvasBench):
    (item,) = bench.scene.notes.items.values()
    return item


def note_place(bench: CanvasBench, dx: float = 40, dy: float = 12) -> QPoint:
    return bench.place(only_note(bench).pos() + QPointF(dx, dy))


def double_click(bench: CanvasBench, at: QPoint) -> None:
    bench.click(at)
    QTest.mouseDClick(bench.viewport, LEFT, NONE, at)


def test_n_opens_a_field_and_nothing_is_edited_before_there_is_a_text(bench):
    editor = bench.view.area.notes.editor
    bench.key(Qt.Key.Key_N)
    assert editor.isVisible()
    assert editor.hasFocus()
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert not editor.isVisible()
    bench.key(Qt.Key.Key_N)
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert not editor.isVisible()
    assert texts(bench) == []
    assert undo_texts(bench) == []
    assert bench.view.area.hasFocus()


def test_a_note_is_typed_kept_and_undone_as_one_entry(bench):
    bench.key(Qt.Key.Key_N)
    editor = bench.view.area.notes.editor
    QTest.keyClicks(editor, "Edges")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.keyClicks(editor, "first")
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert texts(bench) == ["Edges\nfirst"]
    assert undo_texts(bench) == ["Add note"]
    assert bench.scene.notes.selected == {bench.project.notes[0].id}
    assert not any(card.rect.intersects(only_note(bench).rect) for card in bench.scene.modules.values())
    bench.open_project.undo_stack.undo()
    assert bench.scene.notes.items == {}


def test_a_click_elsewhere_keeps_the_text(bench):
    bench.key(Qt.Key.Key_N)
    QTest.keyClicks(bench.view.area.notes.editor, "kept")
    bench.view.area.setFocus(Qt.FocusReason.MouseFocusReason)
    assert texts(bench) == ["kept"]
    assert not bench.view.area.notes.editor.isVisible()


def test_escape_keeps_the_text_and_undo_takes_it_back(noted):
    editor = noted.view.area.notes.editor
    double_click(noted, note_place(noted))
    QTest.keyClicks(editor, "kept")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert texts(noted) == ["kept"]
    assert not editor.isVisible()
    assert noted.view.area.hasFocus()
    noted.open_project.undo_stack.undo()
    assert texts(noted) == ["Look at the edges"]


def test_ctrl_enter_is_the_fields_own_while_it_is_open(bench):
    editor = bench.view.area.notes.editor
    for modifiers, is_taken in ((CTRL, True), (Qt.KeyboardModifier.AltModifier, False)):
        event = QKeyEvent(QKeyEvent.Type.ShortcutOverride, Qt.Key.Key_Return, modifiers)
        event.ignore()
        editor.event(event)
        assert event.isAccepted() == is_taken


def test_double_click_enter_and_f2_edit_a_note(noted):
    editor = noted.view.area.notes.editor
    double_click(noted, note_place(noted))
    assert editor.toPlainText() == "Look at the edges"
    QTest.keyClicks(editor, "changed")
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert texts(noted) == ["changed"]
    for key in (Qt.Key.Key_Return, Qt.Key.Key_F2):
        noted.key(key)
        assert editor.isVisible()
        QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert undo_texts(noted) == ["Edit note"]
    noted.key(Qt.Key.Key_F2)
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert texts(noted) == []


def test_a_text_that_is_too_long_stays_in_the_field_with_the_reason(bench):
    bench.key(Qt.Key.Key_N)
    editor = bench.view.area.notes.editor
    editor.setPlainText("x" * 2001)
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert editor.isVisible()
    assert "at most 2,000" in bench.view.area.canvas.bubble.text()
    assert texts(bench) == []
    editor.setPlainText("short")
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert texts(bench) == ["short"]
    assert not bench.view.area.canvas.bubble.isVisible()


def test_looking_at_a_note_edits_nothing(noted):
    noted.click(note_place(noted))
    assert noted.scene.notes.selected == {only_note(noted).note.id}
    noted.click(noted.place(FREE + QPointF(500, 60)))
    assert noted.scene.notes.selected == frozenset()
    assert undo_texts(noted) == []


def test_a_drag_moves_cards_and_notes_together_as_one_entry(noted):
    noted.click(noted.card_place("m7"))
    noted.click(note_place(noted), SHIFT)
    assert noted.open_project.selection == {"m7"}
    starts = noted.scene.modules["m7"].pos(), only_note(noted).pos()
    start = note_place(noted)
    noted.drag(start, start + QPoint(170, 190))
    steps = noted.scene.modules["m7"].pos() - starts[0], only_note(noted).pos() - starts[1]
    assert steps[0] == steps[1]
    assert steps[0].y() > 100
    assert undo_texts(noted) == ["Take out of the stage"]  # together with where they went
    assert noted.project.notes[0].position == (FREE + steps[1]).toTuple()
    noted.open_project.undo_stack.undo()
    assert only_note(noted).pos() == FREE


def test_escape_puts_a_dragged_note_back(noted):
    noted.press_and_move(note_place(noted), note_place(noted) + QPoint(80, 40))
    assert only_note(noted).pos() != FREE
    noted.key(Qt.Key.Key_Escape)
    assert only_note(noted).pos() == FREE
    assert undo_texts(noted) == []


def test_arrows_move_a_note(noted):
    noted.click(note_place(noted))
    noted.key(Qt.Key.Key_Right)
    noted.key(Qt.Key.Key_Down, SHIFT)
    assert only_note(noted).pos() == FREE + QPointF(4, 20)
    assert undo_texts(noted) == ["Move"]


def test_the_right_edge_makes_a_note_narrower_and_higher(noted):
    item = only_note(noted)
    height = item.rect.height()
    edge = noted.place(QPointF(item.rect.right() - 3, item.rect.center().y()))
    noted.press_and_move(edge, edge - QPoint(100, 0))
    assert item.width == pytest.approx(100, abs=1)
    QTest.mouseRelease(noted.viewport, LEFT, NONE, edge - QPoint(100, 0))
    assert noted.project.notes[0].width == pytest.approx(100, abs=1)
    assert item.rect.height() > height
    assert undo_texts(noted) == ["Narrow note"]
    noted.open_project.undo_stack.undo()
    assert only_note(noted).width == 200
    noted.press_and_move(edge, edge - QPoint(60, 0))
    noted.key(Qt.Key.Key_Escape)
    assert only_note(noted).width == 200


def test_rubber_band_delete_and_duplicate_take_notes_along(noted):
    noted.drag(noted.place(FREE - QPointF(30, 30)), noted.place(FREE + QPointF(260, 60)))
    assert noted.scene.notes.selected == {only_note(noted).note.id}
    noted.key(Qt.Key.Key_D, CTRL)
    assert texts(noted) == ["Look at the edges"] * 2
    noted.key(Qt.Key.Key_Delete)
    assert texts(noted) == ["Look at the edges"]
    assert undo_texts(noted) == ["Duplicate", "Delete note"]
    noted.key(Qt.Key.Key_A, CTRL)
    assert noted.scene.notes.selected
    assert len(noted.open_project.selection) == 13


def test_tab_comes_to_notes_after_the_modules(noted):
    noted.open_project.select(frozenset({"m13"}))
    noted.key(Qt.Key.Key_Tab)
    assert noted.open_project.selection == frozenset()
    assert noted.scene.notes.selected == {only_note(noted).note.id}
    assert "Look at the edges" in noted.view.area.accessibleDescription()
    noted.key(Qt.Key.Key_Backtab, SHIFT)
    assert noted.open_project.selection == {"m13"}
    assert noted.scene.notes.selected == frozenset()


def test_a_module_selected_elsewhere_is_alone(noted):
    """What the palette adds must not make Delete take a note that was selected before."""
    noted.click(note_place(noted))
    noted.open_project.select(frozenset({"m3"}))
    assert noted.scene.notes.selected == frozenset()
    noted.key(Qt.Key.Key_Delete)
    assert texts(noted) == ["Look at the edges"]


def test_fit_shows_notes_too_and_another_project_has_its_own(noted):
    far = add_note(noted.project, "far away", (3000, 2000))[0]
    noted.open_project.edit("x", far)
    noted.view.fit()
    assert noted.view.area.visible_rect().contains(QPointF(3000, 2000))
    noted.open_project.open(edits.rename_project(noted.project, "other"))
    assert len(noted.scene.notes.items) == 2


def test_a_refused_text_can_be_given_up(bench):
    bench.key(Qt.Key.Key_N)
    editor = bench.view.area.notes.editor
    editor.setPlainText("x" * 2001)
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert bench.view.area.canvas.bubble.isVisible()
    QTest.keyClicks(editor, "y")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert editor.isVisible()  # changed since, so it is asked again
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert not bench.view.area.canvas.bubble.isVisible()
    assert not editor.isVisible()
    assert texts(bench) == []


def test_an_open_field_does_not_outlive_its_project_or_its_note(noted):
    editor = noted.view.area.notes.editor
    noted.key(Qt.Key.Key_N)
    QTest.keyClicks(editor, "for the old one")
    noted.open_project.open(noted.project)
    assert not editor.isVisible()
    assert texts(noted) == ["Look at the edges"]
    noted.scene.select_only(notes=frozenset(noted.scene.notes.items))
    noted.key(Qt.Key.Key_F2)
    noted.open_project.edit("gone", delete_notes(noted.project, [only_note(noted).note.id]))
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert not editor.isVisible()
    assert texts(noted) == []
    assert not noted.view.area.canvas.bubble.isVisible()
