"""Surface: a function on a rectangle as a landscape, drawn by our own software: turned, enlarged, with ways over it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.controls.surface_colors import Sheet, wall_colors
from convnet_studio.ui.controls.surface_marks import (
    paint_arrow,
    paint_ball,
    paint_pointer,
    paint_spot,
    round_pen,
    way_pen,
)
from convnet_studio.ui.controls.surface_scene import Arrow, Field, Scene, Way, path_through, subdivided
from convnet_studio.ui.controls.surface_slices import HIGHEST, LOWEST, Camera, Slices
from convnet_studio.ui.pictures.vector import is_vector
from convnet_studio.ui.theme import number_font, theme, theme_switch

FINE = 2
"""Pixels of the resting picture to one of the screen, each way: smooth edges; one while it moves."""
_REST_MILLISECONDS = 150
_TURN, _TILT = 5.0, 4.0
"""Degrees of an arrow key."""
_ZOOM = 1.15
_ZOOMS = (0.6, 4.0)
_CLICK = 4
"""Pixels that the pointer may move in a click."""
_PIECE = 1 / 60
"""The longest straight piece of a way on the surface, of the rectangle's side."""


class Surface(QWidget):
    """Drag or arrow keys turn it, wheel, + and - enlarge it, 0 puts it back; a click picks a place on it."""

    pointed = Signal(object)
    """(x, y) under the pointer, or None."""
    picked = Signal(float, float)
    """Where somebody clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.camera = Camera()
        self.field: Field | None = None
        self.scene = Scene()
        self._sheet: Sheet | None = None
        self._slices: Slices | None = None
        self._image: QImage | None = None
        self._grabbed: tuple[QPointF, Camera] | None = None
        self._has_moved = False
        self._rest = QTimer(self, singleShot=True, interval=_REST_MILLISECONDS)
        self._rest.timeout.connect(self._draw_finely)
        self._is_fine = True
        self.setAccessibleName(name)
        self.setAccessibleDescription("Arrow keys turn it, plus and minus enlarge it, 0 puts it back.")
        self.setToolTip("Drag to turn, wheel to enlarge, click to choose a place")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self._recolor)

    # ---------------------------------------------------------------- what it shows

    def show_field(self, field: Field | None) -> None:
        """Show another function (None: nothing)."""
        self.field = field
        self._recolor()

    def show_scene(self, scene: Scene) -> None:
        """Show what lies on it."""
        self.scene = scene
        self.update()

    def look_from(self, camera: Camera, is_moving: bool = False) -> None:
        """See it from elsewhere. While it moves it is drawn quickly, a moment later finely."""
        self.camera = camera
        self._image = None
        self._is_fine = not is_moving
        if is_moving:
            self._rest.start()
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(480, 360)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(120, 96)

    def _recolor(self) -> None:
        self._sheet = self._image = self._slices = None
        self.update()

    def _draw_finely(self) -> None:
        self._is_fine, self._image = True, None
        self.update()

    # ---------------------------------------------------------------- drawing

    def render_image(self, pixels: int) -> QImage:
        """The surface without its ways, `pixels` to one of the screen, on a transparent ground."""
        assert self.field is not None
        if self._sheet is None:
            self._sheet = Sheet(self.field, is_lit=True)
        width, height = max(8, self.width() * pixels), max(8, self.height() * pixels)
        slices = self._sight() if pixels == 1 else Slices(self.field.heights, self.camera, width, height)
        seen: NDArray[np.uint32] = np.zeros(width * height, np.uint32)
        places = self._sheet.places(slices.rows, slices.columns)
        seen[slices.pixels] = self._sheet.colors.reshape(-1)[places]
        front, side = wall_colors()
        seen[slices.walls] = np.where(slices.wall_sides, side, front)
        return QImage(seen.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()

    def _sight(self) -> Slices:
        """What is seen through each pixel of the screen."""
        assert self.field is not None
        width, height = max(8, self.width()), max(8, self.height())
        known = self._slices
        if known is None or (known.camera, known.width, known.height) != (self.camera, width, height):
            known = self._slices = Slices(self.field.heights, self.camera, width, height)
        return known

    def paintEvent(self, event: QPaintEvent) -> None:
        """Surface, axes, ways, spots and pointer."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.field is not None:
            self._paint_axes(painter)
            ratio = self.devicePixelRatioF()
            pixels = FINE * math.ceil(ratio) if self._is_fine or is_vector(painter) else 1
            if self._image is None:
                self._image = self.render_image(pixels)
            if self._image.size() == self.size() and ratio == 1:
                painter.drawImage(0, 0, self._image)
            else:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(QRectF(self.rect()), self._image)
            self._paint_scene(painter)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _paint_scene(self, painter: QPainter) -> None:
        assert self.field is not None
        for way in (*self.scene.curves, *self.scene.ways):
            self._paint_way(painter, way)
        for spot in self.scene.spots:
            place = self._place(spot.x, spot.y)
            if place is not None:
                paint_spot(painter, place[0], spot.label, faint=not place[1])
        for way in self.scene.ways:
            last = way.points[-1] if len(way.points) else np.full(2, np.nan)
            place = self._place(float(last[0]), float(last[1]))
            if way.label and place is not None:
                paint_ball(painter, place[0], way.color, way.label, faint=not place[1])
        if self.scene.pointer is not None:
            place = self._place(*self.scene.pointer)
            if place is not None and place[1]:
                paint_pointer(painter, place[0])
        if self.scene.arrow is not None:
            self._paint_arrow(painter, self.scene.arrow)

    def _project(self, points: Array) -> tuple[Array, Array, Array]:
        """Places on the screen of points of the surface, and whether they are in sight."""
        assert self.field is not None
        rows, columns = self.field.values.shape
        across, along = self.field.cells(points)
        x, y = 2 * across / (columns - 1) - 1, 2 * along / (rows - 1) - 1
        inside = self.field.has(points)
        x, y = np.where(inside, x, 0.0), np.where(inside, y, 0.0)
        h = self.field.height_at(np.where(inside[:, None], points, self.field.x[0]))
        px, py = self.camera.project(x, y, h, self.width(), self.height())
        seen = self._sight().is_seen(x, y, px, py)
        return np.where(inside, px, np.nan), py, seen & inside

    def _place(self, x: float, y: float) -> tuple[QPointF, bool] | None:
        px, py, seen = self._project(np.array([[x, y]], np.float64))
        return (QPointF(px[0], py[0]), bool(seen[0])) if np.isfinite(px[0]) else None

    def _paint_way(self, painter: QPainter, way: Way) -> None:
        assert self.field is not None
        if len(way.drawn) < 2:
            return
        side = self.field.x[1] - self.field.x[0]
        px, py, seen = self._project(subdivided(way.drawn, side * _PIECE))
        both = seen.copy()
        both[:-1] &= seen[1:]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if not way.is_dashed and not both.all():
            behind = QColor(way.color)
            behind.setAlphaF(0.4)
            painter.setPen(QPen(behind, 1.2, Qt.PenStyle.DotLine))
            painter.drawPath(path_through(px, py, ~both))
        path = path_through(px, py, both)
        for pen in way_pen(way)[0 if self._is_fine else 1 :]:  # moving ways go without a halo
            painter.setPen(pen)
            painter.drawPath(path)
        if way.shows_steps and len(way.points) <= 80:
            px, py, seen = self._project(way.points)
            painter.setPen(round_pen(way.color, 4.4))
            places = zip(px[seen].tolist(), py[seen].tolist(), strict=True)
            painter.drawPoints(QPolygonF([QPointF(*each) for each in places]))

    def _paint_arrow(self, painter: QPainter, arrow: Arrow) -> None:
        ends = np.array([[arrow.x, arrow.y], [arrow.x + arrow.dx, arrow.y + arrow.dy]])
        px, py, seen = self._project(subdivided(ends, (self.field.x[1] - self.field.x[0]) * _PIECE))  # type: ignore[union-attr]
        kept = np.isfinite(px) & seen
        if kept.sum() >= 2 and kept[0]:
            count = int(np.argmin(kept)) if not kept.all() else len(kept)
            paint_arrow(painter, [QPointF(x, y) for x, y in zip(px[:count], py[:count], strict=True)])

    def _paint_axes(self, painter: QPainter) -> None:
        """Names and ends of the two sides in front, and of the heights."""
        assert self.field is not None
        painter.setFont(number_font(11))
        turn = math.radians(self.camera.azimuth)
        near_y, near_x = (-1 if math.cos(turn) > 0 else 1), (-1 if math.sin(turn) > 0 else 1)
        for axis in (0, 1):
            ends = self.field.x if axis == 0 else self.field.y
            texts = (f"{ends[0]:.3g}", self.field.names[axis], f"{ends[1]:.3g}")
            for part, text in zip((-0.9, 0.0, 0.9), texts, strict=True):
                x, y = (part, near_y * 1.0) if axis == 0 else (near_x * 1.0, part)
                out_x, out_y = (0.0, near_y) if axis == 0 else (near_x, 0.0)
                self._paint_beside(painter, x, y, out_x, out_y, text, strong=part == 0.0)
        left_x, left_y = min(((x, y) for x in (-1, 1) for y in (-1, 1)), key=lambda xy: self._foot(*xy)[0])
        low, high = self.field.ends
        feet = [self._foot(left_x, left_y, h) for h in (0.0, 1.0)]
        painter.setPen(QPen(theme().color("strong_line"), 1))
        painter.drawLine(QPointF(*feet[0]), QPointF(*feet[1]))
        painter.setPen(theme().color("second_text"))
        for (x, y), text in zip(feet, (f"{low:.3g}", f"{high:.3g}"), strict=True):
            wide = max(x - 6.0, painter.fontMetrics().horizontalAdvance(text) + 3.0)  # never beyond the left edge
            painter.drawText(QRectF(0, y - 8, wide, 16), Qt.AlignmentFlag.AlignRight, text)
        top = QRectF(max(feet[1][0] - 70, 20 - 70), feet[1][1] - 26, 140, 16)
        painter.drawText(top, Qt.AlignmentFlag.AlignCenter, self.field.unit)

    def _foot(self, x: float, y: float, h: float = 0.0) -> tuple[float, float]:
        px, py = self.camera.project(np.array(x), np.array(y), np.array(h), self.width(), self.height())
        return float(px), float(py)

    def _paint_beside(
        self, painter: QPainter, x: float, y: float, out_x: float, out_y: float, text: str, strong: bool
    ) -> None:
        """A word just outside of an edge of the ground."""
        at, further = self._foot(x, y), self._foot(x + 0.1 * out_x, y + 0.1 * out_y)
        dx, dy = further[0] - at[0], further[1] - at[1]
        length = max(math.hypot(dx, dy), 1e-6)
        center = QPointF(at[0] + dx / length * 16, at[1] + dy / length * 12 + 2)
        painter.setPen(theme().color("text" if strong else "second_text"))
        painter.drawText(QRectF(center.x() - 40, center.y() - 8, 80, 16), Qt.AlignmentFlag.AlignCenter, text)

    # ---------------------------------------------------------------- mouse and keys

    def _point_at(self, position: QPointF) -> tuple[float, float] | None:
        if self.field is None:
            return None
        cell = self._sight().at(position.x(), position.y())
        return self.field.point(*cell) if cell else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed, self._has_moved = (event.position(), self.camera), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn it while held; else tell what is under the pointer."""
        if self._grabbed is None:
            self.pointed.emit(self._point_at(event.position()))
            return
        start, camera = self._grabbed
        moved = event.position() - start
        self._has_moved = self._has_moved or moved.manhattanLength() > _CLICK
        if self._has_moved:
            self.look_from(_turned(camera, moved.x() * 0.4, moved.y() * 0.3), is_moving=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press that did not move was a click."""
        if event.button() != Qt.MouseButton.LeftButton or self._grabbed is None:
            return
        self._grabbed = None
        place = None if self._has_moved else self._point_at(event.position())
        if place is not None:
            self.picked.emit(*place)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Enlarge."""
        self._enlarge(_ZOOM ** (event.angleDelta().y() / 120))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows turn, + and - enlarge, 0 puts it back."""
        key = Qt.Key(event.key())
        turns = {
            Qt.Key.Key_Left: (-_TURN, 0.0),
            Qt.Key.Key_Right: (_TURN, 0.0),
            Qt.Key.Key_Up: (0.0, _TILT),
            Qt.Key.Key_Down: (0.0, -_TILT),
        }
        if key in turns:
            self.look_from(_turned(self.camera, *turns[key]), is_moving=True)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._enlarge(_ZOOM)
        elif key == Qt.Key.Key_Minus:
            self._enlarge(1 / _ZOOM)
        elif key == Qt.Key.Key_0:
            self.look_from(Camera())
        else:
            super().keyPressEvent(event)

    def _enlarge(self, factor: float) -> None:
        zoom = min(max(self.camera.zoom * factor, _ZOOMS[0]), _ZOOMS[1])
        camera = self.camera
        self.look_from(Camera(camera.azimuth, camera.elevation, zoom, camera.relief), is_moving=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw anew."""
        super().resizeEvent(event)
        self._image = self._slices = None

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring appears."""
        super().focusInEvent(event)
        self.update()


def _turned(camera: Camera, azimuth: float, elevation: float) -> Camera:
    tilt = min(max(camera.elevation + elevation, LOWEST), HIGHEST)
    return Camera((camera.azimuth + azimuth + 180) % 360 - 180, tilt, camera.zoom, camera.relief)
