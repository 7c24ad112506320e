"""OutlineDelegate: paints the rows of the outline and edits names in place."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.canvas.name_editor import LONGEST_NAME
from convnet_studio.ui.outline.rows import NOTHING, InputRow, ModuleRow, StageRow
from convnet_studio.ui.theme import FAMILY_ICONS, number_font, text_font, theme

ROW = int(Qt.ItemDataRole.UserRole)
MODULE_HEIGHT = 28
INPUT_HEIGHT = 24
_ICON = 14
_LOCK = 12
_GAP = 6
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_Index = QModelIndex | QPersistentModelIndex


class OutlineDelegate(QStyledItemDelegate):
    """Of a stage: its name; of a module: icon, name, shape, problem; of an input: where it comes from."""

    renamed = Signal(str, str)
    """Id and new name of a module."""
    stage_renamed = Signal(str, str)
    """Id and new name of a stage."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Inputs are a little lower."""
        return QSize(100, INPUT_HEIGHT if isinstance(index.data(ROW), InputRow) else MODULE_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One row."""
        row = index.data(ROW)
        state: QStyle.StateFlag = option.state
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = rect.adjusted(0, 1, -4, -1)
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        if is_selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("accent_soft" if is_selected else "raised"))
            painter.drawRoundedRect(box, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("accent"), 1.5))
            painter.drawRoundedRect(box.adjusted(0.75, 0.75, -0.75, -0.75), 6, 6)
        room = rect.adjusted(5, 0, -10, 0)
        if isinstance(row, ModuleRow):
            _paint_module(painter, room, row)
        elif isinstance(row, InputRow):
            _paint_input(painter, room, row)
        elif isinstance(row, StageRow):
            _paint_stage(painter, room, row)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """A line over the name."""
        editor = QLineEdit(parent)
        editor.setAccessibleName(f"Name of the {'stage' if isinstance(index.data(ROW), StageRow) else 'module'}")
        editor.setMaxLength(LONGEST_NAME)
        editor.setFont(text_font(13))
        editor.setStyleSheet("padding: 0 4px; min-height: 0;")
        return editor

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """The name as it is."""
        row = index.data(ROW)
        if isinstance(editor, QLineEdit) and isinstance(row, ModuleRow | StageRow):
            editor.setText(row.title)
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """Hand the new name on; the row follows from the project."""
        row = index.data(ROW)
        if not isinstance(editor, QLineEdit) or isinstance(row, InputRow) or editor.text() == row.title:
            return
        if isinstance(row, StageRow):
            self.stage_renamed.emit(row.stage_id, editor.text())
        else:
            self.renamed.emit(row.module_id, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        """Where the name is."""
        editor.setGeometry(option.rect.adjusted(_ICON + _GAP, 1, -4, -1))


def _paint_stage(painter: QPainter, room: QRectF, row: StageRow) -> None:
    now, small = theme(), number_font(11)
    draw_icon(
        painter, "group", now.color("second_text"), QRectF(room.left(), room.center().y() - _ICON / 2, _ICON, _ICON)
    )
    painter.setFont(small)
    painter.setPen(now.color("second_text"))
    painter.drawText(room, _RIGHT, row.note)
    taken = QFontMetricsF(small).horizontalAdvance(row.note) + _GAP if row.note else 0
    space = room.adjusted(_ICON + _GAP, 0, -taken, 0)
    font = text_font(13, QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(now.color("text"))
    told = QFontMetricsF(font).elidedText(row.title, Qt.TextElideMode.ElideMiddle, space.width())
    painter.drawText(space, _LEFT, told)


def _paint_module(painter: QPainter, room: QRectF, row: ModuleRow) -> None:
    now = theme()
    name = FAMILY_ICONS[row.family] if row.family else "circle-alert"
    color = now.family(row.family) if row.family else now.color("missing")
    draw_icon(painter, name, color, QRectF(room.left(), room.center().y() - _ICON / 2, _ICON, _ICON))
    right = room.right()
    if row.problem:
        place = QRectF(right - _ICON, room.center().y() - _ICON / 2, _ICON, _ICON)
        draw_icon(painter, "triangle-alert", now.color("warn_text"), place)
        right -= _ICON + _GAP
    left = room.left() + _ICON + _GAP
    small = number_font(11)
    shape = row.shape if row.is_computed else ""
    shape_width = QFontMetricsF(small).horizontalAdvance(shape)
    taken = (shape_width + _GAP if shape else 0) + (_LOCK + _GAP if row.is_frozen else 0)
    name_room = right - left - taken
    font = text_font(13, QFont.Weight.Medium)
    if QFontMetricsF(font).horizontalAdvance(row.title) > name_room:
        font = text_font(12, QFont.Weight.Medium)  # rather small than cut, and rather alone than cut
        if QFontMetricsF(font).horizontalAdvance(row.title) > name_room:
            name_room, shape = name_room + (shape_width + _GAP if shape else 0), ""
    metrics = QFontMetricsF(font)
    told = metrics.elidedText(row.title, Qt.TextElideMode.ElideMiddle, name_room)
    painter.setFont(font)
    painter.setPen(now.color("text" if row.is_computed else "second_text"))
    painter.drawText(QRectF(left, room.top(), name_room, room.height()), _LEFT, told)
    if row.is_frozen:
        after = left + metrics.horizontalAdvance(told) + _GAP - 2
        place = QRectF(after, room.center().y() - _LOCK / 2, _LOCK, _LOCK)
        draw_icon(painter, "lock", now.color("second_text"), place)
    painter.setFont(small)
    painter.setPen(now.color("second_text"))
    painter.drawText(QRectF(left, room.top(), right - left, room.height()), _RIGHT, shape)


def _paint_input(painter: QPainter, room: QRectF, row: InputRow) -> None:
    now, font = theme(), text_font(12)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setPen(now.color("second_text"))
    label = f"{row.label}  ←  " if row.label != "input" else "←  "
    painter.drawText(room, _LEFT, label)
    space = room.adjusted(metrics.horizontalAdvance(label), 0, 0, 0)
    words = row.source or NOTHING
    if row.link is None:
        painter.setPen(now.color("warn_text"))
    elif row.link.is_recurrent:
        words += ", a step before"
    painter.drawText(space, _LEFT, metrics.elidedText(words, Qt.TextElideMode.ElideRight, space.width()))
