"""Icons inside paint methods: made once for each colour and size, sharp at any zoom."""

from __future__ import annotations

import functools

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

from convnet_studio.ui.pictures.vector import is_vector
from convnet_studio.ui.theme import draw_icon_shape, icon_pixmap


def draw_icon(painter: QPainter, name: str, color: QColor, rect: QRectF) -> None:
    """Draw an icon in `color`, sharp at any zoom."""
    if is_vector(painter):
        draw_icon_shape(painter, name, color, rect)
        return
    ratio = max(1.0, round(painter.deviceTransform().m11() * 4) / 4)
    pixmap = _icon(name, color.name(), round(rect.width()), ratio)
    painter.drawPixmap(rect, pixmap, QRectF(pixmap.rect()))


@functools.lru_cache(maxsize=64)
def _icon(name: str, color: str, size: int, ratio: float) -> QPixmap:
    return icon_pixmap(name, QColor(color), size, ratio)
