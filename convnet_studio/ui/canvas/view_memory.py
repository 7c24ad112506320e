"""ViewMemory: what was seen before an edit that made the canvas fit anew, so that undo shows it again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF

from convnet_studio.ui.canvas.area import CanvasArea
from convnet_studio.ui.open_project import OpenProject


class ViewMemory(QObject):
    """Keeps zoom and place by the undo entry whose edit changed them.

    Args:
        fit: shows the whole network, where what was seen before no longer shows it.
        shows_all: whether the whole network is in view.
    """

    def __init__(
        self, open_project: OpenProject, area: CanvasArea, fit: Callable[[], object], shows_all: Callable[[], bool]
    ) -> None:
        super().__init__(area)
        self._stack = open_project.undo_stack
        self._area = area
        self._fit = fit
        self._shows_all = shows_all
        self._views: dict[int, tuple[float, QPointF]] = {}
        """(zoom, scene position in the middle), by the number of the entry."""
        self._index = self._stack.index()
        self._stack.indexChanged.connect(self._on_index)
        open_project.replaced.connect(self.clear)

    def note(self) -> None:
        """The edit that is being made is about to change what is seen."""
        self._views.setdefault(self._stack.index(), (self._area.zoom.factor, self._area.visible_rect().center()))

    def clear(self) -> None:
        """Somebody has chosen another view, or opened another project: that one stays."""
        self._views.clear()
        self._index = self._stack.index()

    def _on_index(self, index: int) -> None:
        """After an undo: show again what was seen before the edit."""
        before, self._index = self._index, index
        if index >= before:
            return
        undone = sorted(each for each in self._views if each >= index)
        views = [self._views.pop(each) for each in undone]
        if views:
            self._area.show_view(*views[0])
            if not self._shows_all():
                self._fit()
