"""ProblemList: the problems at one place, below each other."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.project.validate import Problem
from convnet_studio.ui.inspector.problem_box import ProblemBox


class ProblemList(QWidget):
    """One ProblemBox each; takes no room where there are none."""

    mend_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: list[ProblemBox] = []
        self._problems: tuple[Problem, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.setVisible(False)

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Show these; the boxes stay as they are where nothing has changed."""
        if problems == self._problems:
            return
        self._problems = problems
        for box in self.boxes:
            box.hide()
            box.deleteLater()
        self.boxes = [ProblemBox(each) for each in problems]
        for box in self.boxes:
            box.mend_requested.connect(self.mend_requested)
            self._column.addWidget(box)
        self.setVisible(bool(problems))
