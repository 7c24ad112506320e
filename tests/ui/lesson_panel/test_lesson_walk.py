"""Walking through a lesson in the real window: predicting, doing, answering, going on and back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.edits import delete_modules, insert_module, set_training
from convnet_studio.engine.training.control import Play
from convnet_studio.lessons.check import NO_KEY, Verdict
from convnet_studio.ui.lesson_panel.answer_field import NumberField, OptionField, OrderField
from convnet_studio.ui.lesson_panel.page_sheet import PageSheet
from convnet_studio.ui.lesson_panel.walk import Walk
from convnet_studio.ui.main_window import MainWindow

SECONDS = 20_000
LOOK, TURN, ORDER, BUILD, TRAIN = range(5)


def page(window: MainWindow) -> PageSheet:
    made = window.learn.view.sheet.page
    assert made is not None
    return made


def reveal_all(window: MainWindow) -> None:
    while window.learn.view.sheet.reveal():
        pass


def ticks(walk: Walk) -> list[bool]:
    return [goal.is_done for goal in walk.player.goals()]


def test_a_page_shows_its_views_and_its_numbers(window: MainWindow, walk: Walk) -> None:
    assert [view.name for view in window.learn.view.scene.shown] == ["canvas", "connections"]
    assert window.canvas.isVisible()
    assert "weight is 0.74" in page(window).text.text
    assert window.learn.place.endswith("2.9 Every kind of page")
    assert not any(panel.isVisible() for panel in window.panel_layout.panels)


def test_space_brings_chunk_after_chunk_and_then_the_next_page(window: MainWindow, walk: Walk, qtbot: QtBot) -> None:
    sheet = window.learn.view.sheet
    sheet.setFocus()
    check = page(window).check
    assert check is not None
    assert check.isHidden()
    QTest.keyClick(sheet, Qt.Key.Key_Space)
    assert not check.isHidden()
    assert window.focusWidget() is check.field.inside
    QTest.keyClick(check.field.inside, Qt.Key.Key_Space)
    assert walk.player.index == TURN
    window.actions_table["lesson_back"].trigger()
    assert walk.player.index == LOOK


def test_a_prediction_comes_before_the_act(window: MainWindow, walk: Walk, go: Callable[[int], None]) -> None:
    go(TURN)
    reveal_all(window)
    act, predict = page(window).act, page(window).predict
    assert act is not None
    assert predict is not None
    assert not act.button.isEnabled()
    window.learn.view.sheet.setFocus()
    QTest.keyClick(window.learn.view.sheet, Qt.Key.Key_2)
    assert isinstance(predict.field, OptionField)
    assert predict.field.answer == "less"
    QTest.keyClick(predict.field.options.rows[1], Qt.Key.Key_Return)
    assert walk.player.page_record.prediction == "less"
    assert act.button.isEnabled()
    assert ticks(walk) == [True, False, False]


def test_an_act_by_hand_ticks_itself(window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot) -> None:
    go(TURN)
    walk.predict("less")
    bench = window.learn.view.scene.shown[0]
    assert bench.bench is not None
    bench.set_bench(bench.bench.turned(connection="local"))
    qtbot.waitUntil(lambda: ticks(walk) == [True, True, False], timeout=SECONDS)
    assert page(window).goals.goals == walk.player.goals()


def test_show_me_does_it_and_the_answer_is_judged(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    go(TURN)
    walk.predict("more")
    QTest.keyClick(window.learn.view.sheet, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: ticks(walk)[1], timeout=SECONDS)
    bench = window.learn.view.scene.shown[0].bench
    assert getattr(bench, "connection", "") == "local"
    qtbot.waitUntil(lambda: window.learn.desk.values.numbers["counted"] < 1e9, timeout=SECONDS)  # type: ignore[union-attr]
    reveal_all(window)
    check = page(window).check
    assert check is not None
    check.field.choose(2)
    check.take()
    assert check.verdict_text == "Not yet. Try again."
    check.take()
    assert check.verdict_text.startswith("Not yet. No: 40,000,000")
    check.field.choose(1)
    check.take()
    assert check.verdict_text == "Right. You predicted: more. What came: less.\nThere are 40,000,000."
    assert ticks(walk) == [True, True, True]
    stored = json.loads((Path(os.environ["CONVNET_STUDIO_HOME"]) / "progress.json").read_text("utf-8"))
    assert stored["lessons"]["every-kind"]["pages"]["Turn"]["answers"] == ["more", "more", "less"]
    assert window.learn.view.sheet.pages.rows[TURN].is_complete


def test_where_there_is_no_key_nothing_is_called_wrong(window: MainWindow, walk: Walk) -> None:
    reveal_all(window)
    check = page(window).check
    assert check is not None
    check.show_verdict(Verdict(False, NO_KEY))
    assert check.verdict_text == NO_KEY


def test_numbers_are_typed_as_people_write_them(window: MainWindow, walk: Walk) -> None:
    reveal_all(window)
    check = page(window).check
    assert check is not None
    assert isinstance(check.field, NumberField)
    for typed, answer in (("1,000", 1000.0), ("−0.5", -0.5), ("3/4", 0.75), ("1.6e10", 1.6e10), ("two", None)):
        check.field.inside.setText(typed)  # type: ignore[attr-defined]
        assert check.field.answer == answer
    check.take()
    assert check.verdict_text.startswith("Type a number")
    check.field.inside.setText("3/4")  # type: ignore[attr-defined]
    QTest.keyClick(check.field.inside, Qt.Key.Key_Return)
    assert check.verdict_text.startswith("Right.")


def test_hints_come_one_by_one(window: MainWindow, walk: Walk) -> None:
    reveal_all(window)
    check = page(window).check
    assert check is not None
    window.learn.view.sheet.setFocus()
    QTest.keyClick(window.learn.view.sheet, Qt.Key.Key_H)
    assert "Look at the card." in check.texts[1].text
    assert "below 1" not in check.texts[1].text
    QTest.keyClick(window.learn.view.sheet, Qt.Key.Key_H)
    assert "below 1" in check.texts[1].text
    assert not check.hint.isEnabled()


def test_an_order_is_made_with_the_keyboard(window: MainWindow, walk: Walk, go: Callable[[int], None]) -> None:
    go(ORDER)
    reveal_all(window)
    check = page(window).check
    assert check is not None
    assert isinstance(check.field, OrderField)
    order = check.field.order
    assert order.texts == ("c", "a", "b")
    QTest.keyClick(order, Qt.Key.Key_Return)
    assert check.verdict_text == "Not yet. Try again."
    QTest.keyClick(order, Qt.Key.Key_Return)
    assert check.verdict_text == "Not yet. Not sorted."
    QTest.keyClick(order, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(order, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert order.texts == ("a", "b", "c")
    QTest.keyClick(order, Qt.Key.Key_Return)
    assert check.verdict_text == "Right. Sorted."


def test_a_network_that_is_built_ticks_itself_and_undo_takes_it_back(
    window: MainWindow, walk: Walk, go: Callable[[int], None]
) -> None:
    go(BUILD)
    project = window.open_project.project
    window.open_project.edit("Add ReLU", insert_module(project, "ReLU", (40.0, 300.0))[0])
    assert walk.player.page_record.is_right
    assert not window.learn.desk.is_off_path
    window.actions_table["undo"].trigger()
    assert window.open_project.project == project
    walk.show_me()
    assert [each.kind for each in window.open_project.project.network.modules].count("ReLU") == 1
    window.actions_table["undo"].trigger()
    assert window.open_project.project == project


def test_training_tells_its_progress_and_can_be_stopped(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    go(TRAIN)
    shares: list[float] = []
    window.learn.desk.training.progressed.connect(shares.append)
    walk.show_me()
    assert window.learn.desk.is_busy
    qtbot.waitUntil(lambda: not window.learn.desk.is_busy, timeout=SECONDS)
    assert shares[0] == 0
    assert shares[-1] == 1
    qtbot.waitUntil(lambda: ticks(walk) == [True, True], timeout=SECONDS)
    values = window.learn.desk.values
    assert values is not None
    assert values.numbers["step"] == 50
    assert values.numbers["before"] > values.numbers["loss"]


def test_training_that_is_stopped_at_once_is_not_done(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    go(TRAIN)
    window.session.set_speed(10.0)
    walk.show_me()
    qtbot.waitUntil(lambda: window.session.is_playing, timeout=SECONDS)
    window.learn.desk.training.stop_early()
    qtbot.waitUntil(lambda: not window.learn.desk.is_busy, timeout=SECONDS)
    qtbot.wait(100)  # so that values come
    assert ticks(walk) == [False, False]


def test_a_network_that_cannot_be_trained_is_told_and_not_done(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    go(TRAIN)
    project = window.open_project.project
    window.open_project.edit("Delete", delete_modules(project, {project.network.modules[-1].id}))
    walk.show_me()
    qtbot.waitUntil(lambda: not window.learn.desk.is_busy, timeout=SECONDS)
    assert window.learn.view.sheet.warning.text()
    assert ticks(walk) == [False, False]


def test_leaving_the_path_offers_the_way_back(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    go(LOOK)
    project = window.open_project.project
    back = window.learn.view.scene.back
    assert back.isHidden()
    window.open_project.edit("Rate", set_training(project, rate=0.25))
    assert not back.isHidden()
    scene = window.learn.view.scene
    for switch in scene.panels.values():
        assert not back.geometry().intersects(switch.rect().translated(switch.mapTo(scene, QPoint(0, 0))))
    back.click()
    assert window.open_project.project == project
    assert back.isHidden()


def test_highlights_go_with_their_window(window: MainWindow) -> None:
    highlight = window.learn.highlight
    assert highlight.window() is window, "else it stays when the window is gone"
    assert highlight.isHidden()
    window.open_lesson("connections")
    assert highlight.parentWidget() is window
    window.learn.close_lesson()
    assert highlight.isHidden()


def test_words_and_things_light_each_other_up(window: MainWindow, walk: Walk) -> None:
    highlight = window.learn.highlight
    assert set(highlight.places) == {"module:first"}
    page(window).text.pointed.emit("dial:connections.connection")
    assert set(highlight.places) == {"module:first", "dial:connections.connection"}
    page(window).text.pointed.emit("")
    assert set(highlight.places) == {"module:first"}
    assert not page(window).text.lit_boxes
    highlight.note_pointer("module:first")
    assert page(window).text.lit_boxes
    card = highlight.places["module:first"].center().toPoint()
    assert window.learn.targets.at(card, ["module:first", "view:canvas"], window) == "module:first"


def test_the_users_project_comes_back_as_it_was(window: MainWindow, qtbot: QtBot) -> None:
    window.open_project.edit("Rate", set_training(window.open_project.project, rate=0.02))
    window.session.set_speed(50.0)  # else its epochs would be over soon
    window.session.wish(Play())
    qtbot.waitUntil(lambda: window.open_project.is_unsaved and window.session.is_playing, timeout=SECONDS)
    qtbot.waitUntil(lambda: len(window.curves.record.loss["train"]) > 3, timeout=SECONDS)
    module = window.open_project.project.network.modules[1].id
    window.open_project.select(frozenset({module}))
    window.canvas.zoom_in()
    project, record, zoom = window.open_project.project, window.curves.record, window.canvas.zoom
    run = window.session.run_id
    docks = [panel.isVisible() for panel in window.panel_layout.panels]
    window.open_lesson("connections")
    qtbot.waitUntil(lambda: window.learn.desk.values is not None, timeout=SECONDS)
    assert window.open_project.project != project
    assert not window.open_project.is_unsaved
    assert not window.session.is_playing
    window.actions_table["build"].trigger()
    assert window.open_project.project == project
    assert window.open_project.selection == {module}
    assert window.open_project.is_unsaved
    assert window.canvas.zoom == zoom
    assert window.actions_table["undo"].text() == "Undo: Rate"
    assert [panel.isVisible() for panel in window.panel_layout.panels] == docks
    qtbot.waitUntil(lambda: window.session.run_id == run and window.session.is_playing, timeout=SECONDS)
    assert window.curves.record is record
    window.actions_table["undo"].trigger()
    assert window.open_project.project.training.rate != 0.02


def test_a_lesson_goes_on_where_it_was_left(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    go(BUILD)
    project = window.open_project.project
    window.open_project.edit("Add ReLU", insert_module(project, "ReLU", (40.0, 300.0))[0])
    changed = window.open_project.project
    window.actions_table["build"].trigger()
    assert window.open_project.project.name == "tiny-digits"
    assert not window.open_project.is_unsaved
    window.actions_table["lesson_return"].trigger()
    assert window.open_project.project == changed
    assert walk.player.index == BUILD
    assert window.canvas.isVisible()
    window.learn.close_lesson()
    assert window.open_project.project.name == "tiny-digits"
    window.actions_table["build"].trigger()
    assert window.canvas.isVisible()


def test_another_lessons_network_never_stands_under_a_page(window: MainWindow, walk: Walk, qtbot: QtBot) -> None:
    folder = Path(os.environ["CONVNET_STUDIO_HOME"]) / "lessons"
    start = 'preset = "one-one-one" }'
    broken = start + ', { do = "weights", module = "m3", to = [[1.0, 2.0, 3.0]] }'
    text = (folder / "every-kind.toml").read_text("utf-8").replace(start, broken)
    (folder / "no-start.toml").write_text(text, "utf-8")
    window.learn.reload_course()
    assert not window.learn.course.problems
    window.learn.close_lesson()
    window.open_lesson("no-start")
    sheet = window.learn.view.sheet
    qtbot.waitUntil(lambda: bool(sheet.warning.text()), timeout=SECONDS)
    window.actions_table["build"].trigger()
    window.actions_table["lesson_return"].trigger()
    assert window.open_project.project.name == "tiny-digits"
    qtbot.waitUntil(lambda: bool(sheet.warning.text()), timeout=SECONDS)
    window.learn.open("every-kind")
    qtbot.waitUntil(lambda: window.learn.desk.values is not None, timeout=SECONDS)
    window.learn.open("no-start")  # while the other one's network is in the window
    qtbot.waitUntil(lambda: bool(sheet.warning.text()), timeout=SECONDS)
    window.actions_table["build"].trigger()
    window.actions_table["lesson_return"].trigger()
    assert window.open_project.project.name == "tiny-digits"


def test_saving_waits_until_the_own_project_is_there_again(window: MainWindow, walk: Walk) -> None:
    assert not window.actions_table["save"].isEnabled()
    assert window.files.new()
    assert window.workspaces.now == "Build"
    assert window.actions_table["save"].isEnabled()
    assert window.open_project.desk == "own"
