"""MissingBody: a module whose output's shape is not known."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QPainter

from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.bodies.body import Body, hatch
from convnet_studio.ui.canvas.card import Card

SHEET_WIDTH = 137.0
"""As wide as sixteen maps, so that nothing is pushed when the shape becomes known."""


class MissingBody(Body):
    """Hatching: not computed, which is something else than 0."""

    def __init__(self, card: Card, class_names: tuple[str, ...]) -> None:
        super().__init__(card, class_names)
        self.size = QSizeF(SHEET_WIDTH, 84)

    def show(self, snapshot: Snapshot) -> bool:
        """There is nothing to show."""
        return False

    def clear(self) -> None:
        """There is nothing to forget."""

    def paint(self, painter: QPainter) -> None:
        """Hatching."""
        hatch(painter, QRectF(0, 0, self.size.width(), self.size.height()))
