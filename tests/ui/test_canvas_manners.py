"""The canvas does not jump, covers nothing with what is new, and says where something is missing."""

from __future__ import annotations

import pytest
from canvas_bench import LEFT, CanvasBench
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtTest import QTest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.layout import tidy
from convnet_studio.engine.project.notes_edits import add_note
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.row_break import Block, room_between_rows
from convnet_studio.ui.canvas.wire_flow import WireMeaning
from convnet_studio.ui.first_marks import FirstMarks
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.notice import Notice


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    made = CanvasBench(qtbot)
    with qtbot.waitActive(made.view):
        made.view.activateWindow()
    made.view.area.setFocus()
    return made


# ---------------------------------------------------------------- notes


def write_note_at(bench: CanvasBench, at: QPoint, text: str) -> QRectF:
    notes = bench.view.area.notes
    notes.write(bench.view.area.mapToScene(at))
    QTest.keyClicks(notes.editor, text)
    notes.editor.finish()
    (item,) = bench.scene.notes.items.values()
    return item.rect


def test_a_note_without_a_free_place_in_sight_is_brought_into_sight(bench):
    bench.view.area.scale_to(3.0)
    bench.view.area.centerOn(bench.scene.stages.solid_rects()[0].center())
    rect = write_note_at(bench, bench.viewport.rect().center(), "read this")
    seen = bench.view.area.mapFromScene(rect).boundingRect()
    assert bench.viewport.rect().contains(seen)
    for each in (bench.view._zoom, bench.view.minimap, bench.view.status):
        assert not each.isVisible() or not each.geometry().intersects(seen)


@pytest.mark.parametrize("over", ["zoom", "minimap", "notice"])
def test_a_note_lands_clear_of_what_floats_over_the_canvas(bench, over):
    notice = Notice(bench.view)
    notice.height_changed.connect(bench.view.keep_free_below)
    if over == "notice":
        notice.say("info", "Something happened.")
    if over == "minimap":
        bench.view.area.centerOn(700, 900)
        assert bench.view.minimap.isVisible()
    widget = {"zoom": bench.view._zoom, "minimap": bench.view.minimap, "notice": notice}[over]
    before = bench.view.area.visible_rect()
    rect = write_note_at(bench, widget.geometry().center(), "read this")
    area = bench.view.area
    assert area.visible_rect() == before
    seen = area.mapFromScene(rect).boundingRect()
    assert area.viewport().rect().contains(seen)
    for each in (bench.view._zoom, bench.view.minimap, bench.view.status, notice):
        assert not each.isVisible() or not each.geometry().intersects(seen)


# ---------------------------------------------------------------- what is seen stays


def view_of(bench_view) -> tuple[float, QPointF]:
    return bench_view.zoom, bench_view.area.visible_rect().center()


def test_the_first_edit_leaves_the_picture_where_it_is(window: MainWindow, qtbot) -> None:
    window.canvas.area.zoom.zoom_to(0.97 * window.canvas.zoom)  # not where a new fit would put it, yet all is seen
    before = view_of(window.canvas)
    window.notice.say("info", "Something happened.")
    project = window.open_project.project
    loss = project.network.modules[-1].id
    window.open_project.edit("Rename", edits.rename_module(project, loss, "judge"))
    qtbot.wait(20)
    assert view_of(window.canvas) == before


def test_an_edit_after_wires_began_to_tell_moves_nothing(bench):
    bench.view.resize(1000, 460)  # as high as the network, so that the legend takes room from it
    bench.view.fit()
    bench.view.show_wires(WireMeaning.ACTIVATION)
    before = view_of(bench.view)
    bench.open_project.edit("Rename", edits.rename_module(bench.project, "m3", "first"))
    assert view_of(bench.view) == before


def test_undo_gives_back_the_view_that_the_edit_changed(bench):
    bench.view.fit()
    bench.view.area.zoom.zoom_to(0.97 * bench.view.zoom)
    before = view_of(bench.view)
    wire = bench.scene.links[Link("m3", "m4")].path().pointAtPercent(0.5)
    bench.carry("Conv2d", bench.place(wire))
    changed = view_of(bench.view)
    assert changed[0] < before[0]
    bench.open_project.undo_stack.undo()
    assert bench.view.zoom == pytest.approx(before[0])
    assert (bench.view.area.visible_rect().center() - before[1]).manhattanLength() < 3
    bench.open_project.undo_stack.redo()
    assert bench.view.zoom == pytest.approx(changed[0])
    bench.open_project.undo_stack.undo()
    assert bench.view.zoom == pytest.approx(before[0])


def test_undo_leaves_a_view_alone_that_somebody_has_chosen_since(bench):
    bench.view.fit()
    wire = bench.scene.links[Link("m3", "m4")].path().pointAtPercent(0.5)
    bench.carry("Conv2d", bench.place(wire))
    bench.view.zoom_in()
    chosen = bench.view.zoom
    bench.open_project.undo_stack.undo()
    assert bench.view.zoom == chosen


def test_another_project_has_a_view_of_its_own(bench):
    bench.view.fit()
    wire = bench.scene.links[Link("m3", "m4")].path().pointAtPercent(0.5)
    bench.carry("Conv2d", bench.place(wire))
    bench.open_project.open(load_preset("lenet-5"))
    assert bench.view._memory._views == {}
    seen = view_of(bench.view)
    bench.view.fit()
    assert view_of(bench.view) == seen


# ---------------------------------------------------------------- a stage between two rows


def in_two_rows(bench: CanvasBench) -> None:
    sizes = {each: (item.rect.width(), item.rect.height()) for each, item in bench.scene.modules.items()}
    project = bench.project
    bench.open_project.edit("Tidy", edits.move_modules(project, tidy(project.network, sizes)))


def frames(bench: CanvasBench) -> list[QRectF]:
    return bench.scene.stages.solid_rects()


def test_a_stage_between_two_rows_makes_no_row_longer(bench):
    in_two_rows(bench)
    link = next(
        each
        for each in bench.project.network.links
        if bench.scene.modules[each.target].rect.top() > bench.scene.modules[each.source].rect.bottom()
    )
    bench.view.fit()
    width = bench.scene.covered_rect().width()
    below = bench.scene.modules[link.target].pos()
    at = bench.scene.links[link].path().pointAtPercent(0.5)
    assert bench.carry("tutorial-stage", bench.place(at))
    assert len(bench.project.network.stages) == 4
    assert bench.scene.covered_rect().width() <= width + 1
    assert bench.scene.modules[link.target].y() > below.y()
    rects = frames(bench)
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])
    bench.open_project.undo_stack.undo()
    assert bench.scene.modules[link.target].pos() == below


def test_a_frame_between_rows_goes_where_a_row_has_room():
    first = Block(QRectF(0, 0, 400, 200), ("a",), is_frame=True)
    long = Block(QRectF(0, -300, 1000, 200), ("z",), is_frame=True)
    second = Block(QRectF(0, 240, 400, 200), ("b",), is_frame=True)
    size = QSizeF(300, 200)
    room = room_between_rows(first, second, size, [long, first, second])
    assert (room.at, room.moved) == (QPointF(416, 0), ())
    note = Block(QRectF(600, 50, 100, 40), notes=("n",))
    room = room_between_rows(first, second, size, [long, first, second, note])
    assert (room.at, room.moved, room.step) == (QPointF(0, 240), (second,), QPointF(316, 0))
    room = room_between_rows(first, second, QSizeF(700, 200), [long, first, second, note])
    assert room.at == QPointF(0, 240)
    assert room.moved == (second,)
    assert room.step.x() == 0
    assert room.step.y() > 200


# ---------------------------------------------------------------- what is missing


def test_the_status_says_that_the_network_is_incomplete_and_leads_there(bench):
    status = bench.view.status
    assert not status.is_problem
    bench.open_project.edit("Cut", edits.delete_links(bench.project, [Link("m1", "m2")]))
    assert status.text() == "Incomplete: 2 problems, first at Input"
    assert "Click to go there" in status.toolTip()
    bench.view.area.centerOn(5000, 5000)
    QTest.mouseClick(status, LEFT)
    assert bench.open_project.selection == {"m1"}
    assert bench.view.area.visible_rect().contains(bench.scene.modules["m1"].rect)
    bench.open_project.undo_stack.undo()
    assert not status.is_problem


def test_clicks_go_from_one_problem_to_the_next(bench):
    bench.open_project.edit("Spoil", edits.delete_links(bench.project, [Link("m6", "m7")]))
    assert bench.view.status.text() == "Incomplete: 2 problems, first at LPPool2d of Stage 1"
    QTest.mouseClick(bench.view.status, LEFT)
    first = bench.open_project.selection
    QTest.mouseClick(bench.view.status, LEFT)
    second = bench.open_project.selection
    assert (first, second) == ({"m6"}, {"m7"})
    QTest.mouseClick(bench.view.status, LEFT)
    assert bench.open_project.selection == first


def test_a_note_is_no_problem(bench):
    bench.open_project.edit("Add note", add_note(bench.project, "n", (0, 0))[0])
    assert not bench.view.status.is_problem
    assert bench.view.status.focusPolicy() is Qt.FocusPolicy.NoFocus


# ---------------------------------------------------------------- the first hints


@pytest.fixture
def hints(window: MainWindow, qtbot) -> FirstMarks:
    window.settings.marks_seen = False
    window.resize(1280, 720)
    qtbot.wait(50)
    window.first_marks.show()
    assert window.first_marks.shown
    return window.first_marks


def shown_hints(hints: FirstMarks) -> set[str]:
    return set(hints.shown.bubbles) if hints.shown else set()


@pytest.mark.parametrize("preset", ["two-stage-digits", "lenet-5", "tiny-digits"])
def test_no_hint_covers_a_card(window: MainWindow, hints: FirstMarks, qtbot, preset: str) -> None:
    window.open_project.open(load_preset(preset))
    for size in ((1024, 640), (1280, 720), (1920, 1080)):
        window.resize(*size)
        qtbot.wait(50)
        origin = window.canvas.mapTo(window, QPoint())
        cards = [each.translated(origin) for each in window.canvas.drawn_rects()]
        assert cards
        assert hints.shown
        bubbles = [each for each in hints.shown.bubbles.values() if each.isVisible()]
        assert len(bubbles) == 3
        assert not [each.accessibleName() for each in bubbles for card in cards if each.geometry().intersects(card)]
        assert all(window.rect().contains(each.geometry()) for each in bubbles)


def test_each_hint_goes_when_it_was_followed(window: MainWindow, hints: FirstMarks) -> None:
    project = window.open_project
    assert shown_hints(hints) == {"play", "look", "add"}
    project.select(frozenset({project.project.network.modules[0].id}))
    assert shown_hints(hints) == {"play", "add"}
    project.edit("Add", edits.insert_module(project.project, "ReLU", (0.0, 900.0))[0])
    assert shown_hints(hints) == {"play"}
    window.toggle_play()
    assert shown_hints(hints) == set()
    window.toggle_play()


def test_hints_that_were_seen_do_not_return_at_the_next_start(window: MainWindow, hints: FirstMarks) -> None:
    assert shown_hints(hints)
    assert window.settings.marks_seen


def test_a_click_on_each_takes_the_hints_away_for_good(window: MainWindow, hints: FirstMarks) -> None:
    for name in ("look", "play", "add"):
        assert hints.shown
        QTest.mouseClick(hints.shown.bubbles[name], LEFT)
    assert hints.shown is None
    assert window.settings.marks_seen
    hints.show()
    assert hints.shown is None
