"""Icons inside paint methods: made once for each colour and size, sharp at any zoom."""

from __future__ import annotations

import functools

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

from convnet_studio.ui.pictures.vector import is_vector
from convnet_studio.ui.theme import draw_icon_shape, icon_pixmap

SMALLEST = 7.0
"""Pixels on the screen: the lines of a smaller icon would break into fragments."""


def draw_icon(painter: QPainter, name: str, color: QColor, rect: QRectF) -> None:
    """Draw an icon in `color`, sharp at any zoom; nothing where it would be too small to be read."""
    if is_vector(painter):
        draw_icon_shape(painter, name, color, rect)
        return
    sharpness = painter.deviceTransform().m11()
    device = painter.device()
    if rect.width() * sharpness / (device.devicePixelRatioF() if device else 1.0) < SMALLEST:
        return
    steps = 4 if sharpness >= 1 else 16  # what is drawn small shows every pixel that is missing
    pixmap = _icon(name, color.name(), round(rect.width()), round(sharpness * steps) / steps)
    was_smooth = bool(painter.renderHints() & QPainter.RenderHint.SmoothPixmapTransform)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, was_smooth or sharpness < 1)
    painter.drawPixmap(rect, pixmap, QRectF(pixmap.rect()))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, was_smooth)


@functools.lru_cache(maxsize=256)
def _icon(name: str, color: str, size: int, ratio: float) -> QPixmap:
    return icon_pixmap(name, QColor(color), size, ratio)
