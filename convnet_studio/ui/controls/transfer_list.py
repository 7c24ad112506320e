"""TransferList: non-linearities as rows with their curve and what they do to the numbers, one of them chosen."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.analysis.pointwise import Study, Transfer
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_ROW, _WIDTH, _CURVE = 44, 208, 40.0


class TransferList(QWidget):
    """Rows of curve, name, zeros and dead units. A click or the arrow keys choose."""

    chosen = Signal(str)
    """The kind that the user chose (not sent by `choose`)."""

    def __init__(self, name: str, kinds: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds = kinds
        self._study: Study | None = None
        self.choice = kinds[0]
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.usual_width = _WIDTH
        self.setFixedWidth(_WIDTH)
        self.setFixedHeight(_ROW * len(kinds))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self.update)

    @property
    def chosen_middle(self) -> int:
        """How far down the middle of the chosen row lies, in pixels."""
        return round((self._kinds.index(self.choice) + 0.5) * _ROW)

    def choose(self, kind: str) -> None:
        """Choose a kind without telling anybody."""
        self.choice = kind
        self.update()

    def show_study(self, study: Study | None) -> None:
        """Show the newest numbers."""
        self._study = study
        transfers = study.transfers if study else {}
        self.setAccessibleDescription("; ".join(f"{kind}: {words_of(each)}" for kind, each in transfers.items()))
        self.update()

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(_WIDTH, _ROW * len(self._kinds))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        row = int(event.position().y() // _ROW)
        if 0 <= row < len(self._kinds):
            self._take(self._kinds[row])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down choose."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        row = self._kinds.index(self.choice) + step
        self._take(self._kinds[min(max(row, 0), len(self._kinds) - 1)])

    def _take(self, kind: str) -> None:
        self.choose(kind)
        self.chosen.emit(kind)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Row by row."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, kind in enumerate(self._kinds):
            self._paint_row(painter, kind, QRectF(0, row * _ROW, self.width(), _ROW))
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _paint_row(self, painter: QPainter, kind: str, box: QRectF) -> None:
        now, is_chosen = theme(), kind == self.choice
        if is_chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.color("accent_soft"))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 6, 6)
        transfer = self._study.transfers.get(kind) if self._study else None
        if self._study is not None and transfer is not None:
            self._paint_curve(painter, transfer, QRectF(8, box.top() + 7, _CURVE, _ROW - 14))
        painter.setFont(text_font(12, QFont.Weight.DemiBold if is_chosen else QFont.Weight.Normal))
        painter.setPen(now.color("text"))
        painter.drawText(QRectF(_CURVE + 18, box.top() + 5, box.width(), 18), Qt.AlignmentFlag.AlignVCenter, kind)
        painter.setFont(number_font(10))
        painter.setPen(now.color("second_text"))
        said = words_of(transfer) if transfer else "not computed yet"
        painter.drawText(QRectF(_CURVE + 18, box.top() + 22, box.width(), 16), Qt.AlignmentFlag.AlignVCenter, said)

    def _paint_curve(self, painter: QPainter, transfer: Transfer, room: QRectF) -> None:
        assert self._study
        y = transfer.curve[np.isfinite(transfer.curve)]
        low, high = (min(0.0, float(y.min())), max(0.0, float(y.max()))) if y.size else (0.0, 1.0)
        points, last = [], len(transfer.curve) - 1
        for index in range(0, last + 1, 6):
            value = float(transfer.curve[index])
            if np.isfinite(value):
                up = (value - low) / ((high - low) or 1.0)
                points.append(QPointF(room.left() + index / last * room.width(), room.bottom() - up * room.height()))
        zero = room.bottom() - (0 - low) / ((high - low) or 1.0) * room.height()
        painter.setPen(QPen(theme().color("strong_line"), 1))
        painter.drawLine(QPointF(room.left(), zero), QPointF(room.right(), zero))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color("accent"), 2))
        painter.drawPolyline(QPolygonF(points))


def words_of(transfer: Transfer) -> str:
    """What it does to the numbers, in short."""
    return f"zeros {100 * transfer.zeros:.0f} % · dead {100 * transfer.dead:.0f} %"
