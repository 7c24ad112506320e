"""ContoursWidget: a function of two numbers from above, with ways across it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Contours
from convnet_studio.ui.bench_pictures.picture import HEAD, PictureWidget
from convnet_studio.ui.bench_pictures.series import Legend, color_of
from convnet_studio.ui.controls.contour_map import ContourMap
from convnet_studio.ui.controls.legend_bar import LegendBar
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.surface_marks import paint_ball
from convnet_studio.ui.controls.surface_scene import Field, Scene, Spot, Way
from convnet_studio.ui.map_images import Scale
from convnet_studio.ui.theme import theme_switch

_LARGEST = 380


class ContoursWidget(PictureWidget):
    """A ContourMap, below it the legend of its colours and of its ways."""

    grows = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._contours = Contours("", np.zeros((2, 2)), (0, 1), (0, 1))
        self._field = Field(np.zeros((2, 2)), (0, 1), (0, 1))
        self._legend = Legend(())
        self.map = ContourMap("")
        self.colors = LegendBar("Colours of the heights")
        for part in (self.map, self.colors):
            part.setParent(self)
        self.map.pointed.connect(self._point_at)
        theme_switch().changed.connect(self._show_scene)

    def take(self, picture: BenchPicture) -> None:
        """Note function and ways; level lines are made anew only where the function is another."""
        assert isinstance(picture, Contours)
        before, self._contours = self._contours, picture
        is_same = (
            np.array_equal(before.values, picture.values, equal_nan=True)
            and (before.x_range, before.y_range) == (picture.x_range, picture.y_range)
            and (before.x_title, before.y_title, before.is_log) == (picture.x_title, picture.y_title, picture.is_log)
        )
        if not is_same or self.map.field is None:
            names = (picture.x_title, picture.y_title)
            self._field = Field(picture.values, picture.x_range, picture.y_range, names, is_log=picture.is_log)
            self.map.show_field(self._field)
            low, high = self._field.ends
            self.colors.show_scale(Scale("non_negative", 0.0, 1.0), (short(low), short(high)))
        self.map.setAccessibleName(f"{picture.title}, from above")
        self._legend = Legend(tuple(picture.paths or {}))
        self._show_scene()
        self._place_parts()

    def _show_scene(self) -> None:
        paths = self._contours.paths or {}
        ways = [
            Way(np.asarray(points, np.float64).reshape(-1, 2), color_of(index), str(index + 1), shows_steps=True)
            for index, points in enumerate(paths.values())
        ]
        spots = [
            Spot(each.x, each.y, each.text)
            for each in self._contours.spots
            if each.x is not None and each.y is not None
        ]
        self.map.show_scene(Scene(ways, spots=spots, pointer=self.map.scene.pointer))

    def in_words(self) -> str:
        """Lowest and highest value, and where the ways end."""
        low, high = self._field.ends
        ends = [
            f"{name} ends at {short(points[-1, 0])}, {short(points[-1, 1])}"
            for name, points in (self._contours.paths or {}).items()
            if len(points)
        ]
        return ", ".join([f"from {short(low)} to {short(high)}", *ends])

    def height_in(self, width: int) -> int:
        """A square, and its legends."""
        return HEAD + min(width, _LARGEST) + self.colors.height() + 6 + int(self._legend.height_in(width))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._place_parts()

    def _place_parts(self) -> None:
        top, foot = int(self.room.top()), self.colors.height() + 6 + int(self._legend.height_in(self.width()))
        side = max(96, self.height() - top - foot)
        self.map.setGeometry(0, top, self.width(), side)
        area = self.map.area
        self.colors.setGeometry(int(area.left()), top + side + 2, int(area.width()), self.colors.height())

    def paint_body(self, painter: QPainter) -> None:
        """The legend of the ways."""
        corner = QPointF(0, self.height() - self._legend.height_in(self.width()))
        self._legend.paint(painter, corner, self.width(), _paint_ball)

    def _point_at(self, place: tuple[float, float] | None) -> None:
        scene = self.map.scene
        self.map.show_scene(Scene(scene.ways, scene.curves, scene.spots, place))
        if place is None:
            self.read("")
            return
        columns, rows = self._field.cells(np.array([place]))
        last_row, last_column = (each - 1 for each in self._contours.values.shape)
        row, column = min(round(float(rows[0])), last_row), min(round(float(columns[0])), last_column)
        value = float(self._contours.values[row, column])
        self.read(f"{short(place[0])}, {short(place[1])}: {value:.6g}")


def _paint_ball(painter: QPainter, index: int, place: QRectF) -> None:
    """As at the end of a way."""
    paint_ball(painter, QPointF(place.left() + 9, place.center().y()), color_of(index), str(index + 1))
