"""What the window says: nothing is lost, nothing stays that is no longer true, nothing moves the network."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.edits import delete_modules, insert_module, set_training
from convnet_studio.engine.training.events import Diverged, StateChanged
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.notice import MOST_STRIPS, Notice

SECONDS = 20_000


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(800, 500)
    made.show()
    return made


def answer(notice: Notice, word: str) -> QPushButton:
    return next(button for button in notice.findChildren(QPushButton) if button.text() == word)


def test_a_question_outlives_plain_sentences(host: QWidget, qtbot: QtBot) -> None:
    notice, taken = Notice(host), []
    notice.say("warn", "Something was kept.", {"Open it": lambda: taken.append("opened")})
    notice.say("good", "One.")
    notice.say("good", "Two.")
    assert notice.text == "Something was kept.\nTwo."
    qtbot.mouseClick(answer(notice, "Open it"), Qt.MouseButton.LeftButton)
    assert taken == ["opened"]
    assert notice.text == "Two."
    notice.forget_passing()
    assert not notice.isVisible()


def test_sentences_of_one_topic_replace_each_other_and_are_taken_back(host: QWidget) -> None:
    notice = Notice(host)
    notice.say("bad", "It diverged.", {"Rewind": lambda: None}, topic="divergence")
    notice.say("bad", "It diverged again.", {"Rewind": lambda: None}, topic="divergence")
    notice.say("warn", "It can't train.", topic="training")
    assert notice.text == "It diverged again.\nIt can't train."
    notice.retract("divergence")
    assert notice.text == "It can't train."


def test_progress_is_one_strip_and_strips_are_few(host: QWidget) -> None:
    notice = Notice(host)
    for part in range(3):
        notice.show_progress(f"Part {part}.", part, 3, topic="engine")
    assert notice.text == "Part 2."
    assert [bar.value() for bar in notice.findChildren(QProgressBar) if bar.isVisible()] == [2]
    for number in range(9):
        notice.say("warn", f"Question {number}?", {"Yes": lambda: None})
    assert notice.text.count("\n") == MOST_STRIPS - 1
    assert notice.text.endswith("Question 8?")


def test_it_lies_over_the_lower_edge_at_any_width(host: QWidget, qtbot: QtBot) -> None:
    notice, heights = Notice(host), []
    notice.height_changed.connect(heights.append)
    notice.say("info", "A sentence that is long enough to need a second line where there is little room. " * 2)
    for width in (1000, 400):
        host.resize(width, 500)
        assert notice.geometry().bottom() == host.height() - 1
        assert notice.width() == width
        assert heights[-1] == notice.height()
    assert heights[-1] > heights[0]


def test_after_an_answer_the_keyboard_goes_to_play(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.notice.say("warn", "Yes?", {"Yes": lambda: None})
    answer(window.notice, "Yes").setFocus()
    qtbot.keyClick(answer(window.notice, "Yes"), Qt.Key.Key_Space)
    assert window.top_bar.play.hasFocus()


def test_the_network_stays_where_it_is(window: MainWindow, qtbot: QtBot) -> None:
    before = window.canvas.drawn_rects(), window.canvas.zoom, window.canvas.height()
    window.notice.say("info", "Something happened.")
    qtbot.wait(50)
    assert (window.canvas.drawn_rects(), window.canvas.zoom, window.canvas.height()) == before
    zoom = window.canvas._zoom.geometry()
    assert zoom.bottom() < window.notice.geometry().top()
    assert not window.canvas.status.isVisible()
    window.notice.forget_passing()
    assert window.canvas.status.isVisible()
    assert window.canvas._zoom.geometry().bottom() > zoom.bottom()


def test_an_empty_project_is_no_fault(window: MainWindow, qtbot: QtBot) -> None:
    window.files.new()
    qtbot.waitUntil(lambda: window.session.run_id == 2, timeout=SECONDS)
    qtbot.wait(100)
    assert window.notice.text == ""


def test_what_kept_it_from_training_is_taken_back(window: MainWindow, qtbot: QtBot) -> None:
    network = window.open_project.project.network
    loss = next(each.id for each in network.modules if each.kind == "NLLLoss")
    window.open_project.edit("Delete", delete_modules(window.open_project.project, {loss}))
    window.toggle_play()
    qtbot.waitUntil(lambda: "can't train yet" in window.notice.text, timeout=SECONDS)
    window.open_project.undo_stack.undo()
    qtbot.waitUntil(lambda: window.notice.text == "", timeout=SECONDS)


def test_the_end_of_the_plan_is_taken_back_by_the_next(window: MainWindow, qtbot: QtBot) -> None:
    seen: list[object] = []
    window.session.events_arrived.connect(seen.extend)
    window.open_project.edit("Epochs", set_training(window.open_project.project, epochs=1))
    window.toggle_play()
    qtbot.waitUntil(lambda: window.notice.text == "The planned epoch is done.", timeout=SECONDS)
    window.toggle_play()
    qtbot.waitUntil(lambda: window.notice.text == "1 more epoch is done, 2 in all.", timeout=SECONDS)
    told = [event for event in seen if isinstance(event, StateChanged)]
    assert [event.playing for event in told] == [True, False, True, False]


def test_divergence_tells_the_rate_that_was_typed_and_selects_the_card(window: MainWindow, qtbot: QtBot) -> None:
    conv = next(each.id for each in window.open_project.project.network.modules if each.kind == "Conv2d")
    window.open_project.edit("Rate", set_training(window.open_project.project, rate=5.0))
    qtbot.waitUntil(lambda: window.live.snapshot is not None, timeout=SECONDS)
    window.news._show_divergence(Diverged(window.session.run_id, 900, conv, "weight", "It exploded.", 1.99, 800))
    assert "rate of 5 (1.99 by now, by the schedule) is too large" in window.notice.text
    assert "in the selected Conv2d (weight)" in window.notice.text
    assert window.open_project.selection == {conv}
    qtbot.mouseClick(answer(window.notice, "Rate ÷ 10 and rewind"), Qt.MouseButton.LeftButton)
    assert window.open_project.project.training.rate == 0.5


def test_a_question_outlives_another_project(window: MainWindow, qtbot: QtBot) -> None:
    window.notice.say("warn", "The program ended.", {"Open it": lambda: None})
    window.notice.say("good", "All is done.")
    window.files.new()
    assert window.notice.text == "The program ended."
    qtbot.mouseClick(window.notice.findChildren(QToolButton)[0], Qt.MouseButton.LeftButton)
    assert window.notice.text == ""


def test_an_edit_of_the_network_does_not_hide_other_news(window: MainWindow, qtbot: QtBot) -> None:
    window.notice.say("warn", "The file held something odd.")
    after, _ = insert_module(window.open_project.project, "Tanh", (0.0, 400.0))
    window.open_project.edit("Add Tanh", after)
    qtbot.wait(150)
    assert window.notice.text == "The file held something odd."
