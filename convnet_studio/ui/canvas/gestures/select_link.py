"""SelectLink: a click on a wire selects it."""

from __future__ import annotations

from PySide6.QtCore import Qt

from convnet_studio.ui.canvas.gestures.gesture import Gesture, Pointer


class SelectLink(Gesture):
    """Selects the wire under the mouse, or adds it to the selection."""

    def begins(self, press: Pointer) -> bool:
        """On a wire that no card covers."""
        scene = self.canvas.scene
        item = scene.link_at(press.scene)
        if item is None or item.link is None or press.button != Qt.MouseButton.LeftButton:
            return False
        if press.adds:
            scene.select_links(scene.selected_links ^ {item.link})
        else:
            scene.select_only(links=frozenset((item.link,)))
        return True
