"""ItemPicture: what an item of the canvas looks like, drawn rarely and kept; larger or smaller while one zooms."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform

MOST_PIXELS = 8_000_000
"""What would be larger, as the frame of a long stage at a large zoom, is drawn and not kept."""
Draw = Callable[[QPainter, QPointF], None]
"""Draws an item on whole pixels; second: from there to where it lies in truth, in the item's coordinates."""


class ItemPicture:
    """Keeps one picture, at the scale at which it was drawn.

    It does what a cache of Qt does, without the bound on the memory of all of them, and without drawing everything anew
    at each step of a zoom. Of a large picture that is empty but for the `rim` along its edges, only that is shown.
    """

    def __init__(self, rim: float = 0.0) -> None:
        self._rim = rim
        self._pixmap = QPixmap()
        self._covered = QRectF()
        """The picture in the item's coordinates."""
        self._parts: list[QRectF] = []
        """What of it holds anything, in its own pixels."""
        self._made_for: tuple[float, float, QRectF] | None = None
        self._is_stale = False

    def forget(self) -> None:
        """It looks different now: draw it anew the next time."""
        self._is_stale = True

    def paint(self, painter: QPainter, rect: QRectF, draw: Draw, is_draft: bool, around: float = 0.0) -> None:
        """Show what fills `rect`; it is drawn only where it was forgotten, or where the scale is another.

        Args:
            painter: of the item. `rect`: in its coordinates; its corner is put on a whole pixel. `draw`: draws it anew.
            is_draft: whether a picture of another scale will do, larger or smaller.
            around: how far beyond `rect` something is drawn.
        """
        world = painter.worldTransform()
        scale = world.m11()
        ratio = round(painter.deviceTransform().m11() / scale, 6)  # of the screen, and of a presentation around
        wanted = (scale, ratio, rect)
        if is_draft and self._made_for is not None and wanted != self._made_for:
            if self._is_stale:  # at the scale of before: its letters need not be made in another size
                self._draw((*self._made_for[:2], rect), around, draw, QPointF())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # ten times as fast
            self._show(painter, self._covered)
            return
        if rect.width() * rect.height() * (scale * ratio) ** 2 > MOST_PIXELS:
            draw(painter, QPointF())
            return
        corner = world.map(rect.topLeft())
        whole = QPointF(_whole(corner.x() * ratio), _whole(corner.y() * ratio)) / ratio
        if self._is_stale or wanted != self._made_for:
            self._draw(wanted, around, draw, (corner - whole) / scale)
        beyond = (rect.topLeft() - self._covered.topLeft()) * scale  # on whole pixels too
        painter.resetTransform()
        self._show(painter, QRectF(whole - beyond, self._pixmap.deviceIndependentSize()))
        painter.setWorldTransform(world)

    def _draw(self, wanted: tuple[float, float, QRectF], around: float, draw: Draw, shift: QPointF) -> None:
        scale, ratio, rect = wanted
        sharpness = scale * ratio
        margin = math.ceil(around * sharpness)
        width, height = (max(1, math.ceil(side * sharpness)) + 2 * margin for side in (rect.width(), rect.height()))
        self._pixmap = QPixmap(width, height)
        self._pixmap.fill(Qt.GlobalColor.transparent)
        self._pixmap.setDevicePixelRatio(ratio)
        painter = QPainter(self._pixmap)
        painter.setTransform(QTransform(scale, 0, 0, scale, margin / ratio, margin / ratio))
        painter.translate(-rect.topLeft())
        draw(painter, shift)
        painter.end()
        beyond = QPointF(margin, margin) / sharpness
        self._covered = QRectF(rect.topLeft() - beyond, QSizeF(width, height) / sharpness)
        self._parts = _rim(width, height, math.ceil(self._rim * sharpness)) if self._rim else [_all(self._pixmap)]
        self._made_for, self._is_stale = wanted, False

    def _show(self, painter: QPainter, place: QRectF) -> None:
        wide, high = place.width() / self._pixmap.width(), place.height() / self._pixmap.height()
        for part in self._parts:
            corner = place.topLeft() + QPointF(part.left() * wide, part.top() * high)
            painter.drawPixmap(QRectF(corner, QSizeF(part.width() * wide, part.height() * high)), self._pixmap, part)


def _all(pixmap: QPixmap) -> QRectF:
    return QRectF(pixmap.rect())


def _rim(width: int, height: int, depth: int) -> list[QRectF]:
    """The upper, lower, left and right edge of a picture, which have no pixel in common."""
    depth = min(depth, width // 2, height // 2)
    between = height - 2 * depth
    return [
        QRectF(0, 0, width, depth),
        QRectF(0, height - depth, width, depth),
        QRectF(0, depth, depth, between),
        QRectF(width - depth, depth, depth, between),
    ]


def _whole(place: float) -> int:
    """The whole number next to `place`; a half always goes down, so that neighbours keep their distance."""
    return math.ceil(place - 0.5 - 1e-6)
