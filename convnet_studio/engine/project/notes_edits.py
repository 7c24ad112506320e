"""Edits of notes: the free texts beside the network, which no computation knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from convnet_studio.engine.project.invariants import (
    NOTE_WIDTHS,
    check_note_room,
    check_note_text,
    on_canvas,
)
from convnet_studio.engine.project.spec import NoteSpec, Position, Project


def add_note(
    project: Project, text: str, position: Position, width: float = NoteSpec("", "").width
) -> tuple[Project, str]:
    """Put a new note onto the canvas; second: its id.

    Raises:
        ValueError: where the text is empty or too long, or there are too many notes.
    """
    check_note_room(len(project.notes) + 1)
    new = NoteSpec(f"n{project.next_id}", _plain(text), on_canvas(position), _within(width))
    return replace(project, notes=(*project.notes, new), next_id=project.next_id + 1), new.id


def set_note_text(project: Project, note_id: str, text: str) -> Project:
    """Give a note another text; an empty one takes the note out."""
    if not text.strip():
        return delete_notes(project, [note_id])
    return _with_note(project, replace(find_note(project, note_id), text=_plain(text)))


def set_note_width(project: Project, note_id: str, width: float) -> Project:
    """Let the lines of a note break at another width, in pixels, as far as notes can be narrow or wide."""
    return _with_note(project, replace(find_note(project, note_id), width=_within(width)))


def move_notes(project: Project, positions: Mapping[str, Position]) -> Project:
    """Move some notes to new positions, by id."""
    for each in positions:
        find_note(project, each)
    moved = [
        replace(each, position=on_canvas(positions[each.id])) if each.id in positions else each
        for each in project.notes
    ]
    return replace(project, notes=tuple(moved))


def delete_notes(project: Project, ids: Collection[str]) -> Project:
    """Take notes out."""
    for each in ids:
        find_note(project, each)
    return replace(project, notes=tuple(each for each in project.notes if each.id not in ids))


def find_note(project: Project, note_id: str) -> NoteSpec:
    """The note with this id.

    Raises:
        KeyError: if there is none.
    """
    for each in project.notes:
        if each.id == note_id:
            return each
    raise KeyError(f"There is no note {note_id!r} in this project.")


def _with_note(project: Project, note: NoteSpec) -> Project:
    return replace(project, notes=tuple(note if each.id == note.id else each for each in project.notes))


def _plain(text: str) -> str:
    """`text` without blanks at the ends of lines and tabs, as it comes out of any editor."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).split("\n")
    plain = "\n".join(each.rstrip() for each in lines).strip("\n")
    check_note_text(plain, "The note")
    return plain


def _within(width: float) -> float:
    return float(min(NOTE_WIDTHS[1], max(NOTE_WIDTHS[0], width)))
