"""CodeText: a text of a program to read and copy, in the colours of the theme, whose lines belong to modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from convnet_studio.ui.theme import number_font, theme, theme_switch

_TAB_SPACES = 4
_GUTTER = 20
"""Pixels left of the text, in which lines that go on bear a mark."""
GOES_ON = "↪"
_QUOTES = '"""'
_PLAIN, _IN_TEXT = 0, 1


@dataclass(frozen=True)
class Language:
    """What is coloured: comments begin with `comment`, `keywords` are the words of the language."""

    comment: str = "#"
    keywords: frozenset[str] = frozenset()


def code_font() -> QFont:
    """JetBrains Mono without its ligatures: what is typed as -> is shown as ->."""
    font = number_font(12)
    font.setFeature(QFont.Tag("calt"), 0)
    return font


class CodeText(QPlainTextEdit):
    """Lines that cannot be edited. `owners` tells which module each is about; those of `marked` modules are tinted.

    A line that is too long goes on below, with a mark before each further piece, so that all of it can be read at once.
    """

    line_chosen = Signal(str)
    """The module of the line that the user went to (empty for none)."""

    def __init__(self, name: str, color_of: Callable[[str], QColor | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(_GUTTER)
        self.setFont(code_font())
        self.setTabStopDistance(_TAB_SPACES * QFontMetrics(self.font()).horizontalAdvance(" "))
        self._owners: Sequence[str] = ()
        self._marked: frozenset[str] = frozenset()
        self._is_filling = False
        self._highlighter = _Highlighter(self, color_of)
        self.cursorPositionChanged.connect(self._tell_line)
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def show_code(self, text: str, owners: Sequence[str], language: Language) -> None:
        """Replace the text; the place that is read stays where it is."""
        self._owners = owners
        first = self.firstVisibleBlock().blockNumber()
        place = self.textCursor().blockNumber()
        self._is_filling = True
        self._highlighter.use(language, owners)
        if text != self.toPlainText():
            self.setPlainText(text)
            cursor = QTextCursor(self.document().findBlockByNumber(min(place, self.blockCount() - 1)))
            self.setTextCursor(cursor)
            self._scroll_to(first)
        self._is_filling = False
        self.viewport().update()

    def _scroll_to(self, line: int) -> None:
        """Put a line at the top, where the text is long enough."""
        block = self.document().begin()
        while block.isValid() and block.blockNumber() < line:
            self.blockBoundingRect(block)  # how many pieces each has is known once it is laid out
            block = block.next()
        self.verticalScrollBar().setValue(block.firstLineNumber() if block.isValid() else 0)

    def mark(self, modules: Collection[str]) -> None:
        """Tint the lines of these modules, and bring the first of them into sight unless the cursor is in one."""
        self._marked = frozenset(each for each in modules if each)
        self.viewport().update()
        lines = [number for number, owner in enumerate(self._owners) if owner in self._marked]
        if lines and self.textCursor().blockNumber() not in lines:
            self._is_filling = True
            self.setTextCursor(QTextCursor(self.document().findBlockByNumber(lines[0])))
            self.centerCursor()
            self._is_filling = False

    @property
    def marked_lines(self) -> list[str]:
        """The lines that are tinted."""
        lines = self.toPlainText().split("\n")
        return [line for line, owner in zip(lines, self._owners, strict=False) if owner in self._marked]

    def continuations(self) -> list[QRectF]:
        """Where, in sight, the further pieces of lines stand that go on, in pixels of the viewport."""
        found = []
        for block, place in self._blocks_in_sight():
            layout = block.layout()
            pieces = (layout.lineAt(index) for index in range(1, layout.lineCount()))
            found += [each.rect().translated(place.topLeft()) for each in pieces]
        return found

    def _blocks_in_sight(self) -> Iterator[tuple[QTextBlock, QRectF]]:
        """Each line in sight, and the room that it takes, in pixels of the viewport."""
        block = self.firstVisibleBlock()
        while block.isValid():
            place = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if place.top() > self.viewport().height():
                return
            yield block, place
            block = block.next()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tints of marked modules, the text, and the marks of lines that go on."""
        painter = QPainter(self.viewport())
        for block, place in self._blocks_in_sight():
            number = block.blockNumber()
            if number < len(self._owners) and self._owners[number] in self._marked:
                room = QRectF(0, place.top(), self.viewport().width(), place.height())
                painter.fillRect(room, theme().color("accent_soft"))
        painter.end()  # the text has a painter of its own
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        painter.setPen(theme().color("second_text"))
        for piece in self.continuations():
            gutter = QRectF(0, piece.top(), _GUTTER - 4, piece.height())
            painter.drawText(gutter, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, GOES_ON)
        painter.end()

    def _tell_line(self) -> None:
        number = self.textCursor().blockNumber()
        if not self._is_filling and number < len(self._owners):
            self.line_chosen.emit(self._owners[number])

    def _recolor(self) -> None:
        colors = theme().colors
        self.setStyleSheet(
            f"QPlainTextEdit {{ background: {colors['surface']}; color: {colors['text']}; border: none;"
            f" selection-background-color: {colors['accent']}; selection-color: {colors['on_accent']}; }}"
            " QAbstractScrollArea::corner { background: transparent; border: none; }"
        )
        self._highlighter.rehighlight()
        self.viewport().update()


class _Highlighter(QSyntaxHighlighter):
    """Comments, texts, keywords and numbers in colours of the theme; a module's name in that of its family."""

    def __init__(self, text: CodeText, color_of: Callable[[str], QColor | None]) -> None:
        super().__init__(text.document())
        self._color_of = color_of
        self._owners: Sequence[str] = ()
        self.use(Language(), ())

    def use(self, language: Language, owners: Sequence[str]) -> None:
        """Of which language the text is, and which module each line is about."""
        changed = owners != self._owners
        self._owners = owners
        self._keywords = language.keywords
        quoted = "\"[^\"]*\"|'[^']*'"
        self._words = re.compile(
            rf"(?P<comment>{re.escape(language.comment)}.*)|(?P<string>{quoted})|(?P<module>\bnn\.[A-Z]\w*|\b[A-Z]\w*[a-z]\w*(?=\())"
            r"|(?P<number>\b\d[\w.]*)|(?P<word>[A-Za-z_]\w*)"
        )
        if changed:
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""
        start = 0
        self.setCurrentBlockState(_PLAIN)
        if self.previousBlockState() == _IN_TEXT:
            start = self._end_of_text(text, 0)
        while (begin := text.find(_QUOTES, start)) >= 0 and not text[:begin].lstrip().startswith(("#", "--")):
            self._color_words(text, start, begin)
            end = self._end_of_text(text, begin + len(_QUOTES), begin)
            start = end
            if self.currentBlockState() == _IN_TEXT:
                return
        if self.currentBlockState() == _PLAIN:
            self._color_words(text, start, len(text))

    def _end_of_text(self, text: str, search: int, begin: int = 0) -> int:
        """Colour what is inside triple quotes up to their end, or the end of the line."""
        end = text.find(_QUOTES, search)
        stop = len(text) if end < 0 else end + len(_QUOTES)
        self.setCurrentBlockState(_IN_TEXT if end < 0 else _PLAIN)
        self.setFormat(begin, stop - begin, _format("second_text"))
        return stop

    def _color_words(self, text: str, start: int, end: int) -> None:
        number = self.currentBlock().blockNumber()
        owner = self._owners[number] if number < len(self._owners) else ""
        for found in self._words.finditer(text, start, end):
            kind, word = str(found.lastgroup), found.group()
            token = {"comment": "second_text", "string": "good", "number": "warn_text"}.get(kind, "")
            made = _format(token) if token else None
            if kind == "word" and word in self._keywords:
                made = _format("accent")
            elif kind == "module" and owner and (color := self._color_of(owner)):
                made = QTextCharFormat()
                made.setForeground(color)
            if made is not None:
                self.setFormat(found.start(), len(word), made)


def _format(token: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(theme().color(token))
    return made
