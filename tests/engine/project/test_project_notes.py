"""Notes: free text beside the network, with the bounds and the care that modules have."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from convnet_studio.engine.project import notes_edits as edits
from convnet_studio.engine.project.edits import insert_module, return_to
from convnet_studio.engine.project.file import load_project, save_project
from convnet_studio.engine.project.invariants import NOTE_LIMIT, NOTE_TEXT_LIMIT, check_invariants
from convnet_studio.engine.project.json_format import project_from_text, project_to_text
from convnet_studio.engine.project.spec import NoteSpec, Project


def test_a_note_is_added_changed_moved_widened_and_deleted(chain: Project) -> None:
    after, note_id = edits.add_note(chain, "Edges\nappear here", (10, 20))
    assert note_id == "n6"
    assert after.notes == (NoteSpec("n6", "Edges\nappear here", (10.0, 20.0)),)
    assert after.network == chain.network
    changed = edits.set_note_text(after, note_id, "Corners")
    moved = edits.move_notes(changed, {note_id: (1, 2)})
    wide = edits.set_note_width(moved, note_id, 5000)
    assert wide.notes == (NoteSpec("n6", "Corners", (1.0, 2.0), 800.0),)
    for each in (after, changed, moved, wide):
        check_invariants(each)
    assert edits.delete_notes(wide, [note_id]) == chain
    assert edits.set_note_text(wide, note_id, " \n ") == chain


def test_ids_of_notes_are_never_used_again_and_shared_with_modules(chain: Project) -> None:
    after, first = edits.add_note(chain, "one", (0, 0))
    undone = return_to(after, chain)
    assert edits.add_note(undone, "two", (0, 0))[1] != first
    assert insert_module(after, "Tanh", (0, 0))[1] == "m7"


def test_text_is_made_plain(chain: Project) -> None:
    after, _ = edits.add_note(chain, "\r\na\tb  \r\nc\n\n", (0, 0))
    assert after.notes[0].text == "a   b\nc"


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "is empty"), (" \n\t", "is empty"), ("x" * (NOTE_TEXT_LIMIT + 1), "at most 2,000"), ("a\0b", "control")],
)
def test_texts_that_are_none_are_refused(chain: Project, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        edits.add_note(chain, text, (0, 0))


def test_notes_stay_on_the_canvas_and_are_bounded_in_number(chain: Project) -> None:
    with pytest.raises(ValueError, match="not on the canvas"):
        edits.add_note(chain, "far", (2e6, 0))
    notes = tuple(NoteSpec(f"n{index}", "x") for index in range(1, NOTE_LIMIT + 1))
    full = replace(chain, notes=notes, next_id=1000)
    check_invariants(full)
    with pytest.raises(ValueError, match="at most 200"):
        edits.add_note(full, "one more", (0, 0))
    with pytest.raises(KeyError, match="no note 'n9'"):
        edits.set_note_text(chain, "n9", "x")


def test_a_file_keeps_notes_and_old_files_have_none(chain: Project, tmp_path: Path) -> None:
    noted, _ = edits.add_note(chain, "„Kanten“ – edges\n  and corners", (10.5, 20), 120)
    save_project(tmp_path / "noted.cvstudio", noted)
    assert load_project(tmp_path / "noted.cvstudio").project == noted
    text = project_to_text(chain)
    assert "notes" not in text
    assert project_from_text(text).project.notes == ()


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ({"id": "n3"}, r"notes\[0\].text is missing"),
        ({"id": "x3", "text": "a"}, "A note has the id 'x3'"),
        ({"id": "n99", "text": "a"}, "next_id is 6"),
        ({"id": "n3", "text": "a\u0007"}, "control character"),
        ({"id": "n3", "text": "a", "position": [1]}, "it must have 2"),
        ({"id": "n3", "text": "a", "position": [1e7, 0]}, "must lie on the canvas"),
        ({"id": "n3", "text": "a", "width": 8}, "it must be 80 to 800"),
        ("n3", "must be an object"),
    ],
)
def test_notes_of_a_broken_file_are_refused_in_a_sentence(chain: Project, note: object, words: str) -> None:
    data = json.loads(project_to_text(chain)) | {"notes": [note]}
    with pytest.raises(ValueError, match=words):
        project_from_text(json.dumps(data))


def test_two_notes_of_one_id_are_refused(chain: Project) -> None:
    twice = replace(chain, notes=(NoteSpec("n1", "a"), NoteSpec("n1", "b")))
    with pytest.raises(ValueError, match="each needs its own"):
        check_invariants(twice)
