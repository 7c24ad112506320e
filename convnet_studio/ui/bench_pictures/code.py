"""CodeWidget: lines of a program, the one to look at tinted and marked, with values beside lines."""

from __future__ import annotations

from keyword import kwlist

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent, QTextBlock
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Code
from convnet_studio.ui.bench_pictures.picture import HEAD, PictureWidget
from convnet_studio.ui.controls.code_text import CodeText, Language, code_font
from convnet_studio.ui.theme import theme

_CURRENT = "current"
_LUA = {"do", "end", "function", "local", "nil", "repeat", "require", "then", "true", "until"}
_WORDS = frozenset({*kwlist, *_LUA})
"""Of Python and of Lua."""
_GAP, _LEAST = 24.0, 40.0
_MARGIN = 20
"""Of the text within the control, all around."""


class CodeWidget(PictureWidget):
    """A CodeText that is as high as its lines."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._code = Code("", ())
        self.text = _ValuedText(self)

    def take(self, picture: BenchPicture) -> None:
        """Note lines, the current one and values; the text is laid out anew only where it is another."""
        assert isinstance(picture, Code)
        self._code = picture
        comment = "--" if any("--" in each for each in picture.lines) else "#"
        owners = [_CURRENT if index == picture.current else "" for index in range(len(picture.lines))]
        self.text.show_code("\n".join(picture.lines), owners, Language(comment, _WORDS))
        self.text.setAccessibleName(picture.title or "Program")
        self.text.mark({_CURRENT} if 0 <= picture.current < len(picture.lines) else ())
        self.text.show_values(picture.current, picture.values or {})

    def in_words(self) -> str:
        """The current line and its value; the lines themselves are text."""
        at = self._code.current
        if not 0 <= at < len(self._code.lines):
            return f"{len(self._code.lines)} lines"
        value = (self._code.values or {}).get(at, "")
        return f"line {at + 1}: {self._code.lines[at].strip()} {value}".strip()

    @property
    def least_width(self) -> int:
        """Where lines of usual length do not break."""
        return 360

    def height_in(self, width: int) -> int:
        """Of all lines, as they break, and one more: with less room QPlainTextEdit begins to scroll."""
        metrics = QFontMetricsF(code_font())
        room = max(40.0, width - 2 * _MARGIN - 4)
        lines = sum(max(1, -(-int(metrics.horizontalAdvance(each)) // int(room))) for each in self._code.lines)
        return HEAD + int((lines + 1) * metrics.lineSpacing()) + 2 * _MARGIN + 4

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self.text.setGeometry(0, HEAD, self.width(), max(20, self.height() - HEAD))


class _ValuedText(CodeText):
    """Values stand behind the ends of lines, an arrow before the current one."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Program", lambda _: None, parent)
        self._current = -1
        self._values: dict[int, str] = {}

    def show_values(self, current: int, values: dict[int, str]) -> None:
        """Show these values, by line."""
        if (current, values) != (self._current, self._values):
            self._current, self._values = current, dict(values)
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, the arrow, the values."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        for block, place in self._blocks_in_sight():
            number = block.blockNumber()
            line = QRectF(0, place.top(), 18, self.fontMetrics().height())
            if number == self._current:
                painter.setPen(theme().color("accent"))
                painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "▸")
            if number in self._values:
                self._paint_value(painter, block, place, self._values[number])
        painter.end()

    def _paint_value(self, painter: QPainter, block: QTextBlock, place: QRectF, value: str) -> None:
        layout = block.layout()
        last = layout.lineAt(layout.lineCount() - 1)
        words = f"→ {value}"
        wide = painter.fontMetrics().horizontalAdvance(words)
        right = self.viewport().width() - 6.0
        left = place.left() + last.x() + last.naturalTextWidth() + _GAP
        left = min(left, max(right - wide, right - _LEAST - wide))
        box = QRectF(max(left, 20.0), place.top() + last.y(), min(wide + 4.0, right - 20), last.height())
        if box.left() < place.left() + last.x() + last.naturalTextWidth():  # it covers some of the line
            painter.fillRect(box.adjusted(-4, 0, 0, 0), theme().color("surface"))
        painter.setPen(theme().color("accent"))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
