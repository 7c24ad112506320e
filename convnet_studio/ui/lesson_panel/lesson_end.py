"""LessonEnd: what stands below the last page of a lesson: that it is done, or what is open, and the next lesson."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from convnet_studio.lessons.lesson import Lesson
from convnet_studio.lessons.progress import LessonRecord
from convnet_studio.ui.controls.label import Label, Sentence
from convnet_studio.ui.theme import text_font


class LessonEnd(QWidget):
    """Hidden until `show_end`."""

    wanted = Signal(str)
    """The name of the lesson that is to be opened."""

    def __init__(self) -> None:
        super().__init__()
        self._next = ""
        self.head = Label("", "text", text_font(18, QFont.Weight.DemiBold))
        self.told = Sentence("", "second_text")
        self.button = QPushButton("")
        self.button.clicked.connect(lambda: self.wanted.emit(self._next))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for each in (self.head, self.told, self.button):
            column.addWidget(each)
        self.hide()

    def show_end(self, lesson: Lesson, record: LessonRecord, following: Lesson | None) -> None:
        """Say how the lesson stands; `following` is the next one, None after the last."""
        left = len(lesson.pages) - record.completed(tuple(each.title for each in lesson.pages))
        self.head.setText("The end of this lesson" if left else "Lesson done")
        pages = f"{left} page{'s' if left > 1 else ''} still open, see below. " if left else ""
        self.told.setText(f"{pages}Next once more goes to the course.")
        self._next = following.name if following else ""
        self.button.setVisible(following is not None)
        if following is not None:
            self.button.setText(f"{following.number} {following.title} →")
            self.button.setToolTip("Open the next lesson")
        self.show()
