"""ContourMap: a function on a rectangle from above, with level lines, ways over it, and the level under the pointer."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.controls.surface_colors import Sheet
from convnet_studio.ui.controls.surface_marks import (
    kept_within,
    paint_arrow,
    paint_ball,
    paint_note,
    paint_outside,
    paint_pointer,
    paint_spot,
    round_pen,
    way_pen,
)
from convnet_studio.ui.controls.surface_scene import Field, Scene, Way, path_through
from convnet_studio.ui.theme import number_font, theme, theme_switch

_LEFT, _BOTTOM, _TOP, _RIGHT = 44, 28, 8, 12
_KEY_STEPS = 40
"""Presses of an arrow key from one end to the other."""


class ContourMap(QWidget):
    """A click picks a place; arrow keys move the pointer, Enter picks where it is."""

    pointed = Signal(object)
    """(x, y) under the pointer, or None."""
    picked = Signal(float, float)
    """Where somebody clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field: Field | None = None
        self.scene = Scene()
        self.value_at_pointer = ""
        self._level: float | None = None
        self._image: QImage | None = None
        self._lines: list[QLineF] = []
        self._lines_for: QRectF | None = None
        self.setAccessibleName(name)
        self.setAccessibleDescription("Arrow keys move the pointer, Enter chooses the place.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self._recolor)

    def show_field(self, field: Field | None) -> None:
        """Show another function (None: nothing)."""
        self.field = field
        self._level = None
        self._recolor()

    def show_scene(self, scene: Scene) -> None:
        """Show what lies on it."""
        self.scene = scene
        self.update()

    def show_level(self, level: float | None, text: str = "") -> None:
        """Draw the line of this value boldly, and `text` beside the pointer."""
        self._level, self.value_at_pointer = level, text
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(420, 380)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(120, 96)

    def _recolor(self) -> None:
        self._image = self._lines_for = None
        self.update()

    @property
    def area(self) -> QRectF:
        """Where the rectangle lies: as large as fits, square."""
        room = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        side = max(8.0, min(room.width(), room.height()))
        return QRectF(room.left() + (room.width() - side) / 2, room.top() + (room.height() - side) / 2, side, side)

    # ---------------------------------------------------------------- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Colours, level lines, what lies on it, pointer and axes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.field is not None:
            area = self.area
            if self._image is None:
                self._image = Sheet(self.field, is_lit=False).image()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(area, self._image)
            self._paint_levels(painter, area)
            painter.setPen(QPen(theme().color("line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area)
            self._paint_axes(painter, area)
            painter.setClipRect(area)
            self._paint_scene(painter)
            painter.setClipping(False)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _paint_levels(self, painter: QPainter, area: QRectF) -> None:
        assert self.field is not None
        if self._lines_for != area:
            self._lines = [line for level in self.field.levels for line in self._segments(level, area)]
            self._lines_for = area
        ink = QColor(theme().color("canvas"))
        ink.setAlphaF(0.55)
        painter.setPen(QPen(ink, 1.0))
        painter.drawLines(self._lines)
        if self._level is not None:
            painter.setPen(QPen(theme().color("surface"), 2.4))
            painter.drawLines(self._segments(self._level, area))

    def _segments(self, level: float, area: QRectF) -> list[QLineF]:
        assert self.field is not None
        rows, columns = self.field.values.shape
        found = self.field.lines(level)
        x = area.left() + found[..., 0] / (columns - 1) * area.width()
        y = area.bottom() - found[..., 1] / (rows - 1) * area.height()
        return [QLineF(*each) for each in np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], 1).tolist()]

    def _paint_scene(self, painter: QPainter) -> None:
        for way in (*self.scene.curves, *self.scene.ways):
            self._paint_way(painter, way)
        for spot in self.scene.spots:
            paint_spot(painter, self.place_of(spot.x, spot.y), spot.label)
        painter.setClipping(False)  # balls at the border are whole
        for way in self.scene.ways:
            if way.label and len(way.points) and np.isfinite(way.points[-1]).all():
                last = self.place_of(*np.clip(way.points[-1], -1e6, 1e6).tolist())
                inside = kept_within(last, self.area)
                if inside != last:
                    paint_outside(painter, inside, last, way.color)
                paint_ball(painter, inside, way.color, way.label)
        pointer = self.scene.pointer
        if pointer is not None:
            place = self.place_of(*pointer)
            if self.scene.arrow is not None:
                arrow = self.scene.arrow
                paint_arrow(painter, [place, self.place_of(arrow.x + arrow.dx, arrow.y + arrow.dy)])
            paint_pointer(painter, place)
            if self.value_at_pointer:
                is_low = place.y() > self.area.center().y()
                paint_note(painter, place + QPointF(10, -16 if is_low else 18), self.value_at_pointer)

    def _paint_way(self, painter: QPainter, way: Way) -> None:
        x, y = self._places(way.drawn)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if len(x) > 1:
            path = path_through(x, y, np.ones(len(x), bool))
            for pen in way_pen(way):
                painter.setPen(pen)
                painter.drawPath(path)
        if way.shows_steps and len(way.points) <= 80:
            painter.setPen(round_pen(way.color, 4.4))
            painter.drawPoints(QPolygonF([QPointF(*each) for each in zip(x.tolist(), y.tolist(), strict=True)]))

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        assert self.field is not None
        field = self.field
        painter.setFont(number_font(11))
        align = Qt.AlignmentFlag
        places = (
            (align.AlignLeft, align.AlignBottom),
            (align.AlignHCenter, align.AlignVCenter),
            (align.AlignRight, align.AlignTop),
        )
        below = QRectF(area.left(), area.bottom() + 4, area.width(), 16)
        beside = QRectF(area.left() - _LEFT - 2, area.top(), _LEFT - 4, area.height())
        for number, (side, level) in enumerate(places):
            is_name = number == 1
            painter.setPen(theme().color("text" if is_name else "second_text"))
            x, y = field.names if is_name else (f"{ends[number // 2]:.3g}" for ends in (field.x, field.y))
            painter.drawText(below, side, x)
            painter.drawText(beside, level | align.AlignRight, y)

    # ---------------------------------------------------------------- places

    def place_of(self, x: float, y: float) -> QPointF:
        """Where a point of the rectangle is drawn."""
        px, py = self._places(np.array([[x, y]]))
        return QPointF(px[0], py[0])

    def _places(self, points: Array) -> tuple[Array, Array]:
        assert self.field is not None
        field, area = self.field, self.area
        points = np.clip(points, -1e6, 1e6)
        x = area.left() + (points[:, 0] - field.x[0]) / (field.x[1] - field.x[0]) * area.width()
        y = area.bottom() - (points[:, 1] - field.y[0]) / (field.y[1] - field.y[0]) * area.height()
        return x, y

    def point_at(self, position: QPointF) -> tuple[float, float] | None:
        """The point of the rectangle that is drawn there; None outside."""
        area = self.area
        if self.field is None or not area.contains(position):
            return None
        right = (position.x() - area.left()) / area.width()
        up = (area.bottom() - position.y()) / area.height()
        (x0, x1), (y0, y1) = self.field.x, self.field.y
        return x0 + right * (x1 - x0), y0 + up * (y1 - y0)

    # ---------------------------------------------------------------- mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is under the pointer."""
        self.pointed.emit(self.point_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick a place."""
        place = self.point_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.picked.emit(*place)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the pointer, Enter picks."""
        moves = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Down: (0, -1),
            Qt.Key.Key_Up: (0, 1),
        }
        key = Qt.Key(event.key())
        if self.field is None or (key not in moves and key not in (Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            super().keyPressEvent(event)
            return
        (x0, x1), (y0, y1) = self.field.x, self.field.y
        x, y = self.scene.pointer or ((x0 + x1) / 2, (y0 + y1) / 2)
        if key in moves:
            right, up = moves[key]
            x = min(max(x + right * (x1 - x0) / _KEY_STEPS, x0), x1)
            y = min(max(y + up * (y1 - y0) / _KEY_STEPS, y0), y1)
            self.pointed.emit((x, y))
        else:
            self.picked.emit(x, y)
