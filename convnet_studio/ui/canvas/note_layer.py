"""NoteLayer: the notes on the canvas, kept in step with the project by id."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from convnet_studio.engine.project.spec import NoteSpec
from convnet_studio.ui.canvas.note_item import NoteItem


class NoteLayer(QObject):
    """One item for each note; creates, changes and removes only what differs."""

    selection_changed = Signal()
    """Other notes are selected."""

    def __init__(self, scene: QGraphicsScene) -> None:
        super().__init__(scene)
        self._scene = scene
        self._selected: frozenset[str] = frozenset()
        self.items: dict[str, NoteItem] = {}

    @property
    def selected(self) -> frozenset[str]:
        """Ids of the notes that Delete would remove."""
        return self._selected

    def select(self, ids: frozenset[str]) -> None:
        """Select these notes."""
        if ids != self._selected:
            self._selected = ids
            for note_id, item in self.items.items():
                item.set_selected(note_id in ids)
            self.selection_changed.emit()

    def at(self, place: QPointF) -> NoteItem | None:
        """The note under `place`, the newest of several."""
        return next((each for each in reversed(self.items.values()) if each.rect.contains(place)), None)

    def covered_rect(self) -> QRectF:
        """What the notes cover; empty without any."""
        covered = QRectF()
        for item in self.items.values():
            covered = covered.united(item.rect)
        return covered

    def follow(self, notes: Iterable[NoteSpec]) -> None:
        """Make the items equal to `notes`."""
        wanted = {each.id: each for each in notes}
        for note_id in self.items.keys() - wanted.keys():
            self._scene.removeItem(self.items.pop(note_id))
        for note_id, note in wanted.items():
            item = self.items.get(note_id)
            if item is None:
                item = self.items[note_id] = NoteItem(note)
                self._scene.addItem(item)
            elif item.note != note or item.width != note.width:
                item.set_note(note)
            item.setPos(*note.position)
            item.set_selected(note_id in self._selected)
        self.select(self._selected & wanted.keys())

    def clear(self) -> None:
        """Begin anew."""
        self.follow(())

    def recolor(self) -> None:
        """Paint everything in the theme in force."""
        for item in self.items.values():
            item.update()
