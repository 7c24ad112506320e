"""Draft: while the wheel scales the canvas, cards are shown as pictures that grow and shrink; then they are drawn anew.

Drawing a card takes a millisecond, showing its picture a tenth of that; so zooming stays fluent on large networks.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from convnet_studio.ui.canvas.scene import CanvasScene

SETTLED_MILLISECONDS = 150
"""After the last turn of the wheel."""


class Draft(QObject):
    """Says when the canvas is being scaled."""

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__()
        self._scene = scene
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLED_MILLISECONDS)
        self._timer.timeout.connect(self._settle)

    def begin(self) -> None:
        """The wheel has turned."""
        self._scene.draw_draft(True)
        self._timer.start()

    def _settle(self) -> None:
        self._scene.draw_draft(False)
