"""ChoiceDelegate: paints the rows of a picker: icon, name with the typed letters strong, quiet words, keys."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.commands.choice import Found
from convnet_studio.ui.commands.key_caps import caps_width, paint_caps
from convnet_studio.ui.theme import FAMILY_ICONS, text_font, theme

FOUND = int(Qt.ItemDataRole.UserRole)
ROW_HEIGHT = 34
TITLE_HEIGHT = 30
_ICON = 16
_LEFT = 16
_TEXT_LEFT = _LEFT + _ICON + 10
_GAP = 12
_LEFT_ALIGN = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_Index = QModelIndex | QPersistentModelIndex


class ChoiceDelegate(QStyledItemDelegate):
    """Rows and titles."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """All rows are equally high."""
        return QSize(100, ROW_HEIGHT if index.data(FOUND) else TITLE_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One row."""
        found: Found | None = index.data(FOUND)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if found is None:
            painter.setFont(text_font(11, QFont.Weight.DemiBold))
            painter.setPen(theme().color("second_text"))
            painter.drawText(rect.adjusted(_LEFT, 8, 0, 0), _LEFT_ALIGN, str(index.data(Qt.ItemDataRole.DisplayRole)))
        else:
            if state & QStyle.StateFlag.State_Selected:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme().color("raised" if found.choice.why_not else "accent_soft"))
                painter.drawRoundedRect(rect.adjusted(6, 1, -6, -1), 8, 8)
            _paint_row(painter, QRectF(rect), found)
        painter.restore()


def _paint_row(painter: QPainter, rect: QRectF, found: Found) -> None:
    choice, now = found.choice, theme()
    is_faint = bool(choice.why_not)
    place = QRectF(rect.left() + _LEFT, rect.center().y() - _ICON / 2, _ICON, _ICON)
    name = FAMILY_ICONS[choice.family] if choice.family else choice.icon
    if name:
        color = now.family(choice.family) if choice.family else now.color("second_text")
        draw_icon(painter, name, now.color("strong_line") if is_faint else color, place)
    right = rect.right() - _LEFT
    for keys in choice.keys[:1]:
        paint_caps(painter, keys, QRectF(rect.left(), rect.top(), rect.width() - _LEFT, rect.height()), is_faint)
        right -= caps_width(keys) + _GAP
    left = _paint_name(painter, QRectF(rect.left() + _TEXT_LEFT, rect.top(), 0, rect.height()), found, right, is_faint)
    words, font = choice.why_not or choice.note, text_font(12)
    room = QRectF(left + _GAP, rect.top(), right - left - _GAP, rect.height())
    if words and room.width() > 24:
        painter.setFont(font)
        painter.setPen(now.color("second_text"))
        shown = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)


def _paint_name(painter: QPainter, at: QRectF, found: Found, most: float, is_faint: bool) -> float:
    """Paint the text letter run by letter run; where it ends."""
    now, left = theme(), at.left()
    text = QFontMetricsF(text_font(13)).elidedText(found.choice.text, Qt.TextElideMode.ElideRight, most - left)
    baseline = at.center().y() + QFontMetricsF(text_font(13)).capHeight() / 2
    start = 0
    while start < len(text):
        is_typed = start in found.letters
        end = start
        while end < len(text) and (end in found.letters) == is_typed:
            end += 1
        font = text_font(13, QFont.Weight.DemiBold if is_typed else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(now.color("second_text" if is_faint else "accent" if is_typed else "text"))
        painter.drawText(QPointF(left, baseline), text[start:end])
        left += QFontMetricsF(font).horizontalAdvance(text[start:end])
        start = end
    return left
