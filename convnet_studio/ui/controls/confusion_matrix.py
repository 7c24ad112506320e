"""ConfusionMatrix: how often each class was answered with each class; a click chooses a cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.painting import blend
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_TITLE = 18
_LONGEST_NAME = 84
_SMALLEST_NUMBERED = 15
"""Cells that are narrower bear no numbers."""
_FAINTEST = 0.12


class ConfusionMatrix(QWidget):
    """Rows are the true classes, columns the answers. Right ones are green, wrong ones the redder the more there are.

    The count stands in every cell, so that nothing is told by colour alone.
    """

    chosen = Signal(int, int)
    """(label, answer) of the cell that the user clicked or moved to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: Array = np.zeros((0, 0), np.int64)
        self._names: tuple[str, ...] = ()
        self._marked: tuple[int, int] | None = None
        self.setAccessibleName("Confusion matrix")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def show_counts(self, counts: Array, names: Sequence[str]) -> None:
        """Show counts ``(classes, classes)``: row the label, column the answer."""
        self._counts, self._names = counts, tuple(names)
        self.update()

    def mark(self, cell: tuple[int, int] | None) -> None:
        """Mark a cell (label, answer)."""
        self._marked = cell
        self.setAccessibleDescription(self.words(*cell) if cell else "")
        self.update()

    def words(self, label: int, answer: int) -> str:
        """A cell as a sentence."""
        count, all_of_it = int(self._counts[label, answer]), int(self._counts[label].sum())
        return f"{count:,} of {all_of_it:,} pictures of “{self._name(label)}” were answered “{self._name(answer)}”."

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """(label, answer) of the cell at a point."""
        box, side = self._box(), len(self._counts)
        if not side or not box.contains(point):
            return None
        pitch = box.width() / side
        return min(int((point.y() - box.top()) / pitch), side - 1), min(int((point.x() - box.left()) / pitch), side - 1)

    def cell_rect(self, label: int, answer: int) -> QRectF:
        """Where a cell lies."""
        box = self._box()
        pitch = box.width() / max(1, len(self._counts))
        return QRectF(box.left() + answer * pitch, box.top() + label * pitch, pitch, pitch)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(360, 360)

    def minimumSizeHint(self) -> QSize:
        """What can still be read of ten classes."""
        return QSize(180, 160)

    def _name(self, index: int) -> str:
        return self._names[index] if index < len(self._names) else str(index)

    def _name_width(self) -> float:
        metrics = QFontMetricsF(text_font(11))
        return min(_LONGEST_NAME, max((metrics.horizontalAdvance(each) for each in self._names), default=10)) + 8

    def _box(self) -> QRectF:
        left = _TITLE + self._name_width()
        top = _TITLE + (self._name_width() if self._names_are_turned() else 18)
        side = max(20.0, min(self.width() - left - 4, self.height() - top - 4))
        return QRectF(left, top, side, side)

    def _names_are_turned(self) -> bool:
        return any(len(each) > 2 for each in self._names)

    # ---------------------------------------------------------------- what the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses a cell."""
        cell = self.cell_at(event.position())
        if cell and event.button() == Qt.MouseButton.LeftButton:
            self._choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from cell to cell."""
        steps = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
        step = steps.get(Qt.Key(event.key()))
        if step is None or not len(self._counts):
            super().keyPressEvent(event)
            return
        last = len(self._counts) - 1
        label, answer = self._marked or (0, 0)
        self._choose((min(max(label + step[0], 0), last), min(max(answer + step[1], 0), last)))

    def _choose(self, cell: tuple[int, int]) -> None:
        self.mark(cell)
        self.chosen.emit(*cell)

    def event(self, event: QEvent) -> bool:
        """The tooltip tells the cell in words."""
        if isinstance(event, QHelpEvent):
            cell = self.cell_at(QPointF(event.pos()))
            if cell:
                where = self.cell_rect(*cell).toRect()
                QToolTip.showText(event.globalPos() + QPoint(0, 8), self.words(*cell), self, where)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    # ---------------------------------------------------------------- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names, cells, numbers and the mark."""
        if not len(self._counts):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_names(painter)
        self._paint_cells(painter)
        if self._marked:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRoundedRect(self.cell_rect(*self._marked), 3, 3)

    def _paint_names(self, painter: QPainter) -> None:
        box, width = self._box(), self._name_width()
        painter.setPen(theme().color("second_text"))
        painter.setFont(text_font(11))
        is_turned = self._names_are_turned()
        painter.drawText(QRectF(box.left(), 0, box.width(), _TITLE), Qt.AlignmentFlag.AlignCenter, "answer")
        painter.save()
        painter.translate(0, box.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, box.height(), _TITLE), Qt.AlignmentFlag.AlignCenter, "true class")
        painter.restore()
        metrics = QFontMetricsF(text_font(11))
        right, middle = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
        every = max(1, -(-14 // max(1, int(box.width() / len(self._counts)))))  # names of 14 pixels must have room
        for index in range(0, len(self._counts), every):
            cell = self.cell_rect(index, index)
            shown = metrics.elidedText(self._name(index), Qt.TextElideMode.ElideRight, width - 6)
            row = QRectF(_TITLE, cell.center().y() - 8, width - 6, 16)
            painter.drawText(row, right | middle, shown)
            if is_turned:
                painter.save()
                painter.translate(cell.center().x() + 8, box.top() - 4)
                painter.rotate(-90)
                painter.drawText(QRectF(0, -16, width, 16), middle, shown)
                painter.restore()
            else:
                top = QRectF(cell.center().x() - 12, box.top() - 18, 24, 16)
                painter.drawText(top, Qt.AlignmentFlag.AlignCenter, shown)

    def _paint_cells(self, painter: QPainter) -> None:
        now, side = theme(), len(self._counts)
        surface = now.color("surface")
        of_class = np.maximum(self._counts.sum(axis=1, keepdims=True), 1)
        wrong = np.where(np.eye(side, dtype=bool), 0, self._counts)
        most_wrong = max(1, int(wrong.max()))
        painter.setFont(number_font(10 if self.cell_rect(0, 0).width() < 26 else 12))
        for label in range(side):
            for answer in range(side):
                cell, count = self.cell_rect(label, answer), int(self._counts[label, answer])
                inner = cell.adjusted(0.5, 0.5, -0.5, -0.5)
                if label == answer:
                    share = 0.15 + 0.55 * count / float(of_class[label, 0])
                    painter.fillRect(inner, blend(now.color("good"), surface, share if count else 0.04))
                elif count:
                    share = _FAINTEST + (0.8 - _FAINTEST) * (count / most_wrong) ** 0.5
                    painter.fillRect(inner, blend(now.color("bad"), surface, share))
                else:
                    painter.fillRect(inner, now.color("canvas"))
                if count and cell.width() >= _SMALLEST_NUMBERED:
                    painter.setPen(now.color("text"))
                    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, str(count))
