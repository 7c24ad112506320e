"""Rename: a double click on the name of a card or stage edits it in place; on a folded stage it unfolds it."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from convnet_studio.ui.canvas.folded_item import FoldedItem
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.stage_item import StageItem
from convnet_studio.ui.canvas.stage_layout import Part


class Rename:
    """Opens the editor over a name."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def double_click(self, at: QPointF) -> bool:
        """Whether a double click at the scene position `at` meant something here."""
        item = self._canvas.scene.module_at(at) or self._canvas.scene.stages.frame_at(at)
        if item is None:
            return False
        if isinstance(item, ModuleItem):
            if item.layout.name.top() <= at.y() - item.y() <= item.layout.name.bottom():
                self.start(item)
                return True
            if isinstance(item, FoldedItem) and item.part_at(at)[0] is Part.FRAME:
                self._canvas.editor.stages.fold(item.face.id, False)
                return True
            return False
        if item.part_at(at)[0] is not Part.NAME:
            return False
        self.start(item)
        return True

    def start(self, item: ModuleItem | StageItem) -> None:
        """Edit the name of `item`."""
        view = self._canvas.view
        place = view.mapFromScene(item.mapToScene(item.layout.name)).boundingRect()
        scale, editor = view.transform().m11(), self._canvas.editor
        if isinstance(item, StageItem | FoldedItem):
            stage_id = item.face.id
            self._canvas.name_editor.ask(
                item.face.name, place, scale, lambda name: editor.stages.rename(stage_id, name)
            )
        else:
            module_id = item.card.id
            self._canvas.name_editor.ask(item.card.title, place, scale, lambda name: editor.rename(module_id, name))
