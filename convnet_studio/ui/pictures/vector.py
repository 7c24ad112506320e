"""Vector: what paint methods do otherwise where the picture has no pixels of its own (SVG, PDF)."""

from __future__ import annotations

import math

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QImageWriter, QPaintEngine, QPainter

_VECTOR_ENGINES = frozenset({QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf})
_PIXELS = 4
"""Of a picture in pixels to one of the screen: viewers smooth what they enlarge, which at this size is not seen."""
_LARGEST_SIDE = 4096


def is_vector(painter: QPainter) -> bool:
    """Whether `painter` writes an SVG or a PDF, in which pictures of pixels would be blurred."""
    engine = painter.paintEngine()
    return engine is not None and engine.type() in _VECTOR_ENGINES


def draw_cells(painter: QPainter, place: QRectF, image: QImage) -> None:
    """Draw `image` so that each of its pixels is a sharp square, on every screen and in every viewer."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    if is_vector(painter):
        image = image.scaled(enlarged(image.size(), place), Qt.AspectRatioMode.IgnoreAspectRatio)
    painter.drawImage(place, image)


def enlarged(size: QSize, place: QRectF) -> QSize:
    """A whole multiple of `size`: about `_PIXELS` pixels to a pixel of the screen, where that enlarges at all."""
    times = math.ceil(_PIXELS * place.width() / max(1, size.width()))
    most = max(1, _LARGEST_SIDE // max(1, size.width(), size.height()))
    return size * max(1, min(times, most))


def png_bytes(image: QImage) -> bytes:
    """The content of a PNG file."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(content.data())
