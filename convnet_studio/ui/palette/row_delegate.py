"""RowDelegate: paints the rows of a KindList: family icon, name, and the plain word where it fits.

A ready stage has the colours of its slots for an icon, and one sentence in a few lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.palette.entries import Entry
from convnet_studio.ui.theme import FAMILY_ICONS, text_font, theme

ENTRY = int(Qt.ItemDataRole.UserRole)
SECTION = ENTRY + 1

ROW_HEIGHT = 26
TITLE_HEIGHT = 30
WORD_HEIGHT = 13
"""Of the plain word in a line of its own."""
MOST_LINES = 4
ICON = 14
PADDING = 8

_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_Index = QModelIndex | QPersistentModelIndex


class RowDelegate(QStyledItemDelegate):
    """Rows and titles."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Titles are a little higher; so are rows whose plain word needs a line of its own."""
        entry: Entry | None = index.data(ENTRY)
        if entry is None:
            return QSize(120, TITLE_HEIGHT)
        view = self.parent()
        width = view.viewport().width() if isinstance(view, QAbstractItemView) else option.rect.width()
        return QSize(120, ROW_HEIGHT + WORD_HEIGHT * len(word_lines(entry, width - 2 * PADDING)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One row."""
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        entry: Entry | None = index.data(ENTRY)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry is None:
            _paint_title(painter, rect, str(index.data(SECTION)))
        else:
            _paint_ground(painter, rect, state)
            _paint_entry(painter, rect.adjusted(PADDING, 0, -PADDING, 0), entry)
        painter.restore()


def word_is_beside(entry: Entry, width: int) -> bool:
    """Whether the plain word has room right of the name in a row of this width."""
    names, words = QFontMetrics(text_font(13)), QFontMetrics(text_font(11))
    taken = ICON + 8 + names.horizontalAdvance(entry.shown)
    return not entry.word or taken + 10 + words.horizontalAdvance(entry.word) <= width


def word_lines(entry: Entry, width: int) -> list[str]:
    """The plain word in lines of its own below the name, in a row of this width; none where it stands beside."""
    if word_is_beside(entry, width):
        return []
    room, metrics = width - ICON - 8, QFontMetrics(text_font(11))
    lines, words = [""], entry.word.split() if entry.slots else [entry.word]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(lines) < MOST_LINES and metrics.horizontalAdvance(longer) >= room:
            lines.append(word)
        else:
            lines[-1] = longer
    slack = 4  # widths are rounded, and what just fits is not to be cut
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, room + slack) for line in lines]


def paint_slots(painter: QPainter, families: Sequence[Family], rect: QRectF) -> None:
    """The icon of a stage: one bar for each of its modules in the colour of its family, growing as a stage does."""
    painter.setPen(Qt.PenStyle.NoPen)
    step = rect.width() / len(families)
    for index, family in enumerate(families):
        painter.setBrush(theme().family(family))
        painter.drawRoundedRect(QRectF(rect.left() + index * step, rect.top(), max(1.5, step - 1), rect.height()), 1, 1)


def _paint_title(painter: QPainter, rect: QRect, words: str) -> None:
    painter.setFont(text_font(11, QFont.Weight.DemiBold))
    painter.setPen(theme().color("second_text"))
    painter.drawText(rect.adjusted(PADDING, 8, 0, 0), _LEFT, words)


def _paint_ground(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    is_current = bool(state & QStyle.StateFlag.State_Selected)
    if is_current or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("accent_soft" if is_current else "raised"))
        painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 6, 6)


def _paint_entry(painter: QPainter, rect: QRect, entry: Entry) -> None:
    is_beside = word_is_beside(entry, rect.width())
    first = QRect(rect.left(), rect.top(), rect.width(), ROW_HEIGHT)
    top = first.top() + (first.height() - ICON) / 2
    place = QRect(rect.left(), int(top), ICON, ICON).toRectF()
    if entry.slots:
        paint_slots(painter, entry.slots, place.adjusted(0, 1, 0, -1))
    elif entry.family is None:
        draw_icon(painter, "folder-open", theme().color("second_text"), place)
    else:
        draw_icon(painter, FAMILY_ICONS[entry.family], theme().family(entry.family), place)
    name_font, word_font = text_font(13), text_font(11)
    names, words = QFontMetrics(name_font), QFontMetrics(word_font)
    room = first.adjusted(ICON + 8, 0, 0, 0)
    painter.setFont(name_font)
    painter.setPen(theme().color("text"))
    painter.drawText(room, _LEFT, names.elidedText(entry.shown, Qt.TextElideMode.ElideRight, room.width()))
    if entry.word:
        painter.setFont(word_font)
        painter.setPen(theme().color("second_text"))
        if is_beside:
            painter.drawText(room, _RIGHT, words.elidedText(entry.word, Qt.TextElideMode.ElideRight, room.width()))
        for row, line in enumerate(word_lines(entry, rect.width()), 1):
            painter.drawText(room.translated(0, row * WORD_HEIGHT + 3), _LEFT, line)
