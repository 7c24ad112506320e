"""Mend: a click on the button of a card's problem makes the change that it proposes."""

from __future__ import annotations

from PySide6.QtCore import Qt

from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer


class Mend(Gesture):
    """Presses the mend button of a card."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._module_id = ""

    def begins(self, press: Pointer) -> bool:
        """On a mend button."""
        item = self.canvas.scene.module_at(press.scene)
        if item is None or press.button != Qt.MouseButton.LeftButton or not item.is_over_mend(press.scene):
            return False
        self._module_id = item.card.id
        return True

    def release(self, pointer: Pointer) -> None:
        """Mend, if the mouse is still on the button."""
        item = self.canvas.scene.module_at(pointer.scene)
        if item and item.card.id == self._module_id and item.is_over_mend(pointer.scene):
            self.canvas.editor.mend(item.card.problems[0])
