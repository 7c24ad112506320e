"""HistogramBand: how a histogram changed over a run: time to the right, values upwards, counts as depth of colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from convnet_studio.engine.analysis.statistics import BINS, Spread
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_LEFT, _BOTTOM, _TOP = 56, 20, 6
_ROWS = 160


class HistogramBand(QWidget):
    """Columns are moments of the run, in order; the darker, the more numbers lie there. The mean is a thin line."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._moments: tuple[tuple[float, Spread], ...] = ()
        self._token = "train"
        self._image: QImage | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self._repaint_all)

    def show_moments(self, moments: Sequence[tuple[float, Spread]], token: str) -> None:
        """Show (epoch, Spread) in the order of time, in a colour of the theme."""
        self._moments, self._token = tuple(moments), token
        if moments:
            epoch, last = moments[-1]
            self.setAccessibleDescription(
                f"epoch {epoch:.2f}: mean {short(last.mean)}, standard deviation {short(last.deviation)}"
            )
        self._repaint_all()

    def _repaint_all(self) -> None:
        self._image = None
        self.update()

    @property
    def edge(self) -> float:
        """The largest value in sight, up and down."""
        return max((spread.largest for _, spread in self._moments), default=0.0) or 1.0

    def density(self) -> Array:
        """Share of the numbers in each of equal rows from the edge down to minus the edge, ``(rows, moments)``."""
        centers = np.linspace(self.edge, -self.edge, _ROWS)
        columns = []
        for _, spread in self._moments:
            own = spread.largest or 1.0
            place = np.floor((centers + own) / (2 * own) * BINS).astype(int)
            inside = (np.abs(centers) <= own) & (place >= 0)
            counts = spread.histogram[np.clip(place, 0, BINS - 1)] / max(1, spread.count)
            columns.append(np.where(inside, counts * (self.edge / own), 0.0))  # per unit of value
        return np.array(columns).T if columns else np.zeros((_ROWS, 0))

    def moment_at(self, point: QPointF) -> int:
        """The moment under a point, -1 for none."""
        box = self._box()
        if not self._moments or not box.contains(point):
            return -1
        return min(int((point.x() - box.left()) / box.width() * len(self._moments)), len(self._moments) - 1)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(380, 220)

    def minimumSizeHint(self) -> QSize:
        """What can still be read."""
        return QSize(160, 90)

    def _box(self) -> QRectF:
        return QRectF(_LEFT, _TOP, max(10, self.width() - _LEFT - 8), max(10, self.height() - _TOP - _BOTTOM))

    def event(self, event: QEvent) -> bool:
        """The tooltip tells the moment under the mouse."""
        if isinstance(event, QHelpEvent):
            moment = self.moment_at(QPointF(event.pos()))
            words = ""
            if moment >= 0:
                epoch, spread = self._moments[moment]
                words = (
                    f"epoch {epoch:.2f}: mean {short(spread.mean)}, standard deviation {short(spread.deviation)}, "
                    f"largest {short(spread.largest)}, {100 * spread.zeros:.1f} % are exactly 0"
                )
            QToolTip.showText(event.globalPos() + QPoint(0, 8), words, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axes, picture and mean."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, now = self._box(), theme()
        if self._moments:
            self._image = self._image or self._made_image()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(box, self._image)
        self._paint_axes(painter, box)
        if len(self._moments) > 1:
            painter.setPen(QPen(now.color("text"), 1.2))
            pitch = box.width() / len(self._moments)
            points = [
                QPointF(box.left() + (i + 0.5) * pitch, box.center().y() - spread.mean / self.edge * box.height() / 2)
                for i, (_, spread) in enumerate(self._moments)
            ]
            painter.drawPolyline(points)

    def _made_image(self) -> QImage:
        density = self.density()
        shown = np.sqrt(density / (density.max() or 1.0))  # tails are seen too
        over, under = theme().color(self._token), theme().color("surface")
        channels = [
            (under_part + (over_part - under_part) * shown).round().astype(np.uint32)
            for over_part, under_part in (
                (over.red(), under.red()),
                (over.green(), under.green()),
                (over.blue(), under.blue()),
            )
        ]
        pixels = np.uint32(0xFF000000) | (channels[0] << np.uint32(16)) | (channels[1] << np.uint32(8)) | channels[2]
        pixels = np.ascontiguousarray(pixels)
        height, width = pixels.shape
        return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()

    def _paint_axes(self, painter: QPainter, box: QRectF) -> None:
        now = theme()
        painter.setFont(number_font(11))
        painter.setPen(QPen(now.color("line"), 1))
        painter.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()))
        painter.setPen(now.color("second_text"))
        right = Qt.AlignmentFlag.AlignRight
        for value, y in ((self.edge, box.top()), (0.0, box.center().y() - 7), (-self.edge, box.bottom() - 14)):
            words = short(value) if value else "0"
            painter.drawText(QRectF(0, y, _LEFT - 6, 14), right | Qt.AlignmentFlag.AlignVCenter, words)
        if not self._moments:
            return
        painter.setFont(text_font(11))
        below = QRectF(box.left(), box.bottom() + 3, box.width(), 16)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"epoch {self._moments[0][0]:.2f}")
        if len(self._moments) > 1:
            painter.drawText(below, right, f"{self._moments[-1][0]:.2f}")
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, "the stronger the colour, the more numbers")
