"""RaceTable: the walkers of a race with what they have come to, a line for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.controls.surface_marks import paint_ball
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

ROW = 22
_COLUMNS = (("sees", 72), ("rate", 52), ("step", 52), ("w0", 60), ("w1", 60), ("loss", 64), ("arrived", 80))
_NUMBER, _NAME = 28, 112


@dataclass(frozen=True)
class RaceRow:
    """One line: a ball, a name, and texts for the columns."""

    label: str
    color: QColor | None
    title: str
    texts: tuple[str, ...]


class RaceTable(QWidget):
    """As high as its lines, with the columns in which there is something; a sentence where there is none."""

    def __init__(self, name: str, invitation: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[RaceRow, ...] = ()
        self._invitation = invitation
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self.update)
        self.show_rows(())

    def show_rows(self, rows: Sequence[RaceRow]) -> None:
        """Show these lines."""
        if len(rows) != len(self.rows) or not rows:
            self.setFixedHeight(ROW * (len(rows) + 1 if rows else 2))
        self.rows = tuple(rows)
        self._used = sorted({column for row in rows for column, text in enumerate(row.texts) if text})
        self._columns = [_COLUMNS[each] for each in self._used]
        self.setAccessibleDescription("; ".join(f"{row.title}: {', '.join(row.texts)}" for row in self.rows))
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(_NUMBER + _NAME + sum(width for _, width in self._columns), self.height())

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(_NUMBER + _NAME + sum(width for _, width in self._columns), self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """A head and the lines."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(12))
        painter.setPen(theme().color("second_text"))
        if not self.rows:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, self._invitation)
            return
        painter.setFont(text_font(11, QFont.Weight.DemiBold))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, (word, _) in zip(self._places(), self._columns, strict=True):
            painter.drawText(QRectF(*place, ROW), right, word)
        for number, row in enumerate(self.rows, 1):
            top = number * ROW
            if row.color is not None:
                paint_ball(painter, QPointF(10, top + ROW / 2), row.color, row.label)
            painter.setFont(text_font(12))
            painter.setPen(theme().color("text"))
            name = QRectF(_NUMBER, top, _NAME, ROW)
            painter.drawText(name, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, row.title)
            painter.setFont(number_font(12))
            for (left, _, width), column in zip(self._places(), self._used, strict=True):
                painter.drawText(QRectF(left, top, width, ROW), right, row.texts[column])

    def _places(self) -> list[tuple[float, float, float]]:
        """(left, top, width) of each column."""
        places, left = [], float(_NUMBER + _NAME)
        for _, width in self._columns:
            places.append((left, 0.0, float(width)))
            left += width
        return places
