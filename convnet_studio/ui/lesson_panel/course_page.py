"""CoursePage: all lessons by chapter, how far each has come, and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from convnet_studio.lessons.course import Course
from convnet_studio.lessons.lesson import Lesson
from convnet_studio.lessons.progress import Progress
from convnet_studio.ui.controls.label import Label, Sentence
from convnet_studio.ui.lesson_panel.lesson_card import LessonCard
from convnet_studio.ui.theme import text_font, theme, theme_switch

_WIDTH = 920
_MARGIN = 32


class CoursePage(QWidget):
    """Chapters that have lessons, each lesson as a card; a search; resuming; the user's own lessons."""

    opened = Signal(str)
    """The name of a lesson."""
    forgotten = Signal(str)
    """The name of a lesson that is to begin anew."""
    export_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Course")
        self.cards: list[LessonCard] = []
        self._course = Course({})
        self._progress: Progress | None = None
        self._resumes = ""
        self.title = Label("Learn", "text", text_font(26, QFont.Weight.DemiBold))
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search the lessons…")
        self.search.setAccessibleName("Search the lessons")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumHeight(28)
        self.search.textChanged.connect(self._fill)
        self.search.returnPressed.connect(self._open_first)
        self.resume = QPushButton("")
        self.resume.setProperty("primary", True)
        self.resume.clicked.connect(lambda: self.opened.emit(self._resumes))
        self._said = Sentence("", "bad")
        self.export = self._button(
            "Export answers…", "A table of predictions and answers for the teacher (CSV or HTML)"
        )
        self.export.clicked.connect(self.export_wanted)
        self.folder = self._button("My lessons", "Open the folder of your own lessons; files that change are read anew")
        self.folder.clicked.connect(self.folder_wanted)
        self._lay_out()
        theme_switch().changed.connect(self.update)

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.resume)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.search, 1)
        row.addWidget(self.export)
        row.addWidget(self.folder)
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        inside = QWidget()
        inside.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inside)
        column.setContentsMargins(_MARGIN, 28, _MARGIN, 28)
        column.setSpacing(16)
        column.addLayout(head)
        column.addLayout(row)
        column.addWidget(self._said)
        column.addLayout(self._column)
        column.addStretch(1)
        middle = QWidget()
        centred = QHBoxLayout(middle)
        centred.setContentsMargins(0, 0, 0, 0)
        centred.addStretch(1)
        centred.addWidget(inside, 100)
        centred.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(middle)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    # ---------------------------------------------------------------- what is shown

    def show_course(self, course: Course, progress: Progress) -> None:
        """Show all lessons and what was done in them."""
        self._course, self._progress = course, progress
        self._show_resume()
        self.say(progress.problem)
        self._fill()

    def say(self, sentence: str) -> None:
        """Say what is amiss."""
        self._said.setText(sentence)
        self._said.setVisible(bool(sentence))

    def _show_resume(self) -> None:
        begun = [each for each in self._course.in_order() if self._is_begun(each)]
        last = self._progress.last_open if self._progress else ""
        chosen = next((each for each in begun if each.name == last), begun[0] if begun else None)
        self._resumes = chosen.name if chosen else ""
        self.resume.setVisible(chosen is not None)
        if chosen is not None and self._progress is not None:
            page = min(self._progress.of(chosen.name).page, len(chosen.pages) - 1) + 1
            self.resume.setText(f"Resume {chosen.number}, page {page}")
            self.resume.setToolTip(f"{chosen.title}: {chosen.pages[page - 1].title}")

    def _is_begun(self, lesson: Lesson) -> bool:
        if self._progress is None:
            return False
        record = self._progress.of(lesson.name)
        return bool(record.pages) and record.completed(tuple(p.title for p in lesson.pages)) < len(lesson.pages)

    def _fill(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.cards.clear()
        words = self.search.text().casefold().split()
        for number, title, lessons in self._course.chapters():
            found = [each for each in lessons if all(word in _told(each) for word in words)]
            if found:
                head = Label(f"Chapter {number} · {title}", "second_text", text_font(13, QFont.Weight.DemiBold))
                head.setContentsMargins(0, 12, 0, 2)
                self._column.addWidget(head)
                for lesson in found:
                    self._add_card(lesson)
        if not self.cards:
            none = "There are no lessons yet." if not words else f"No lesson is called “{self.search.text()}”."
            self._column.addWidget(Sentence(none))
        for name, problem in ({} if words else self._course.problems).items():
            self._column.addWidget(Sentence(problem if name in problem else f"{name}: {problem}", "bad"))

    def _add_card(self, lesson: Lesson) -> None:
        assert self._progress is not None
        record = self._progress.of(lesson.name)
        done = record.completed(tuple(each.title for each in lesson.pages))
        card = LessonCard(lesson, done, bool(record.pages))
        card.clicked.connect(lambda _=False, name=lesson.name: self.opened.emit(name))
        card.forgotten.connect(lambda name=lesson.name: self.forgotten.emit(name))
        self.cards.append(card)
        self._column.addWidget(card)

    def _open_first(self) -> None:
        if self.cards:
            self.opened.emit(self.cards[0].lesson.name)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("canvas"))


def _told(lesson: Lesson) -> str:
    """All words of a lesson that a search looks through."""
    pages = " ".join(each.title for each in lesson.pages)
    return f"{lesson.number} {lesson.title} {lesson.objective} {lesson.name} {pages}".casefold()
