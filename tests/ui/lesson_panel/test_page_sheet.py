"""A page of a lesson: when its chunks come, and what they say."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from convnet_studio.ui.lesson_panel.page_sheet import PageSheet
from convnet_studio.ui.lesson_panel.sections import ActSection, CheckSection
from convnet_studio.ui.lesson_panel.walk import Walk
from convnet_studio.ui.main_window import MainWindow

SECONDS = 20_000
LOOK, TURN, ORDER = range(3)


def parts(window: MainWindow) -> tuple[PageSheet, ActSection, CheckSection]:
    """Of a page that has them."""
    page = window.learn.view.sheet.page
    assert page is not None
    assert page.act is not None
    assert page.check is not None
    return page, page.act, page.check


def test_the_question_waits_until_the_act_is_done(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    go(TURN)
    walk.next()
    walk.next()
    _, act, check = parts(window)
    assert act.said == "Predict first."
    walk.predict("less")
    assert act.said == ""
    walk.next()
    assert check.isHidden()
    assert act.said == "Do this first, or press Show me. Next again skips it."
    walk.show_me()
    qtbot.waitUntil(lambda: act.said == "Done.", timeout=SECONDS)  # as soon as its number was measured
    walk.next()
    assert not check.isHidden()


def test_the_second_press_skips_an_act(window: MainWindow, walk: Walk, go: Callable[[int], None]) -> None:
    go(TURN)
    walk.next()
    walk.next()
    walk.next()
    assert parts(window)[1].said == "Predict first. Next again skips it."
    walk.next()
    assert walk.player.index == ORDER


def test_a_complete_page_shows_its_act_as_done(window: MainWindow, walk: Walk, go: Callable[[int], None]) -> None:
    go(TURN)
    walk.predict("less")
    assert [each.is_done for each in walk.player.goals()] == [True, False, False]
    walk.player.page_record.is_right = walk.player.page_record.is_complete = True
    go(LOOK)
    go(TURN)
    page = window.learn.view.sheet.page
    assert page is not None
    assert [each.is_done for each in page.goals.goals] == [True, True, True]


def test_a_verdict_is_scrolled_into_sight(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    sheet = window.learn.view.sheet
    walk.next()
    page = sheet.page
    assert page is not None
    assert page.check is not None
    page.text.show_text("A long story.\n\n" * 40)
    qtbot.wait(50)
    page.check.field.inside.setText("0.1")  # type: ignore[attr-defined]
    sheet.area.verticalScrollBar().setValue(0)
    page.check.take()
    page.check.hint_wanted.emit()

    def is_seen() -> bool:
        verdict = page.check.texts[-1]
        return sheet.area.viewport().height() >= verdict.mapTo(sheet.area, verdict.rect().bottomLeft()).y() > 0

    qtbot.waitUntil(is_seen, timeout=2000)


def test_a_first_wrong_answer_does_not_tell_the_key(window: MainWindow, walk: Walk) -> None:
    walk.next()
    page = window.learn.view.sheet.page
    assert page is not None
    assert page.check is not None
    page.check.field.inside.setText("0.1")  # type: ignore[attr-defined]
    page.check.take()
    assert page.check.verdict_text == "Not yet. Try again, or take a hint (H)."
    page.check.take()
    assert page.check.verdict_text == "Not yet. It is 0.744."


def test_the_end_of_a_lesson_is_told_and_offers_the_next(
    window: MainWindow, walk: Walk, go: Callable[[int], None]
) -> None:
    end = window.learn.view.sheet.end
    go(LOOK)
    assert end.isHidden()
    go(4)
    for _ in range(3):
        walk.next()
    assert window.learn.walk is walk
    assert end.head.text() == "The end of this lesson"
    assert "5 pages still open" in end.told.text()
    following = window.learn.course.after(walk.lesson)
    assert following is not None
    assert following.title in end.button.text()
    end.button.click()
    assert window.learn.walk is not None
    assert window.learn.walk.lesson is following
    assert end.isHidden()
