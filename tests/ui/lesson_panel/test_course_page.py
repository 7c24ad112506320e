"""The course page, the user's own lessons, and what is said of files that are none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from convnet_studio.ui.commands.command_palette import lesson_choices
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.lesson_panel.answers_export import export_to
from convnet_studio.ui.lesson_panel.walk import Walk
from convnet_studio.ui.main_window import MainWindow

SECONDS = 20_000


def write(name: str, text: str) -> None:
    folder = Path(os.environ["CONVNET_STUDIO_HOME"]) / "lessons"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def said(window: MainWindow) -> list[str]:
    return [each.text() for each in window.learn.course_page.findChildren(Sentence) if each.isVisible()]


def test_cards_tell_what_is_done_and_resume_leads_back(window: MainWindow, walk: Walk) -> None:
    walk.go(3)
    walk.player.page_record.is_complete = True
    window.learn.close_lesson()
    course = window.learn.course_page
    card = next(each for each in course.cards if each.lesson.name == "every-kind")
    assert card.done == 1
    assert "1 of 5 pages done" in card.accessibleDescription()
    assert course.resume.text() == "Resume 2.9, page 4"
    course.resume.click()
    assert window.learn.walk is not None
    assert window.learn.walk.player.index == 3


def test_search_finds_lessons_by_the_titles_of_their_pages(window: MainWindow, walk: Walk, qtbot: QtBot) -> None:
    window.learn.close_lesson()
    course = window.learn.course_page
    assert len(course.cards) >= 2
    course.search.setText("every build")
    assert [each.lesson.name for each in course.cards] == ["every-kind"]
    course.search.setText("nothing of the kind")
    assert not course.cards
    qtbot.waitUntil(lambda: "No lesson is called “nothing of the kind”." in said(window))
    course.search.setText("every")
    QTest.keyClick(course.search, Qt.Key.Key_Return)
    assert window.learn.has_lesson


def test_progress_is_forgotten_only_on_demand(window: MainWindow, walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    walk.player.page_record.is_complete = True
    window.learn.close_lesson()
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Discard]
    monkeypatch.setattr(QMessageBox, "exec", lambda _box: answers.pop(0))
    course = window.learn.course_page
    for left in (1, 0):
        card = next(each for each in course.cards if each.lesson.name == "every-kind")
        card.forgotten.emit()
        card = next(each for each in course.cards if each.lesson.name == "every-kind")
        assert card.done == left


HOSTILE = {
    "calls.toml": 'title = "x"\nobjective = "x"\nchapter = 1\nposition = 1\nminutes = 1\nstart = []\n'
    '[probes]\nw = { of = "loss" }\n[[pages]]\ntitle = "p"\ntext = "t"\nshow = ["canvas"]\n'
    '[pages.act]\nask = "a"\nshow_me = [{ do = "restart" }]\ndone = "__import__(\'os\')"\n',
    "path.toml": 'title = "x"\nobjective = "x"\nchapter = 1\nposition = 1\nminutes = 1\n'
    'start = [{ do = "open", preset = "../../etc/passwd" }]\n[[pages]]\ntitle = "p"\ntext = "t"\nshow = ["canvas"]\n',
    "huge.toml": "title = '" + "x" * 300_000 + "'",
    "torn.toml": "title = ",
}


def test_a_hostile_file_gets_one_sentence_and_nothing_else(window: MainWindow, qtbot: QtBot) -> None:
    for name, text in HOSTILE.items():
        write(name, text)
    before = set(window.learn.course.lessons)
    window.learn.reload_course()
    window.actions_table["learn"].trigger()
    told = said(window)
    for name in ("calls.toml", "huge.toml", "torn.toml"):
        (sentence,) = [each for each in told if name in each]
        assert len(sentence) < 400
        assert "Traceback" not in sentence
    lessons = set(window.learn.course.lessons) - before
    assert lessons <= {"path"}
    if lessons:  # what a preset is called is known only when it is opened
        window.learn.open("path")
        qtbot.waitUntil(lambda: not window.learn.view.sheet.warning.isHidden(), timeout=SECONDS)
        assert "passwd" in window.learn.view.sheet.warning.text()
        assert window.open_project.project.name == "tiny-digits"
        window.actions_table["build"].trigger()
        assert window.canvas.isVisible()
        window.actions_table["learn"].trigger()
        window.actions_table["build"].trigger()
        window.open_project.mark_trained()
        window.files.autosave_now()
        window.files.finish_autosave()
        assert list((Path(os.environ["CONVNET_STUDIO_HOME"]) / "autosave").rglob("*.cvstudio"))


def test_an_author_sees_the_lesson_change(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    go(2)
    path = Path(os.environ["CONVNET_STUDIO_HOME"]) / "lessons" / "every-kind.toml"
    good = path.read_text("utf-8")
    path.write_text(good.replace('text = "Sort."', 'text = "Sort these."'), "utf-8")
    sheet = window.learn.view.sheet
    qtbot.waitUntil(lambda: sheet.page is not None and sheet.page.text.text == "Sort these.", timeout=SECONDS)
    assert walk.player.page.title == "Order"
    path.write_text(good.replace('kind = "order"', 'kind = "ordre"'), "utf-8")
    qtbot.waitUntil(lambda: not sheet.warning.isHidden(), timeout=SECONDS)
    assert "ordre" in sheet.warning.text()
    assert sheet.page is not None
    assert sheet.page.text.text == "Sort these."
    path.write_text(good, "utf-8")
    qtbot.waitUntil(lambda: sheet.page is not None and sheet.page.text.text == "Sort.", timeout=SECONDS)
    assert sheet.warning.isHidden()


def test_answers_are_exported_for_the_teacher(window: MainWindow, walk: Walk, tmp_path: Path) -> None:
    walk.go(1)
    walk.predict("less")
    learn = window.learn
    assert export_to(tmp_path / "a.csv", learn.course, learn.progress) == "Written: a.csv."
    assert "2.9 Every kind of page,Turn,less" in (tmp_path / "a.csv").read_text("utf-8-sig")
    assert export_to(tmp_path / "a.html", learn.course, learn.progress) == "Written: a.html."
    assert "<td>less</td>" in (tmp_path / "a.html").read_text("utf-8")
    assert "choose another folder" in export_to(tmp_path / "none" / "a.csv", learn.course, learn.progress)


def test_the_command_palette_finds_lessons(window: MainWindow) -> None:
    choices = lesson_choices(window.learn.course, window.open_lesson)
    choice = next(each for each in choices if each.name == "lesson:connections")
    lesson = window.learn.course.lessons["connections"]
    assert choice.text == f"Lesson {lesson.number} {lesson.title}"
    choice.act()
    assert window.workspaces.now == "Learn"
    assert window.learn.walk is not None


def test_the_lab_opens_a_bench_in_the_middle(window: MainWindow, qtbot: QtBot) -> None:
    project = window.open_project.project
    window.actions_table["lab"].trigger()
    window.lab.cards["connections"].click()
    assert window.lab.shown == "connections"
    bench = window.lab.views()[0]
    assert bench.isVisible()
    assert bench.width() > 900
    window.lab.back.click()
    assert window.lab.shown == ""
    assert window.lab.cards["connections"].hasFocus()
    window.actions_table["build"].trigger()
    assert window.open_project.project is project
    assert window.panel_layout.panels[0].isVisible()
