"""CurvesWidget: lines over one axis, told apart by colour and stroke; pointing reads all of them at one place."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Curves
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.bench_pictures.axes import Axes, Axis, axis_for
from convnet_studio.ui.bench_pictures.marks import paint_marks
from convnet_studio.ui.bench_pictures.picture import HEAD, PictureWidget
from convnet_studio.ui.bench_pictures.series import Legend, color_of, paint_stroke, pen_of
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.controls.surface_scene import path_through
from convnet_studio.ui.theme import theme

_HEIGHT = 220
_DIGITS = 8
_FEW = 24
"""A line of no more points than this shows each of them."""
_KEY_STEPS = 60


class CurvesWidget(PictureWidget):
    """Arrow keys move the place that is read."""

    grows = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves = Curves("", {})
        self._legend = Legend(())
        self._x = self._y = Axis(0, 1)
        self._part: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def take(self, picture: BenchPicture) -> None:
        """Note the lines, and over which numbers they go."""
        assert isinstance(picture, Curves)
        self._curves = picture
        self._legend = Legend(tuple(picture.lines) if len(picture.lines) > 1 else (), _DIGITS)
        lines, marks = picture.lines.values(), picture.marks
        xs = [np.ravel(x) for x, _ in lines] + [np.array([each.x]) for each in marks if each.x is not None]
        ys = [np.ravel(y) for _, y in lines] + [np.array([each.y]) for each in marks if each.y is not None]
        nothing = np.zeros(0)
        self._x = axis_for(np.concatenate([nothing, *xs]), picture.x_title, picture.is_log_x, is_tight=True)
        self._y = axis_for(np.concatenate([nothing, *ys]), picture.y_title, picture.is_log_y)
        self._read_part()

    def in_words(self) -> str:
        """Each line with its ends."""
        told = []
        for name, (_, y) in self._curves.lines.items():
            seen = y[np.isfinite(y)]
            ends = f"from {short(float(seen[0]))} to {short(float(seen[-1]))}" if len(seen) else "nothing"
            told.append(f"{name} {ends}")
        return f"{self._curves.y_title} over {self._curves.x_title}: {', '.join(told)}"

    def height_in(self, width: int) -> int:
        """Of axes and legend."""
        return HEAD + int(self._legend.height_in(width)) + _HEIGHT

    @property
    def axes(self) -> Axes:
        """Where they stand."""
        return Axes(self.room.adjusted(0, self._legend.height_in(self.width()) + 4, 0, 0), self._x, self._y)

    def paint_body(self, painter: QPainter) -> None:
        """Legend, axes, lines, marks, and the place that is read."""
        numbers = [short(value) for value in self._values()] if self._part is not None else []
        self._legend.paint(painter, self.room.topLeft(), self.width(), paint_stroke, numbers)
        axes = self.axes
        axes.paint(painter)
        painter.setClipRect(axes.room.adjusted(-5, -5, 5, 5))
        for index, (x, y) in enumerate(self._curves.lines.values()):
            self._paint_line(painter, axes, index, x, y)
        painter.setClipping(False)
        paint_marks(painter, axes, self._curves.marks)
        if self._part is not None:
            self._paint_read(painter, axes)
        if self.hasFocus():
            paint_focus_ring(painter, axes.room.adjusted(-3, -3, 3, 3))

    def _paint_line(self, painter: QPainter, axes: Axes, index: int, x: Array, y: Array) -> None:
        across, up = axes.points(x, y)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen_of(index))
        painter.drawPath(path_through(across, up, np.ones(len(across), bool)))
        if len(x) <= _FEW:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color_of(index))
            for point in zip(across.tolist(), up.tolist(), strict=True):
                if np.isfinite(point).all():
                    painter.drawEllipse(QPointF(*point), 3, 3)

    def _paint_read(self, painter: QPainter, axes: Axes) -> None:
        room = axes.room
        places = [(x, y) for index in range(len(self._curves.lines)) for x, y in self._nearest(index)]
        if not places:
            return
        at = axes.point(places[0][0], self._y.low).x()
        painter.setPen(QPen(theme().color("strong_line"), 1))
        painter.drawLine(QPointF(at, room.top()), QPointF(at, room.bottom()))
        for index in range(len(self._curves.lines)):
            for x, y in self._nearest(index):
                painter.setPen(QPen(theme().color("surface"), 1.5))
                painter.setBrush(color_of(index))
                place = axes.point(x, y)
                if np.isfinite(place.y()) and room.adjusted(-2, -2, 2, 2).contains(place):
                    painter.drawEllipse(place, 4.5, 4.5)

    # ---------------------------------------------------------------- what is read

    def _nearest(self, index: int) -> list[tuple[float, float]]:
        """The point of a line that is nearest to what is read; none where it has no points."""
        x, y = list(self._curves.lines.values())[index]
        if self._part is None or not len(x):
            return []
        aim = self._x.value(self._part)
        with np.errstate(all="ignore"):
            distances = np.abs(self._x.parts(np.asarray(x, np.float64)) - self._x.parts(np.array([aim])))
        if np.isnan(distances).all():
            return []
        at = int(np.nanargmin(distances))
        return [(float(x[at]), float(y[at]))]

    def _values(self) -> list[float]:
        points = [self._nearest(index) for index in range(len(self._curves.lines))]
        return [each[0][1] if each else float("nan") for each in points]

    def _read_part(self) -> None:
        places = [self._nearest(index) for index in range(len(self._curves.lines))]
        first = next((each[0] for each in places if each), None)
        if self._part is None or first is None:
            self.read("")
        elif len(places) == 1:
            self.read(f"{self._x_word} {short(first[0])}: {first[1]:.7g}")
        else:
            self.read(f"{self._x_word} {short(first[0])}")

    @property
    def _x_word(self) -> str:
        return (self._curves.x_title.split(",")[0] or "x")[:24]

    def _point_at(self, part: float | None) -> None:
        if part != self._part:
            self._part = None if part is None else min(max(part, 0.0), 1.0)
            self._read_part()
            self.update()

    def read(self, words: str) -> None:
        """Where nothing is read, no line is drawn either."""
        if not words:
            self._part = None
        super().read(words)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read what lies above the pointer."""
        room = self.axes.room
        part = (event.position().x() - room.left()) / room.width()
        is_over = -0.02 <= part <= 1.02 and event.position().y() >= room.top() - 8
        self._point_at(part if is_over else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the place that is read, from the middle on."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._point_at(0.5 if self._part is None else self._part + step / _KEY_STEPS)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard has moved on."""
        self._point_at(None)
        super().focusOutEvent(event)
