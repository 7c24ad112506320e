"""WireOffer: the wire that lights up while something is held over it that would go into it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF

from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.link_item import LinkItem

LINK_REACH = 20.0
"""How near to a wire, in pixels of the screen, a module is held to go into it."""


class WireOffer:
    """Offers one wire at a time; one that refuses says why."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._item: LinkItem | None = None

    @property
    def link(self) -> Link | None:
        """The wire that is lit."""
        return self._item.link if self._item else None

    def hold(self, at: QPointF, why_not: Callable[[Link], str | None]) -> bool:
        """Light up the wire near `at`, or say why it will not do; whether there is one."""
        item = self._canvas.scene.link_at(at, self._canvas.scaled(LINK_REACH))
        refusal = why_not(item.link) if item and item.link else None
        self._light(None if refusal else item)
        self._canvas.bubble.say(refusal or "", self._canvas.view.mapFromScene(at))
        return item is not None

    def end(self) -> None:
        """Nothing is held over a wire any more."""
        self._light(None)
        self._canvas.bubble.say("")

    def _light(self, item: LinkItem | None) -> None:
        if item is not self._item:
            if self._item:
                self._item.set_offered(False)
            if item:
                item.set_offered(True)
            self._item = item
