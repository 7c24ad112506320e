"""MissingBody: a module whose output's shape is not known."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QPainter

from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.bodies.body import Body, hatch
from convnet_studio.ui.canvas.card import Card
from convnet_studio.ui.canvas.card_layout import MAPS_WIDTH, PADDING, STRIP_WIDTH

HEIGHT = 84.0


class MissingBody(Body):
    """Hatching: not computed, which is something else than 0."""

    def __init__(self, card: Card, class_names: tuple[str, ...]) -> None:
        super().__init__(card, class_names)
        wide = STRIP_WIDTH if len(card.body_shape) == 1 else MAPS_WIDTH - 2 * PADDING
        self.size = QSizeF(wide, HEIGHT)

    def show(self, snapshot: Snapshot) -> bool:
        """There is nothing to show."""
        return False

    def clear(self) -> None:
        """There is nothing to forget."""

    def paint(self, painter: QPainter) -> None:
        """Hatching."""
        hatch(painter, QRectF(0, 0, self.size.width(), self.size.height()))
