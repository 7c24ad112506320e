"""AskModule: a double click or Space on empty canvas opens the search menu of all modules; the choice lands there."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.ui.canvas.card_layout import HEADER_HEIGHT, PADDING
from convnet_studio.ui.canvas.gestures.gesture import Canvas


class AskModule:
    """Opens the menu of modules."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def double_click(self, at: QPointF) -> bool:
        """Whether a double click at the scene position `at` was on empty canvas, where the menu then opens."""
        if not self.is_empty(at):
            return False
        self.open(at)
        return True

    def open(self, at: QPointF | None = None) -> None:
        """Open the menu at `at`, or where something new is expected."""
        place = at or self._empty_place()

        def add(kind: str) -> None:
            corner = place - QPointF(PADDING, HEADER_HEIGHT / 2)  # its name comes to lie under the pointer
            new_id = self._canvas.editor.add(kind, corner)
            self._canvas.view.ensureVisible(self._canvas.scene.modules[new_id].rect, 24, 24)
            self._canvas.view.setFocus()

        everything = [*Module.registry, *Loss.registry]
        self._canvas.kind_menu.ask(everything, self._canvas.to_screen(place), add, "Search modules…")

    def is_empty(self, at: QPointF) -> bool:
        """Whether nothing lies under the scene position `at`."""
        scene = self._canvas.scene
        under = scene.module_at(at) or scene.notes.at(at) or scene.stages.frame_at(at)
        return not (under or scene.port_at(at) or scene.link_at(at))

    def _empty_place(self) -> QPointF:
        """The pointer's place if it is empty; the new card finds its own if the middle is not."""
        at = self._canvas.pointer_place()
        if at is not None and self.is_empty(at):
            return at
        return self._canvas.view.mapToScene(self._canvas.view.viewport().rect().center())
