"""Zoom: Ctrl and the wheel zoom about the pointer; buttons and keys zoom about the middle."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QGraphicsView

SMALLEST = 0.25
LARGEST = 3.0
STEP = 1.2
WHEEL_NOTCH = 120.0
FIT_MARGIN = 20.0
FIT_LARGEST = 1.25


class Zoom:
    """Scales the view, 25 to 300 %."""

    def __init__(self, view: QGraphicsView) -> None:
        self._view = view

    @property
    def factor(self) -> float:
        """1 is actual size."""
        return self._view.transform().m11()

    def turn_wheel(self, angle: float, at: QPointF) -> None:
        """Zoom by a turn of the wheel, so that the scene stays put under `at` in the viewport."""
        self._zoom_to(self.factor * STEP ** (angle / WHEEL_NOTCH), at)

    def zoom_to(self, factor: float) -> None:
        """Zoom about the middle."""
        self._zoom_to(factor, QRectF(self._view.viewport().rect()).center())

    def fit(self, covered: QRectF, below: float) -> None:
        """Show all of `covered`, leaving `below` pixels free at the bottom; a small network grows only a little."""
        room = QRectF(self._view.viewport().rect()).adjusted(FIT_MARGIN, FIT_MARGIN, -FIT_MARGIN, -below)
        if covered.isEmpty() or room.width() < 40 or room.height() < 40:
            return
        factor = min(room.width() / covered.width(), room.height() / covered.height(), FIT_LARGEST)
        self._set(max(SMALLEST, factor))
        middle = QRectF(self._view.viewport().rect()).center() - room.center()
        self._view.centerOn(covered.center() + middle / self.factor)

    def _zoom_to(self, factor: float, at: QPointF) -> None:
        before = self._view.mapToScene(at.toPoint())
        self._set(min(LARGEST, max(SMALLEST, factor)))
        shift = self._view.mapFromScene(before) - at.toPoint()
        for bar, distance in (
            (self._view.horizontalScrollBar(), shift.x()),
            (self._view.verticalScrollBar(), shift.y()),
        ):
            bar.setValue(bar.value() + distance)

    def _set(self, factor: float) -> None:
        self._view.setTransform(QTransform.fromScale(factor, factor))
