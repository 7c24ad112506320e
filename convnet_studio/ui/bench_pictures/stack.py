"""PictureStack: the pictures of a bench from top to bottom, two side by side where there is room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from convnet_studio.engine.analysis import bench_pictures as kinds
from convnet_studio.ui.bench_pictures.bars import BarsWidget
from convnet_studio.ui.bench_pictures.code import CodeWidget
from convnet_studio.ui.bench_pictures.contours import ContoursWidget
from convnet_studio.ui.bench_pictures.curves import CurvesWidget
from convnet_studio.ui.bench_pictures.maps import MapsWidget
from convnet_studio.ui.bench_pictures.numbers import NumbersWidget
from convnet_studio.ui.bench_pictures.picture import PictureWidget
from convnet_studio.ui.bench_pictures.points import PointsWidget
from convnet_studio.ui.bench_pictures.rows import RowsWidget
from convnet_studio.ui.bench_pictures.words import WordsWidget

WIDGETS: dict[type[kinds.BenchPicture], type[PictureWidget]] = {
    kinds.Curves: CurvesWidget,
    kinds.Bars: BarsWidget,
    kinds.Maps: MapsWidget,
    kinds.Numbers: NumbersWidget,
    kinds.Contours: ContoursWidget,
    kinds.Points: PointsWidget,
    kinds.Rows: RowsWidget,
    kinds.Code: CodeWidget,
    kinds.Words: WordsWidget,
}
"""What shows each kind of picture."""
_GAP, _BETWEEN = 24, 20
_TALLEST = 1.6
"""Times the height it needs: no picture becomes higher than this, however much room there is."""


class PictureStack(QScrollArea):
    """Keeps its widgets as long as the kinds of pictures stay, so that nothing flickers while a dial is turned."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.widgets: list[PictureWidget] = []
        self._page = QWidget()
        self._height = 0
        self._wanted: list[tuple[PictureWidget, int, int]] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(self._page)

    def show_pictures(self, pictures: Sequence[kinds.BenchPicture]) -> None:
        """Show these pictures."""
        for index, picture in enumerate(pictures):
            self._widget_for(index, picture).show_picture(picture)
        for widget in self.widgets[len(pictures) :]:
            _remove(widget)
        del self.widgets[len(pictures) :]
        if self._wanted != [(each, each.least_width, each.height_in(each.width())) for each in self.widgets]:
            self._place()

    @property
    def spare_height(self) -> int:
        """Pixels below the last picture."""
        return max(0, self.viewport().height() - self._height)

    def _widget_for(self, index: int, picture: kinds.BenchPicture) -> PictureWidget:
        kind = WIDGETS[type(picture)]
        if index < len(self.widgets) and type(self.widgets[index]) is kind:
            return self.widgets[index]
        made = kind(self._page)
        if index < len(self.widgets):
            _remove(self.widgets[index])
            self.widgets[index] = made
        else:
            self.widgets.append(made)
        made.show()
        return made

    # ---------------------------------------------------------------- places

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Rows of one or two, at their heights; what is left goes to those that are better for it."""
        width = self.width() - self.verticalScrollBar().sizeHint().width() - 2  # so that a scroll bar moves nothing
        lines = self._lines(width)
        heights, growing = [], []
        for line in lines:
            each_width = (width - (len(line) - 1) * _GAP) // len(line)
            heights.append(max(each.height_in(each_width) for each in line))
            growing.append(any(each.grows for each in line))
        spare = self.height() - sum(heights) - _BETWEEN * (len(lines) - 1) - 4
        able = sum(height for height, grows in zip(heights, growing, strict=True) if grows)
        factor = min(_TALLEST, 1 + spare / able) if able and spare > 0 else 1.0
        top = 0
        for line, height, grows in zip(lines, heights, growing, strict=True):
            tall = int(height * factor) if grows else height
            each_width = (width - (len(line) - 1) * _GAP) // len(line)
            for place, widget in enumerate(line):
                widget.setGeometry(place * (each_width + _GAP), top, each_width, tall)
            top += tall + _BETWEEN
        self._height = max(0, top - _BETWEEN)
        self._wanted = [(each, each.least_width, each.height_in(each.width())) for each in self.widgets]
        self._page.resize(max(1, width), max(1, self._height))

    def _lines(self, width: int) -> list[list[PictureWidget]]:
        half = (width - _GAP) // 2
        lines: list[list[PictureWidget]] = []
        for widget in self.widgets:
            last = lines[-1] if lines else []
            if len(last) == 1 and all(each.least_width <= half for each in (*last, widget)):
                last.append(widget)
            else:
                lines.append([widget])
        return lines


def _remove(widget: PictureWidget) -> None:
    widget.hide()
    widget.deleteLater()
