"""PointsWidget: places in the plane, a mark of its own for each group; pointing reads the nearest."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Points
from convnet_studio.ui.bench_pictures.axes import Axes, Axis, axis_for
from convnet_studio.ui.bench_pictures.marks import paint_marks
from convnet_studio.ui.bench_pictures.picture import HEAD, PictureWidget
from convnet_studio.ui.bench_pictures.series import Legend, paint_mark, paint_shape
from convnet_studio.ui.theme import theme

_HEIGHT, _SQUARE = 240, 300
_REACH = 14
"""Pixels: a point that is farther from the pointer is not read."""
_MANY = 400


class PointsWidget(PictureWidget):
    """All groups in one frame, at one scale both ways where the picture wants that."""

    grows = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points = Points("", {})
        self._legend = Legend(())
        self._read: tuple[int, int] | None = None

    def take(self, picture: BenchPicture) -> None:
        """Note the groups."""
        assert isinstance(picture, Points)
        self._points = picture
        self._legend = Legend(tuple(picture.groups) if len(picture.groups) > 1 else ())
        self._read = None
        self.read("")

    def in_words(self) -> str:
        """How many there are of each group."""
        groups = ", ".join(f"{len(each)} {name}" for name, each in self._points.groups.items())
        return f"{self._points.y_title} over {self._points.x_title}: {groups}"

    def height_in(self, width: int) -> int:
        """Of axes and legend."""
        legend = int(self._legend.height_in(width))
        return HEAD + legend + (min(_SQUARE, max(_HEIGHT, width)) if self._points.is_square else _HEIGHT)

    @property
    def axes(self) -> Axes:
        """Where they stand."""
        points = self._points
        told = [np.asarray(each, np.float64).reshape(-1, 2) for each in points.groups.values()]
        told += [np.array([[each.x, each.y]]) for each in points.marks if each.x is not None and each.y is not None]
        every = np.concatenate([np.zeros((0, 2)), *told])
        place = self.room.adjusted(0, self._legend.height_in(self.width()) + 4, 0, 0)
        x, y = axis_for(every[:, 0], points.x_title, False), axis_for(every[:, 1], points.y_title, False)
        if points.is_square:
            room = Axes(place, x, y).room
            unit = max((x.high - x.low) / room.width(), (y.high - y.low) / room.height())
            x, y = _about(x, unit * room.width()), _about(y, unit * room.height())
        return Axes(place, x, y)

    def paint_body(self, painter: QPainter) -> None:
        """Legend, axes, groups, marks."""
        self._legend.paint(painter, self.room.topLeft(), self.width(), paint_shape)
        axes = self.axes
        axes.paint(painter)
        for index, group in enumerate(self._points.groups.values()):
            radius = 3.5 if len(group) <= _MANY else 2.2
            for number, place in enumerate(self._places(axes, index)):
                if np.isfinite([place.x(), place.y()]).all():
                    paint_mark(painter, index, place, 5.5 if (index, number) == self._read else radius)
        paint_marks(painter, axes, self._points.marks)
        if self._read is not None:
            painter.setPen(QPen(theme().color("text"), 1.5))

    def _places(self, axes: Axes, index: int) -> list[QPointF]:
        group = np.asarray(list(self._points.groups.values())[index], np.float64).reshape(-1, 2)
        x, y = axes.points(group[:, 0], group[:, 1])
        return [QPointF(*each) for each in zip(x.tolist(), y.tolist(), strict=True)]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the nearest point."""
        axes, nearest = self.axes, []
        for index, group in enumerate(self._points.groups.values()):
            if len(group):
                x, y = axes.points(group[:, 0], group[:, 1])
                distances = np.nan_to_num(np.hypot(x - event.position().x(), y - event.position().y()), nan=np.inf)
                at = int(distances.argmin())
                nearest.append((float(distances[at]), index, at))
        found = min(nearest, default=(np.inf, 0, 0))
        self._read = found[1:] if found[0] <= _REACH else None
        if self._read is None:
            self.read("")
        else:
            name = list(self._points.groups)[self._read[0]]
            x0, y0 = (float(each) for each in self._points.groups[name][self._read[1]])
            self.read(f"{name}: {x0:.5g}, {y0:.5g}")
        self.update()


def _about(axis: Axis, span: float) -> Axis:
    middle = (axis.low + axis.high) / 2
    return Axis(middle - span / 2, middle + span / 2, axis.title)
