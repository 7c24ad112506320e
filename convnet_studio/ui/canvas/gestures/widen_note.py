"""WidenNote: a drag at the right edge of a note breaks its lines elsewhere."""

from __future__ import annotations

from PySide6.QtCore import Qt

from convnet_studio.engine.project.invariants import NOTE_WIDTHS
from convnet_studio.engine.project.notes_edits import set_note_width
from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.canvas.note_item import NoteItem


class WidenNote(Gesture):
    """Makes a note wider or narrower; the project changes once, at the release."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._item: NoteItem | None = None
        self._offset = 0.0

    def begins(self, press: Pointer) -> bool:
        """On the right edge of a note that no card covers."""
        scene = self.canvas.scene
        item = next((each for each in scene.notes.items.values() if each.is_at_edge(press.scene)), None)
        if item is None or press.button != Qt.MouseButton.LeftButton or scene.module_at(press.scene):
            return False
        self._item, self._offset = item, item.width - press.scene.x()
        scene.select_only(notes=frozenset((item.note.id,)))
        return True

    def move(self, pointer: Pointer) -> None:
        """Follow the mouse as far as notes can be narrow or wide."""
        assert self._item is not None
        self._item.set_width(min(NOTE_WIDTHS[1], max(NOTE_WIDTHS[0], round(pointer.scene.x() + self._offset))))

    def release(self, pointer: Pointer) -> None:
        """Write the new width down."""
        assert self._item is not None
        note, width = self._item.note, self._item.width
        after = set_note_width(self.canvas.open_project.project, note.id, width)
        self.canvas.open_project.edit("Widen note" if width > note.width else "Narrow note", after)

    def cancel(self) -> None:
        """Back to the width that it has."""
        if self._item is not None:
            self._item.set_width(self._item.note.width)
