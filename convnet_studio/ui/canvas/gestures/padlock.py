"""Padlock: a click on the lock of a card freezes its module's weights, or lets them learn again."""

from __future__ import annotations

from PySide6.QtCore import Qt

from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer


class Padlock(Gesture):
    """Presses the lock of a card."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._module_id = ""

    def begins(self, press: Pointer) -> bool:
        """On a lock."""
        item = self.canvas.scene.module_at(press.scene)
        if item is None or press.button != Qt.MouseButton.LeftButton or not item.is_over_lock(press.scene):
            return False
        self._module_id = item.card.id
        return True

    def release(self, pointer: Pointer) -> None:
        """Freeze or let learn, if the mouse is still on the lock."""
        item = self.canvas.scene.modules.get(self._module_id)
        if item and item.is_over_lock(pointer.scene):
            self.canvas.editor.toggle_frozen([self._module_id])
