"""Pan: the middle button, or Space and the left one, drags the canvas itself."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt

from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer


class Pan(Gesture):
    """Moves what the view shows."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._last = QPoint()
        self.is_space_down = False

    def begins(self, press: Pointer) -> bool:
        """With the middle button, or the left one while Space is down."""
        is_pan = press.button == Qt.MouseButton.MiddleButton
        is_pan = is_pan or (self.is_space_down and press.button == Qt.MouseButton.LeftButton)
        if is_pan:
            self._last = press.viewport
            self.canvas.view.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        return is_pan

    def move(self, pointer: Pointer) -> None:
        """Shift the view as far as the mouse went."""
        step = pointer.viewport - self._last
        self._last = pointer.viewport
        for bar, distance in (
            (self.canvas.view.horizontalScrollBar(), step.x()),
            (self.canvas.view.verticalScrollBar(), step.y()),
        ):
            bar.setValue(bar.value() - distance)

    def release(self, pointer: Pointer) -> None:
        """Let go."""
        self.show_cursor()

    def cancel(self) -> None:
        """Let go."""
        self.show_cursor()

    def show_cursor(self) -> None:
        """An open hand while Space is down."""
        viewport = self.canvas.view.viewport()
        if self.is_space_down:
            viewport.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            viewport.unsetCursor()
