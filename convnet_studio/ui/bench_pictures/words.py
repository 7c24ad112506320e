"""WordsWidget: a sentence or two."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Words
from convnet_studio.ui.bench_pictures.picture import HEAD, PictureWidget
from convnet_studio.ui.theme import text_font, theme

_LONGEST = 680
"""Pixels: longer lines are hard to read."""
_FLAGS = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


class WordsWidget(PictureWidget):
    """As high as its lines; a row of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""

    def take(self, picture: BenchPicture) -> None:
        """Note the words."""
        assert isinstance(picture, Words)
        self._text = picture.text

    def in_words(self) -> str:
        """The words themselves."""
        return self._text

    @property
    def least_width(self) -> int:
        """Words have a row of their own."""
        return 10_000

    def height_in(self, width: int) -> int:
        """Of the lines."""
        place = QRect(0, 0, max(40, min(width, _LONGEST)), 10_000)
        lines = QFontMetrics(text_font(13)).boundingRect(place, int(_FLAGS), self._text)
        return lines.height() + 2 + (HEAD if self.title else 0)

    def paint_body(self, painter: QPainter) -> None:
        """The lines."""
        room = self.room
        room.setWidth(min(room.width(), _LONGEST))
        painter.setFont(text_font(13))
        painter.setPen(theme().color("text"))
        painter.drawText(room, int(_FLAGS), self._text)
