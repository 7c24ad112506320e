"""Clipping: a part of a project that is copied, as text, and pasted into this project or another.

The text is that of a project file which holds nothing but this part: what any editor shows, what a mail can carry, and
what is read with the same care as a file.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from convnet_studio.engine.project.edits import copy_modules, paste_modules
from convnet_studio.engine.project.json_format import project_from_text, project_to_text
from convnet_studio.engine.project.notes_edits import add_note, find_note
from convnet_studio.engine.project.spec import NetworkSpec, NoteSpec, Position, Project

LONGEST_CLIPPING = 4_000_000
"""Characters of a text that is looked at: a project of a thousand modules has a tenth of it."""
NOT_OURS = "The clipboard holds no modules: copy some cards here or in another window of ConvNet Studio, then paste."


@dataclass(frozen=True)
class Clipping:
    """Modules with the wires among them and their stages, and notes.

    `warnings` has a sentence for everything that this version had to leave out of a text.
    """

    network: NetworkSpec
    notes: tuple[NoteSpec, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def corner(self) -> Position:
        """The top left corner of all its cards and notes."""
        positions = [each.position for each in self.network.modules] + [each.position for each in self.notes]
        return min((x for x, _ in positions), default=0.0), min((y for _, y in positions), default=0.0)


def clip(project: Project, ids: Collection[str], note_ids: Collection[str] = ()) -> Clipping:
    """The modules `ids`, the wires among them, and the notes `note_ids`."""
    network = replace(copy_modules(project, ids), unfold=project.network.unfold)
    return Clipping(network, tuple(find_note(project, each) for each in sorted(note_ids)))


def clipping_to_text(clipping: Clipping) -> str:
    """`clipping` as JSON. Weights shared with a module that is not in it become its own: elsewhere that one is none."""
    ids = {each.id for each in clipping.network.modules}
    modules = tuple(
        replace(each, shares=each.shares if each.shares in ids else "", copy_of="") for each in clipping.network.modules
    )
    all_ids = (*ids, *(each.id for each in clipping.network.stages), *(each.id for each in clipping.notes))
    counts = [int(digits) for each in all_ids if (digits := each[1:]).isdecimal()]
    network = replace(clipping.network, modules=modules)
    return project_to_text(Project("clipping", network, notes=clipping.notes, next_id=max(counts, default=0) + 1))


def clipping_from_text(text: str) -> Clipping:
    """Read what `clipping_to_text` wrote, or the text of any project.

    Raises:
        ValueError: one sentence, what is wrong with the text and what would be right.
    """
    if len(text) > LONGEST_CLIPPING or not text.lstrip().startswith("{") or '"modules"' not in text:
        raise ValueError(NOT_OURS)
    try:
        parsed = project_from_text(text)
    except ValueError as error:
        reason = str(error).replace("project.json", "the text")
        raise ValueError(f"The text in the clipboard can't be pasted: {reason}") from None
    found = Clipping(parsed.project.network, parsed.project.notes, parsed.warnings)
    if not found.network.modules and not found.notes:
        raise ValueError(NOT_OURS)
    return found


def paste(project: Project, clipping: Clipping, offset: Position) -> tuple[Project, tuple[str, ...], tuple[str, ...]]:
    """Add what was copied, `offset` pixels from where it stood; second and third: ids of the new modules and notes.

    Raises:
        ValueError: where the project would have more than it can.
    """
    after, new_ids = paste_modules(project, clipping.network, offset)
    if any(link.is_recurrent for link in clipping.network.links):
        steps = max(after.network.unfold, clipping.network.unfold)
        after = replace(after, network=replace(after.network, unfold=steps))
    new_notes = []
    for each in clipping.notes:
        place = each.position[0] + offset[0], each.position[1] + offset[1]
        after, note_id = add_note(after, each.text, place, each.width)
        new_notes.append(note_id)
    return after, new_ids, tuple(new_notes)
