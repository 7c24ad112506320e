"""CurveReading: named numbers in the colours of their curves: legend and read-out in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_GAP = 6
_COLUMN_GAP = 16


@dataclass(frozen=True)
class Reading:
    """One number in words: exact, and brief for narrow places.

    Attributes:
        word, token: its name, and the colour of both.
        exact, brief: the number with its unit. `digits`: characters that are kept free for either.
    """

    word: str
    token: str
    exact: str
    brief: str
    digits: tuple[int, int] = (12, 7)


class CurveReading(QWidget):
    """Columns of fixed width from the right; where it is narrow the numbers are shortened, so that all are seen."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._readings: tuple[Reading, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(28)
        theme_switch().changed.connect(self.update)

    def show_readings(self, readings: Sequence[Reading]) -> None:
        """Show these numbers."""
        if tuple(readings) != self._readings:
            self._readings = tuple(readings)
            self.setAccessibleDescription(self.text)
            self.setToolTip(self.text)
            self.update()

    @property
    def text(self) -> str:
        """All words and exact numbers."""
        return ", ".join(f"{each.word} {each.exact}" for each in self._readings)

    def sizeHint(self) -> QSize:
        """Room for exact numbers."""
        return QSize(sum(self._widths(roomy=True)), 28)

    def minimumSizeHint(self) -> QSize:
        """Room for short numbers."""
        return QSize(sum(self._widths(roomy=False)), 28)

    def _widths(self, roomy: bool) -> list[int]:
        """Pixels of each column, the gap at its left included."""
        words, digit = QFontMetrics(text_font(12)), QFontMetrics(number_font(12)).horizontalAdvance("0")
        return [
            _COLUMN_GAP + words.horizontalAdvance(each.word) + _GAP + digit * each.digits[0 if roomy else 1]
            for each in self._readings
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """The last column stands at the right rim."""
        painter = QPainter(self)
        is_roomy = self.width() >= sum(self._widths(roomy=True))
        widths = self._widths(is_roomy)
        left = self.width() - sum(widths)
        for each, width in zip(self._readings, widths, strict=True):
            box = QRect(left + _COLUMN_GAP, 0, width - _COLUMN_GAP, self.height())
            painter.setPen(theme().color(each.token))
            painter.setFont(text_font(12))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, each.word)
            box.setLeft(box.left() + painter.fontMetrics().horizontalAdvance(each.word) + _GAP)
            painter.setFont(number_font(12))
            number = each.exact if is_roomy else each.brief
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, number)
            left += width
