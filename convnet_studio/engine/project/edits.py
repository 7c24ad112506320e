"""Edits: every change that a user can make to a project, as a pure function from one project to the next.

Undo is keeping the value before. Edits never mind shapes that do not fit: those are problems, which `validate` puts
into words. What is impossible raises ValueError (KeyError for an id or kind that is not there) with one sentence, and
every result fulfils `invariants.check_invariants`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from convnet_studio.engine.data.dataset import DatasetFile
from convnet_studio.engine.nn.module import SettingValue
from convnet_studio.engine.project.invariants import (
    CANVAS_LIMIT,
    NAME_LIMIT,
    check_invariants,
    check_room,
    check_text,
)
from convnet_studio.engine.project.kinds import (
    check_settings,
    find_kind,
    kind_named,
    port_count,
    settings_by_name,
)
from convnet_studio.engine.project.spec import (
    DataSpec,
    Link,
    ModuleSpec,
    NetworkSpec,
    Position,
    Project,
    TrainingSpec,
)
from convnet_studio.engine.project.training_settings import TRAINING_SETTINGS, check_optimizer, usable_settings
from convnet_studio.engine.project.wiring import can_connect, can_insert, heal, reached_from

__all__ = [
    "apply_change",
    "can_connect",
    "can_insert",
    "connect",
    "copy_modules",
    "delete_links",
    "delete_modules",
    "duplicate_modules",
    "insert_module",
    "insert_on_link",
    "mend",
    "move_modules",
    "paste_modules",
    "rename_module",
    "rename_project",
    "replace_module",
    "return_to",
    "set_dataset",
    "set_setting",
    "set_training",
]

MEND_ROOM = 120.0
"""Pixels for the card that a mend puts in: a Flatten and its gap."""
ROW_HEIGHT = 100.0
"""Cards whose tops differ by less, in pixels, stand in one row."""


def insert_module(
    project: Project, kind: str, position: Position, settings: Mapping[str, object] | None = None
) -> tuple[Project, str]:
    """Put a new module or loss onto the canvas, unconnected; second: its id."""
    checked = check_settings(kind_named(kind), settings or {})
    return _add(project, ModuleSpec("", kind, checked, position=_on_canvas(position)))


def insert_on_link(
    project: Project,
    link: Link,
    kind: str,
    position: Position,
    settings: Mapping[str, object] | None = None,
    make_room: float = 0.0,
) -> tuple[Project, str]:
    """Put a new module into a wire, as one edit; second: its id.

    Args:
        project: where.
        link: the wire, which then runs through the new module.
        kind: of the new module.
        position: of its card.
        settings: that differ from the defaults.
        make_room: width in pixels that the new card needs, gap included. If the cards that depend on it and stand in
            its row would overlap it, they move right, as far as it takes and all alike. (A card put at the position
            of `link.target` therefore moves the rest of the row by exactly this.)
    """
    if reason := can_insert(project, link, kind):
        raise ValueError(reason)
    after, new_id = insert_module(project, kind, position, settings)
    wires = Link(link.source, new_id), Link(new_id, link.target, link.port)
    links = [each for each in after.network.links if each != link]
    after = _with_network(after, links=(*links, *wires))
    return _with_room(after, new_id, make_room), new_id


def delete_modules(project: Project, ids: Collection[str]) -> Project:
    """Take modules and their wires out; a chain heals: what fed a deleted module now feeds what it fed."""
    for each in ids:
        project.network.module(each)
    modules = tuple(each for each in project.network.modules if each.id not in ids)
    return _with_network(project, modules=modules, links=heal(project.network.links, ids))


def delete_links(project: Project, links: Collection[Link]) -> Project:
    """Take wires out."""
    for each in links:
        if each not in project.network.links:
            raise KeyError(f"There is no wire from {each.source!r} to {each.target!r} in this project.")
    return _with_network(project, links=tuple(each for each in project.network.links if each not in links))


def connect(project: Project, source: str, target: str, port: int = 0) -> Project:
    """Draw a wire from module `source` to input `port` of module `target`, in place of the one that ends there.

    Raises:
        ValueError: with the sentence of `can_connect`, where it may not run.
    """
    if reason := can_connect(project, source, target, port):
        raise ValueError(reason)
    new = Link(source, target, port)
    if new in project.network.links:
        return project
    others = [each for each in project.network.links if (each.target, each.port) != (target, port)]
    return _with_network(project, links=(*others, new))


def set_setting(project: Project, module_id: str, name: str, value: object) -> Project:
    """Set one setting of a module."""
    return apply_change(project, module_id, {name: value})


def apply_change(project: Project, module_id: str, change: Mapping[str, object]) -> Project:
    """Set several settings of a module at once, such as the `change` of a `Problem`, which mends it."""
    module = project.network.module(module_id)
    kind = find_kind(module.kind)
    if kind is None:
        raise ValueError(f"This version does not know the module {module.kind}, so its settings stay as they are.")
    settings = {**module.settings, **check_settings(kind, change)}
    return _with_module(project, replace(module, settings=settings))


def mend(project: Project, module_id: str, change: Mapping[str, object], before: str) -> Project:
    """Do what a `Problem` at a module proposes: change its settings, or put a module of the kind `before` before it.

    The new card takes the module's place, and the row from there on moves right.
    """
    if not before:
        return apply_change(project, module_id, change)
    link = next(each for each in project.network.links if each.target == module_id)
    place = project.network.module(module_id).position
    return insert_on_link(project, link, before, place, make_room=MEND_ROOM)[0]


def rename_module(project: Project, module_id: str, name: str) -> Project:
    """Give a module a name of its own; empty: that of its kind."""
    module = project.network.module(module_id)
    return _with_module(project, replace(module, name=_one_line(name, "The module's name")))


def rename_project(project: Project, name: str) -> Project:
    """Give the project a name, which may not be empty."""
    line = _one_line(name, "The project's name")
    if not line:
        raise ValueError("The project's name is empty: it needs at least one character.")
    return replace(project, name=line)


def move_modules(project: Project, positions: Mapping[str, Position]) -> Project:
    """Move the cards of some modules to new positions, by id."""
    for each in positions:
        project.network.module(each)
    moved = tuple(
        replace(each, position=_on_canvas(positions[each.id])) if each.id in positions else each
        for each in project.network.modules
    )
    return _with_network(project, modules=moved)


def set_dataset(project: Project, name: str) -> Project:
    """Train on another data set, by its registered name."""
    return replace(project, data=DataSpec(DatasetFile.registry[name].name))


def set_training(project: Project, **changes: Any) -> Project:
    """Change training settings, by the names of the fields of `TrainingSpec`.

    With a new `optimizer` but no `optimizer_settings`, those of the old one that it also has are kept.
    """
    known = [each.name for each in fields(TrainingSpec)]
    for name, value in changes.items():
        if name not in known:
            raise ValueError(f"There is no training setting {name!r}; there are {', '.join(known)}.")
        if name in TRAINING_SETTINGS:
            changes[name] = TRAINING_SETTINGS[name].check(value)
    optimizer = changes.get("optimizer", project.training.optimizer)
    if "optimizer_settings" in changes:
        changes["optimizer_settings"] = check_optimizer(optimizer, changes["optimizer_settings"])
    elif "optimizer" in changes:
        check_optimizer(optimizer, {})
        changes["optimizer_settings"] = usable_settings(optimizer, project.training.optimizer_settings)
    return replace(project, training=replace(project.training, **changes))


def replace_module(project: Project, module_id: str, kind: str) -> Project:
    """Put a module of another kind of the same family in the place of one, under its id, name and position.

    Settings of the same name stay where the new kind allows their values, wires where it has their ports.
    """
    module = project.network.module(module_id)
    old, new = find_kind(module.kind), kind_named(kind)
    if old and old.family is not new.family:
        raise ValueError(
            f"{kind} is of the family {new.family.value}: it can't replace a module of {old.family.value}."
        )
    settings = _allowed_settings(new, module.settings)
    ports = port_count(kind)
    links = [each for each in project.network.links if each.target != module_id or each.port < ports]
    after = _with_module(project, replace(module, kind=kind, settings=settings))
    after = _with_network(after, links=tuple(links))
    check_invariants(after)  # the new kind may be a loss, from which no wire may start, in place of an unknown one
    return after


def return_to(project: Project, earlier: Project) -> Project:
    """Undo or redo: `earlier` again, but ids given out since stay taken (their weights may be kept somewhere)."""
    return replace(earlier, next_id=max(project.next_id, earlier.next_id))


def copy_modules(project: Project, ids: Collection[str]) -> NetworkSpec:
    """The modules `ids` and the wires among them, for `paste_modules` into this project or another."""
    for each in ids:
        project.network.module(each)
    modules = tuple(each for each in project.network.modules if each.id in ids)
    links = tuple(each for each in project.network.links if each.source in ids and each.target in ids)
    return NetworkSpec(modules, links)


def paste_modules(
    project: Project, copied: NetworkSpec, offset: Position = (32.0, 32.0)
) -> tuple[Project, tuple[str, ...]]:
    """Add modules that `copy_modules` copied, `offset` pixels from where they stood; second: their new ids."""
    after, new_ids = project, {}
    for each in copied.modules:
        position = _on_canvas((each.position[0] + offset[0], each.position[1] + offset[1]))
        after, new_ids[each.id] = _add(after, replace(each, position=position))
    links = [Link(new_ids[each.source], new_ids[each.target], each.port) for each in copied.links]
    after = _with_network(after, links=(*after.network.links, *links))
    check_invariants(after)  # what was copied may come from another program
    return after, tuple(new_ids.values())


def duplicate_modules(
    project: Project, ids: Collection[str], offset: Position = (32.0, 32.0)
) -> tuple[Project, tuple[str, ...]]:
    """Add a copy of each module `ids`, with the wires among them; second: the new ids."""
    return paste_modules(project, copy_modules(project, ids), offset)


def _add(project: Project, module: ModuleSpec) -> tuple[Project, str]:
    """Add `module` under a fresh id."""
    check_room(len(project.network.modules) + 1)
    new = replace(module, id=f"m{project.next_id}")
    after = replace(project, next_id=project.next_id + 1)
    return _with_network(after, modules=(*project.network.modules, new)), new.id


def _with_network(
    project: Project, modules: Iterable[ModuleSpec] | None = None, links: Iterable[Link] | None = None
) -> Project:
    network = project.network
    new = NetworkSpec(
        network.modules if modules is None else tuple(modules), network.links if links is None else tuple(links)
    )
    return replace(project, network=new)


def _with_module(project: Project, module: ModuleSpec) -> Project:
    """`module` in the place of the one with its id."""
    return _with_network(
        project, modules=[module if each.id == module.id else each for each in project.network.modules]
    )


def _with_room(project: Project, module_id: str, width: float) -> Project:
    """Move the row behind a new card right, as far as it takes to leave it `width` pixels."""
    x, y = project.network.module(module_id).position
    behind = reached_from(project.network.links, [module_id]) - {module_id}
    row = {
        each.id: each.position
        for each in project.network.modules
        if each.id in behind and abs(each.position[1] - y) < ROW_HEIGHT and each.position[0] > x - width
    }
    shift = max((x + width - left for left, _ in row.values()), default=0.0)
    if shift <= 0:
        return project
    return move_modules(project, {each: (left + shift, top) for each, (left, top) in row.items()})


def _allowed_settings(kind: type, settings: Mapping[str, SettingValue]) -> dict[str, SettingValue]:
    """Those of `settings` that `kind` has and allows."""
    allowed: dict[str, SettingValue] = {}
    for name in settings_by_name(kind).keys() & settings.keys():
        try:
            allowed |= check_settings(kind, {name: settings[name]})
        except ValueError:
            continue
    return allowed


def _on_canvas(position: Position) -> Position:
    """`position` as floats.

    Raises:
        ValueError: if it is not finite or far outside.
    """
    x, y = (float(each) for each in position)
    if not (abs(x) <= CANVAS_LIMIT and abs(y) <= CANVAS_LIMIT):
        raise ValueError(f"The position ({x:g}, {y:g}) is not on the canvas.")
    return x, y


def _one_line(text: str, what: str) -> str:
    """`text` with every run of white space made one blank."""
    line = " ".join(text.split())
    check_text(line, what, NAME_LIMIT)
    return line
