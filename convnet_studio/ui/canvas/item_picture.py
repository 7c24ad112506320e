"""ItemPicture: an item of the canvas as it was drawn last, shown in its place while the canvas is being scaled."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform


class ItemPicture:
    """Keeps one picture, at the scale at which it was drawn."""

    def __init__(self) -> None:
        self._pixmap: QPixmap | None = None

    def paint(self, painter: QPainter, rect: QRectF, draw: Callable[[QPainter], None], is_draft: bool) -> None:
        """Draw what fills `rect`, and keep the picture; in a draft show the last one instead, larger or smaller.

        Args:
            painter: of the item. `rect`: in its coordinates. `draw`: draws it anew.
            is_draft: whether the last picture will do.
        """
        if is_draft and self._pixmap is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # ten times as fast
            painter.drawPixmap(rect, self._pixmap, QRectF(self._pixmap.rect()))
            return
        device = painter.device()
        ratio = device.devicePixelRatioF() if device else 1.0
        world = painter.worldTransform()
        scale = world.m11()
        size = [max(1, math.ceil(side * scale * ratio)) for side in (rect.width(), rect.height())]
        pixmap = QPixmap(*size)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        inner = QPainter(pixmap)
        inner.setTransform(QTransform.fromScale(scale, scale))
        inner.translate(-rect.topLeft())
        draw(inner)
        inner.end()
        self._pixmap = pixmap
        corner = world.map(rect.topLeft()) * ratio
        painter.save()
        painter.resetTransform()
        painter.drawPixmap(QPointF(round(corner.x()), round(corner.y())) / ratio, pixmap)  # on whole pixels: sharp
        painter.restore()
