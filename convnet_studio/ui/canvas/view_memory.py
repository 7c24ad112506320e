"""ViewMemory: what was seen before an edit that made the canvas fit anew, so that undo shows it again."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from convnet_studio.ui.canvas.area import CanvasArea
from convnet_studio.ui.open_project import OpenProject


class ViewMemory:
    """Keeps zoom and place by the undo entry whose edit changed them."""

    def __init__(self, open_project: OpenProject, area: CanvasArea) -> None:
        self._project = open_project
        self._area = area
        self._views: dict[int, tuple[float, QPointF]] = {}
        """(zoom, scene position in the middle), by the number of the entry."""

    def note(self) -> None:
        """The edit that is being made is about to change what is seen."""
        self._views.setdefault(self._index, (self._area.zoom.factor, self._area.visible_rect().center()))

    def go_back(self) -> None:
        """An edit is being undone: show again what was seen before it, if it has changed that."""
        undone = sorted(each for each in self._views if each >= self._index - 1)
        views = [self._views.pop(each) for each in undone]
        if views:
            self._area.show_view(*views[0])

    @property
    def _index(self) -> int:
        return self._project.undo_stack.index()

    def clear(self) -> None:
        """Somebody has chosen another view, or opened another project: that one stays."""
        self._views.clear()
