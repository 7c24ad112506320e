"""Invariants: what is true of every project at all times, whatever was edited or read from a file."""

from __future__ import annotations

import math
import re
import unicodedata
from graphlib import CycleError, TopologicalSorter

from convnet_studio.engine.nn.module import Setting
from convnet_studio.engine.project.data_settings import DATA_SETTINGS
from convnet_studio.engine.project.kinds import find_kind, is_loss, port_count, settings_by_name
from convnet_studio.engine.project.learning_settings import LEARNING_SETTINGS
from convnet_studio.engine.project.spec import (
    Link,
    ModuleSpec,
    NetworkSpec,
    NoteSpec,
    Position,
    Project,
    StageSpec,
    TrainingSpec,
)
from convnet_studio.engine.project.training_settings import TRAINING_SETTINGS, check_schedule

MODULE_LIMIT = 1000
"""Modules of one project at most: far beyond what a canvas can show, and no file can ask for more."""
NAME_LIMIT = 100
"""Characters of a name at most."""
TEXT_LIMIT = 500
"""Characters of a description, or of a setting that is a text, at most."""
UNFOLD = Setting(
    "unfold", "Steps of time", "How far back recurrent wires reach; the weights are shared by all steps.", int, 1, 1, 16
)
CANVAS_LIMIT = 1e6
"""How far from the origin a card can stand, in pixels at zoom 1."""
NOTE_LIMIT = 200
"""Notes of one project at most."""
NOTE_TEXT_LIMIT = 2000
"""Characters of a note at most."""
NOTE_WIDTHS = (80.0, 800.0)
"""The narrowest and the widest note, in pixels at zoom 1."""

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_COUNTED_ID = re.compile(r"[ms]([1-9][0-9]*)")
_NOTE_ID = re.compile(r"n([1-9][0-9]{0,17})")


def check_invariants(project: Project) -> None:
    """Check everything that edits promise to keep and a file has to fulfil.

    Ids are unique and older than `next_id`; a module is in one stage at most, and no stage is empty; wires join modules
    and ports that exist, at most one into each port, none from a loss, and form no loop without a recurrent one;
    weights are shared with a module of the same kind that has its own; names, notes, positions and training settings
    keep their bounds. Settings of modules may be out of bounds and kinds unknown: those are problems for the user
    (`validate.problems`).

    Raises:
        ValueError: one sentence, at the first thing that is not so.
    """
    check_text(project.name, "The project's name", NAME_LIMIT)
    if not project.name:
        raise ValueError("The project's name is empty: it needs at least one character.")
    check_text(project.description, "The project's description", TEXT_LIMIT)
    _check_modules(project.network.modules, project.next_id)
    _check_stages(project.network.stages, project.network.modules, project.next_id)
    _check_shares(project.network.modules)
    _check_links(project.network)
    _check_notes(project.notes, project.next_id)
    _check_training(project.training)
    for name, setting in DATA_SETTINGS.items():
        setting.check(getattr(project.data, name))


def check_text(text: str, what: str, limit: int) -> None:
    """Raise ValueError where `text` is longer than `limit` or holds characters that no font can show."""
    if len(text) > limit:
        raise ValueError(f"{what} has {len(text)} characters: it can have at most {limit}.")
    if any(unicodedata.category(each) in ("Cc", "Cs") for each in text):
        raise ValueError(f"{what} holds a control character: it must be one line of plain text.")


def one_line(text: str, what: str) -> str:
    """`text` as a name: every run of white space made one blank.

    Raises:
        ValueError: as of `check_text`.
    """
    line = " ".join(text.split())
    check_text(line, what, NAME_LIMIT)
    return line


def check_note_text(text: str, what: str) -> None:
    """Raise ValueError where the `text` of a note is empty, too long, or no plain text (line breaks are allowed)."""
    if not text.strip():
        raise ValueError(f"{what} is empty: a note needs at least one character.")
    if len(text) > NOTE_TEXT_LIMIT:
        raise ValueError(f"{what} has {len(text):,} characters: it can have at most {NOTE_TEXT_LIMIT:,}.")
    if any(unicodedata.category(each) in ("Cc", "Cs") for each in text if each != "\n"):
        raise ValueError(f"{what} holds a control character: it must be plain text.")


def check_note_room(notes: int) -> None:
    """Raise ValueError where a project would have more notes than it can."""
    if notes > NOTE_LIMIT:
        raise ValueError(f"The project would have {notes:,} notes: it can have at most {NOTE_LIMIT:,}.")


def on_canvas(position: Position) -> Position:
    """`position` as floats.

    Raises:
        ValueError: if it is not finite or far outside.
    """
    x, y = (float(each) for each in position)
    if not (abs(x) <= CANVAS_LIMIT and abs(y) <= CANVAS_LIMIT):
        raise ValueError(f"The position ({x:g}, {y:g}) is not on the canvas.")
    return x, y


def check_room(modules: int) -> None:
    """Raise ValueError where a project would have more modules than it can."""
    if modules > MODULE_LIMIT:
        raise ValueError(f"The project would have {modules:,} modules: it can have at most {MODULE_LIMIT:,}.")


def _check_modules(modules: tuple[ModuleSpec, ...], next_id: int) -> None:
    check_room(len(modules))
    seen: set[str] = set()
    for each in modules:
        _check_id(each.id, "module", seen, next_id)
        _check_module(each)


def _check_id(its_id: str, what: str, seen: set[str], next_id: int) -> None:
    """Check the id of a module or stage, and add it to those `seen`."""
    if not _ID.fullmatch(its_id):
        raise ValueError(f"A {what} has the id {its_id[:50]!r}: it must be letters and digits, such as 'm3'.")
    if its_id in seen:
        raise ValueError(f"Two {what}s have the id {its_id!r}: each needs its own.")
    seen.add(its_id)
    counted = _COUNTED_ID.fullmatch(its_id)
    if counted and int(counted[1]) >= next_id:
        raise ValueError(f"next_id is {next_id}: it must be larger than the number in every id, such as {its_id!r}.")


def _check_stages(stages: tuple[StageSpec, ...], modules: tuple[ModuleSpec, ...], next_id: int) -> None:
    seen, free = set[str](), {each.id for each in modules}
    for stage in stages:
        _check_id(stage.id, "stage", seen, next_id)
        check_text(stage.name, f"The name of stage {stage.id}", NAME_LIMIT)
        if not stage.modules:
            raise ValueError(f"Stage {stage.id} has no modules: it needs at least one.")
        for each in stage.modules:
            if each not in free:
                raise ValueError(f"Stage {stage.id} has the module {each[:50]!r}, which is not there or in two stages.")
            free.remove(each)


def _check_module(module: ModuleSpec) -> None:
    check_text(module.kind, f"The kind of module {module.id}", NAME_LIMIT)
    if not module.kind:
        raise ValueError(f"The kind of module {module.id} is empty: it must name a module, such as 'Conv2d'.")
    check_text(module.name, f"The name of module {module.id}", NAME_LIMIT)
    if not all(math.isfinite(each) and abs(each) <= CANVAS_LIMIT for each in module.position):
        raise ValueError(f"The position of module {module.id} is {module.position}: it must lie on the canvas.")
    for name, setting in LEARNING_SETTINGS.items():
        setting.check(getattr(module.learning, name))
    kind = find_kind(module.kind)
    if kind and (unknown := set(module.settings) - set(settings_by_name(kind))):
        raise ValueError(f"Module {module.id} has a setting {min(unknown)!r}, which {module.kind} does not have.")


def _check_notes(notes: tuple[NoteSpec, ...], next_id: int) -> None:
    check_note_room(len(notes))
    seen: set[str] = set()
    for each in notes:
        counted = _NOTE_ID.fullmatch(each.id)
        if not counted or each.id in seen:
            raise ValueError(f"A note has the id {each.id[:50]!r}: each needs its own, such as 'n3'.")
        if int(counted[1]) >= next_id:
            raise ValueError(
                f"next_id is {next_id}: it must be larger than the number in every id, such as {each.id!r}."
            )
        seen.add(each.id)
        check_note_text(each.text, f"The text of note {each.id}")
        if not all(math.isfinite(one) and abs(one) <= CANVAS_LIMIT for one in each.position):
            raise ValueError(f"The position of note {each.id} is {each.position}: it must lie on the canvas.")
        if not NOTE_WIDTHS[0] <= each.width <= NOTE_WIDTHS[1]:
            narrow, wide = NOTE_WIDTHS
            raise ValueError(f"Note {each.id} is {each.width:g} pixels wide: it must be {narrow:g} to {wide:g}.")


def _check_shares(modules: tuple[ModuleSpec, ...]) -> None:
    by_id = {each.id: each for each in modules}
    for each in modules:
        for other in (each.shares, each.copy_of):
            if other and not _ID.fullmatch(other):
                raise ValueError(f"Module {each.id} shares the weights of {other[:50]!r}, which is no id of a module.")
        if not each.shares:
            continue
        owner = by_id.get(each.shares)
        if owner is None:
            raise ValueError(f"Module {each.id} shares the weights of {each.shares!r}, which is not there.")
        if owner.shares or owner is each:
            raise ValueError(f"Module {each.id} shares the weights of {owner.id!r}, which has none of its own.")
        if owner.kind != each.kind:
            raise ValueError(f"Module {each.id} shares the weights of {owner.id!r}, which is no {each.kind}.")


def _check_links(network: NetworkSpec) -> None:
    UNFOLD.check(network.unfold)
    kinds = {each.id: each.kind for each in network.modules}
    ports = {each.id: port_count(each.kind, each.settings) for each in network.modules}
    fed: set[tuple[str, int]] = set()
    for each in network.links:
        wire = f"The wire from {each.source!r} to {each.target!r}"
        if each.source not in kinds or each.target not in kinds:
            raise ValueError(f"{wire} ends nowhere: both its modules must be in the project.")
        if is_loss(kinds[each.source]):
            raise ValueError(f"{wire} starts at a loss, which gives its number to nothing.")
        if not 0 <= each.port < ports[each.target]:
            raise ValueError(f"{wire} ends at port {each.port}, which {kinds[each.target]} does not have.")
        if (each.target, each.port) in fed:
            raise ValueError(f"{wire} is the second one into port {each.port}: there can be one.")
        fed.add((each.target, each.port))
    if loop := _find_loop(network.links):
        raise ValueError(f"The wires form a loop through {loop!r}: one wire of every loop must be recurrent.")


def _find_loop(links: tuple[Link, ...]) -> str:
    """The id of some module on a loop without a recurrent wire, empty where there is none."""
    sources: dict[str, set[str]] = {}
    for each in (link for link in links if not link.is_recurrent):
        sources.setdefault(each.target, set()).add(each.source)
    try:
        TopologicalSorter(sources).prepare()
    except CycleError as error:
        return str(error.args[1][0])
    return ""


def _check_training(training: TrainingSpec) -> None:
    for name, each in TRAINING_SETTINGS.items():
        each.check(getattr(training, name))
    check_schedule(training.schedule, training.schedule_settings)
    check_text(training.optimizer, "The optimizer's name", NAME_LIMIT)
