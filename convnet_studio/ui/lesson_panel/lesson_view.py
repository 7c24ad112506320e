"""LessonView: a lesson as it is walked through: the page at the left, its live scene at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from convnet_studio.ui.lesson_panel.lesson_sheet import LessonSheet
from convnet_studio.ui.lesson_panel.scene_area import SceneArea

_SHEET_WIDTH = 400


class LessonView(QWidget):
    """Two halves; the line between them can be dragged."""

    def __init__(self) -> None:
        super().__init__()
        self.sheet = LessonSheet()
        self.scene = SceneArea()
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(self.sheet)
        self.split.addWidget(self.scene)
        self.split.setStretchFactor(1, 1)
        self.split.setCollapsible(0, False)
        self.split.setCollapsible(1, False)
        self.split.setSizes([_SHEET_WIDTH, 1000])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.split)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Numbers choose in the lesson wherever the focus is, but in a field that takes them itself."""
        is_number = Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9
        if is_number and not self.sheet.hasFocus():
            self.sheet.keyPressEvent(event)
        else:
            super().keyPressEvent(event)
