"""CurveField: a curve over the plan of a training, drawn by hand."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.nn.schedule import points_from_text, text_of_points
from convnet_studio.ui.controls.painting import paint_field
from convnet_studio.ui.theme import theme, theme_switch

COLUMNS = 41
"""Places along the plan at which a drawn curve has a value."""
_HEIGHT = 84
_MARGIN = 8.0
_STEP = 0.05


class CurveField(QWidget):
    """Factors 0 .. 1 over a plan. Drag to draw; arrow keys choose a place and raise or lower it."""

    entered = Signal(object)
    """The curve as `points_from_text` reads it, when a stroke ends (not sent by `show_value`)."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._factors = np.ones(COLUMNS)
        self._value = ""
        self._last = -1  # column of the stroke at hand
        self._place = 0  # column of the keyboard
        self._is_refused = False
        self.setAccessibleName(name)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        theme_switch().changed.connect(self.update)

    @property
    def value(self) -> str:
        """The curve in force, as text."""
        return self._value

    def show_value(self, value: object) -> None:
        """Show the curve in force."""
        self._value, self._is_refused = str(value), False
        try:
            progress, factors = zip(*points_from_text(self._value), strict=True)
            self._factors = np.interp(np.linspace(0, 1, COLUMNS), progress, factors)
        except ValueError:  # of a file by hand: the form says it in words
            self._factors = np.ones(COLUMNS)
        self.update()

    def set_refused(self, refused: bool) -> None:
        """Show whether the entry was not taken."""
        self._is_refused = refused
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(160, _HEIGHT)

    def _field(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)

    def _at(self, point: QPointF) -> tuple[int, float]:
        """Column and factor of a place in the widget."""
        field = self._field()
        column = round((point.x() - field.left()) / max(field.width(), 1) * (COLUMNS - 1))
        factor = (field.bottom() - point.y()) / max(field.height(), 1)
        return min(max(column, 0), COLUMNS - 1), min(max(factor, 0.0), 1.0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A stroke begins."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._last, factor = self._at(event.position())
            self._factors[self._last] = factor
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The stroke goes on, in a straight line from where it was."""
        if self._last < 0:
            return
        column, factor = self._at(event.position())
        count = abs(column - self._last) + 1
        between = np.linspace(self._last, column, count).round().astype(int)
        self._factors[between] = np.linspace(self._factors[self._last], factor, count)
        self._factors[column] = factor
        self._last = column
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The stroke ends."""
        if self._last >= 0:
            self._last = -1
            self._send()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose a place, up and down change it."""
        sideways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        upwards = {Qt.Key.Key_Up: _STEP, Qt.Key.Key_Down: -_STEP}.get(Qt.Key(event.key()))
        if sideways is not None:
            self._place = min(max(self._place + sideways, 0), COLUMNS - 1)
            self.setAccessibleDescription(f"at {self._place / (COLUMNS - 1):.0%}: {self._factors[self._place]:.2f}")
            self.update()
        elif upwards is not None:
            self._factors[self._place] = min(max(self._factors[self._place] + upwards, 0.0), 1.0)
            self._send()
        else:
            super().keyPressEvent(event)

    def _send(self) -> None:
        places = np.linspace(0, 1, COLUMNS).tolist()
        self.entered.emit(text_of_points(tuple(zip(places, self._factors.tolist(), strict=True))))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field, curve, and the place of the keyboard."""
        painter = QPainter(self)
        paint_field(painter, self, self._is_refused)
        field = self._field()
        xs = np.linspace(field.left(), field.right(), COLUMNS)
        ys = field.bottom() - np.clip(self._factors, 0, 1) * field.height()
        painter.setPen(QPen(theme().color("accent"), 1.8))
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]))
        if self.hasFocus():
            painter.setBrush(theme().color("accent"))
            painter.drawEllipse(QPointF(xs[self._place], ys[self._place]), 3.0, 3.0)
