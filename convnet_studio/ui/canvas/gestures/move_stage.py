"""MoveStage: a click on a stage's frame selects all its modules, a drag moves them."""

from __future__ import annotations

from PySide6.QtCore import Qt

from convnet_studio.ui.canvas.gestures.gesture import Pointer
from convnet_studio.ui.canvas.gestures.move_cards import MoveCards
from convnet_studio.ui.canvas.stage_layout import STAGE_GAP


class MoveStage(MoveCards):
    """As single cards are selected and moved, so is everything in a frame."""

    gap = STAGE_GAP

    def begins(self, press: Pointer) -> bool:
        """On a frame, where no card or wire lies over it."""
        frame = self.canvas.scene.stages.frame_at(press.scene)
        if frame is None or press.button != Qt.MouseButton.LeftButton:
            return False
        self.take(press, frozenset(frame.face.modules))
        return True
