"""RowDelegate: paints the rows of a KindList: family icon, name, and the plain word where it fits."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.palette.entries import Entry
from convnet_studio.ui.theme import FAMILY_ICONS, text_font, theme

ENTRY = int(Qt.ItemDataRole.UserRole)
SECTION = ENTRY + 1

ROW_HEIGHT = 26
TITLE_HEIGHT = 30
ICON = 14
PADDING = 8

_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_Index = QModelIndex | QPersistentModelIndex


class RowDelegate(QStyledItemDelegate):
    """Rows and titles."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Titles are a little higher."""
        is_title = index.data(ENTRY) is None
        return QSize(120, TITLE_HEIGHT if is_title else ROW_HEIGHT)

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
    top = rect.top() + (rect.height() - ICON) / 2
    place = QRect(rect.left(), int(top), ICON, ICON).toRectF()
    if entry.family is None:
        draw_icon(painter, "folder-open", theme().color("second_text"), place)
    else:
        draw_icon(painter, FAMILY_ICONS[entry.family], theme().family(entry.family), place)
    name_font, word_font = text_font(13), text_font(11)
    names, words = QFontMetrics(name_font), QFontMetrics(word_font)
    room = rect.adjusted(ICON + 8, 0, 0, 0)
    painter.setFont(name_font)
    painter.setPen(theme().color("text"))
    painter.drawText(room, _LEFT, names.elidedText(entry.name, Qt.TextElideMode.ElideRight, room.width()))
    if names.horizontalAdvance(entry.name) + 10 + words.horizontalAdvance(entry.word) <= room.width():
        painter.setFont(word_font)
        painter.setPen(theme().color("second_text"))
        painter.drawText(room, _RIGHT, entry.word)
