"""MendJoint: a click on the sign where a wire does not fit makes the change that its problem proposes."""

from __future__ import annotations

from PySide6.QtCore import Qt

from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer


class MendJoint(Gesture):
    """Presses the sign of a problem at a wire; where nothing can be mended with a click, it selects the card."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._link: Link | None = None

    def begins(self, press: Pointer) -> bool:
        """On such a sign."""
        item = self.canvas.scene.joint_at(press.scene)
        self._link = item.link if item and press.button == Qt.MouseButton.LeftButton else None
        return self._link is not None

    def release(self, pointer: Pointer) -> None:
        """Mend, if the mouse is still on the sign."""
        item = self.canvas.scene.joint_at(pointer.scene)
        if item is None or item.link is None or item.link != self._link or item.problem is None:
            return
        if item.problem.mend:
            self.canvas.editor.mend(item.problem)
        else:
            self.canvas.open_project.select(frozenset((item.link.target,)))
