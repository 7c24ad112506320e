"""EditNote: writes notes, in place: a new one where the pointer is, an old one at a double click, Enter or F2."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSizeF

from convnet_studio.engine.project import notes_edits
from convnet_studio.engine.project.spec import NoteSpec, Project
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.note_editor import NoteEditor
from convnet_studio.ui.canvas.note_item import NoteItem
from convnet_studio.ui.canvas.placement import free_place

EDGE = 8.0
"""Pixels of the screen between a new note and the edge of the view."""
CLEAR = 24, 170
"""How far from the sides, and from above and below, a note stands that is scrolled into view: clear of the mini-map."""
NEW_NOTE = QSizeF(NoteSpec("", "").width, 44)


class EditNote:
    """Opens the field over a note; nothing is edited before a text is there."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.editor = NoteEditor(canvas.view)
        self.editor.closed.connect(lambda: canvas.bubble.say(""))
        canvas.open_project.replaced.connect(self.editor.cancel)

    def double_click(self, at: QPointF) -> bool:
        """Whether a double click at the scene position `at` was on a note, which is then edited."""
        item = self._canvas.scene.notes.at(at)
        if item is None:
            return False
        self.start(item)
        return True

    def start(self, item: NoteItem) -> None:
        """Edit the text of `item`."""
        note_id = item.note.id
        self._canvas.scene.select_only(notes=frozenset((note_id,)))

        def take(text: str) -> str:
            return self._edit("Edit note", lambda now: notes_edits.set_note_text(now, note_id, text))

        self.editor.ask(item.note.text, item.rect, take)

    def edit_selected(self) -> bool:
        """Edit the one selected note; False without one."""
        notes = self._canvas.scene.notes
        if len(notes.selected) != 1 or self._canvas.open_project.selection:
            return False
        self.start(notes.items[next(iter(notes.selected))])
        return True

    def write(self, at: QPointF | None = None) -> None:
        """Ask for a new note at the free place nearest to `at`, or to the pointer, where nothing floats over it."""
        place = self._free_place(QRectF(at or self._canvas.place_to_add(), NEW_NOTE))
        if not self._canvas.seen_rect().contains(QRectF(place, NEW_NOTE)):  # no free place was in sight
            self._canvas.view.ensureVisible(QRectF(place, NEW_NOTE), *CLEAR)

        def take(text: str) -> str:
            if not text.strip():
                return ""
            size = NoteItem(NoteSpec("", text)).rect.size()  # it may have grown over its neighbours
            free = self._free_place(QRectF(place, size))
            position = round(free.x()), round(free.y())
            return self._edit("Add note", lambda now: notes_edits.add_note(now, text, position)[0])

        self.editor.ask("", QRectF(place, NEW_NOTE), take)

    def _free_place(self, wanted: QRectF) -> QPointF:
        """The free place nearest to `wanted`, if possible in sight and where nothing floats over it."""
        canvas, edge = self._canvas, self._canvas.scaled(EDGE)
        seen = canvas.seen_rect().adjusted(edge, edge, -edge, -edge)
        left = max(seen.left(), min(wanted.left(), seen.right() - wanted.width()))
        top = max(seen.top(), min(wanted.top(), seen.bottom() - wanted.height()))
        taken = [*canvas.scene.taken_rects(), *canvas.overlaid_rects()]
        return free_place(QRectF(QPointF(left, top), wanted.size()), taken, seen)

    def _edit(self, words: str, change: Callable[[Project], Project]) -> str:
        """Make an edit; the sentence why not, which is also said, if it is refused."""
        before = self._canvas.open_project.project
        try:
            after = change(before)
        except KeyError:  # undo took the note away meanwhile
            return ""
        except ValueError as refusal:
            self._canvas.bubble.say(str(refusal), self.editor.geometry().bottomLeft())
            return str(refusal)
        self._canvas.bubble.say("")
        if after != before:
            self._canvas.open_project.edit(words, after)
            new = {each.id for each in after.notes} - {each.id for each in before.notes}
            if new:
                self._canvas.scene.select_only(notes=frozenset(new))
        return ""
