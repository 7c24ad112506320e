"""Draft: while the wheel scales the canvas, cards are shown as pictures that grow and shrink; then they are drawn anew.

Drawing a card takes a millisecond, showing its picture a tenth of that; so zooming stays fluent on large networks.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QGraphicsView

from convnet_studio.ui.canvas.scene import CanvasScene

SETTLED_MILLISECONDS = 120
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
        self._keep_ground(False)
        self._timer.start()

    def _settle(self) -> None:
        self._scene.draw_draft(False)
        self._keep_ground(True)

    def _keep_ground(self, is_kept: bool) -> None:
        """Whether views keep a picture of the dots, which is of no use while each of its frames has another scale."""
        for view in self._scene.views():
            mode = QGraphicsView.CacheModeFlag.CacheBackground if is_kept else QGraphicsView.CacheModeFlag.CacheNone
            if view.cacheMode() != mode:
                view.setCacheMode(mode)
