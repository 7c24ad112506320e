"""Rename: a double click on a card's name edits it in place."""

from __future__ import annotations

from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.module_item import ModuleItem


class Rename:
    """Opens the editor over the name of a card."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def double_click(self, item: ModuleItem | None, y: float) -> bool:
        """Whether a double click at the height `y` of `item` was on its name, which is then edited."""
        if item is None or not item.layout.name.top() <= y <= item.layout.name.bottom():
            return False
        self.start(item)
        return True

    def start(self, item: ModuleItem) -> None:
        """Edit the name of `item`."""
        view = self._canvas.view
        place = view.mapFromScene(item.mapToScene(item.layout.name)).boundingRect()
        module_id = item.card.id
        scale = view.transform().m11()
        self._canvas.name_editor.ask(
            item.card.title, place, scale, lambda name: self._canvas.editor.rename(module_id, name)
        )
