"""Edits: every change that a user can make to a project, as a pure function from one project to the next.

Undo is keeping the value before. Edits never mind shapes that do not fit: those are problems, which `validate` puts
into words. What is impossible raises ValueError (KeyError for an id or kind that is not there) with one sentence, and
every result fulfils `invariants.check_invariants`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from convnet_studio.engine.data.dataset import DatasetFile
from convnet_studio.engine.data.preparation import check_preparation
from convnet_studio.engine.nn.module import Setting
from convnet_studio.engine.project.data_settings import DATA_SETTINGS, preparation_of
from convnet_studio.engine.project.invariants import (
    check_invariants,
    check_room,
    on_canvas,
    one_line,
)
from convnet_studio.engine.project.kinds import (
    allowed_settings,
    check_settings,
    find_kind,
    kind_named,
)
from convnet_studio.engine.project.learning_settings import LEARNING_SETTINGS
from convnet_studio.engine.project.replacing import with_module, with_network
from convnet_studio.engine.project.sharing import has_weights, pass_on_weights, why_not_share
from convnet_studio.engine.project.spec import (
    Link,
    ModuleSpec,
    NetworkSpec,
    Position,
    Project,
    TrainingSpec,
)
from convnet_studio.engine.project.stage_edits import (
    fold_stage,
    group_stage,
    join_stage,
    joined_by,
    leave_stage,
    rename_stage,
    ungroup_stage,
    with_stages,
)
from convnet_studio.engine.project.training_settings import (
    TRAINING_SETTINGS,
    check_optimizer,
    check_schedule,
    usable_settings,
)
from convnet_studio.engine.project.wire_edits import (
    connect,
    connect_one_more,
    delete_links,
    into_ports,
    set_recurrent,
    set_unfold,
    share_weights,
    swap,
    unshare_weights,
)
from convnet_studio.engine.project.wiring import can_connect, can_insert, can_swap, heal, reached_from, title

__all__ = [
    "apply_change",
    "can_connect",
    "can_insert",
    "can_swap",
    "connect",
    "connect_one_more",
    "copy_modules",
    "delete_links",
    "delete_modules",
    "duplicate_modules",
    "fold_stage",
    "freeze_modules",
    "group_stage",
    "insert_module",
    "insert_on_link",
    "join_stage",
    "leave_stage",
    "mend",
    "move_into_link",
    "move_modules",
    "paste_modules",
    "rename_module",
    "rename_project",
    "rename_stage",
    "renew_module",
    "replace_module",
    "return_to",
    "set_data",
    "set_dataset",
    "set_learning",
    "set_recurrent",
    "set_setting",
    "set_training",
    "set_unfold",
    "share_weights",
    "swap",
    "ungroup_stage",
    "unshare_weights",
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
    return _add(project, ModuleSpec("", kind, checked, position=on_canvas(position)))


def insert_on_link(
    project: Project,
    link: Link,
    kind: str,
    position: Position,
    settings: Mapping[str, object] | None = None,
    make_room: float = 0.0,
) -> tuple[Project, str]:
    """Put a new module into a wire, as one edit; second: its id. Inside of a stage, it joins that.

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
    return move_into_link(after, link, new_id, position, make_room), new_id


def move_into_link(project: Project, link: Link, module_id: str, position: Position, make_room: float = 0.0) -> Project:
    """Put a module that is there, without any wire, into a wire; the rest is as in `insert_on_link`.

    Raises:
        ValueError: if it has wires, or is of a kind that can't stand between two modules.
    """
    module = project.network.module(module_id)
    if reason := can_insert(project, link, module.kind):
        raise ValueError(reason)
    if any(module_id in (each.source, each.target) for each in project.network.links):
        raise ValueError(f"{title(module)} has wires: take them out before it goes into another.")
    wires = Link(link.source, module_id), replace(link, source=module_id)
    links = [each for each in project.network.links if each != link]
    after = leave_stage(move_modules(project, {module_id: position}), [module_id])
    after = joined_by(with_network(after, links=(*links, *wires)), link, module_id)
    return with_room(after, [module_id], make_room)


def delete_modules(project: Project, ids: Collection[str]) -> Project:
    """Take modules and their wires out; a chain heals: what fed a deleted module now feeds what it fed.

    Weights that others shared go on in the first of those.
    """
    for each in ids:
        project.network.module(each)
    modules = pass_on_weights([each for each in project.network.modules if each.id not in ids], ids)
    return with_network(project, modules=modules, links=heal(project.network.links, ids))


def set_setting(project: Project, module_id: str, name: str, value: object) -> Project:
    """Set one setting of a module."""
    return apply_change(project, module_id, {name: value})


def apply_change(project: Project, module_id: str, change: Mapping[str, object]) -> Project:
    """Set several settings of a module at once, such as the `change` of a `Problem`, which mends it.

    Wires to input ports that it no longer has are taken out.
    """
    module = project.network.module(module_id)
    kind = find_kind(module.kind)
    if kind is None:
        raise ValueError(f"This version does not know the module {module.kind}, so its settings stay as they are.")
    settings = {**module.settings, **check_settings(kind, change)}
    after = with_module(project, replace(module, settings=settings))
    return with_network(after, links=into_ports(after, module_id))


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
    return with_module(project, replace(module, name=one_line(name, "The module's name")))


def rename_project(project: Project, name: str) -> Project:
    """Give the project a name, which may not be empty."""
    line = one_line(name, "The project's name")
    if not line:
        raise ValueError("The project's name is empty: it needs at least one character.")
    return replace(project, name=line)


def move_modules(project: Project, positions: Mapping[str, Position]) -> Project:
    """Move the cards of some modules to new positions, by id."""
    for each in positions:
        project.network.module(each)
    moved = tuple(
        replace(each, position=on_canvas(positions[each.id])) if each.id in positions else each
        for each in project.network.modules
    )
    return with_network(project, modules=moved)


def set_dataset(project: Project, name: str) -> Project:
    """Train on another data set, by its registered name."""
    return set_data(project, dataset=DatasetFile.registry[name].name)


def set_data(project: Project, /, **changes: Any) -> Project:
    """Change what is done to the pictures, by the names of the fields of `DataSpec`.

    Raises:
        ValueError: if a value is out of bounds, or the normalisation can't be fitted to pictures of this size.
    """
    for name in changes.keys() - {"dataset"}:
        changes[name] = _declared(DATA_SETTINGS, name, "data").check(changes[name])
    data = replace(project.data, **changes)
    check_preparation(data.dataset, preparation_of(data))
    return replace(project, data=data)


def set_learning(project: Project, module_id: str, /, **changes: Any) -> Project:
    """Change how one module learns, by the names of the fields of `Learning`."""
    checked: dict[str, Any] = {
        name: _declared(LEARNING_SETTINGS, name, "learning").check(value) for name, value in changes.items()
    }
    module = project.network.module(module_id)
    return with_module(project, replace(module, learning=replace(module.learning, **checked)))


def freeze_modules(project: Project, ids: Collection[str], is_frozen: bool) -> Project:
    """Freeze modules, so that training leaves their parameters as they are, or let them learn again.

    Those without parameters stay as they are; where weights are shared, it is their owner that is frozen.
    """
    for each in ids:
        module = project.network.module(each)
        if has_weights(module.kind):
            project = set_learning(project, module.shares or each, frozen=is_frozen)
    return project


def set_training(project: Project, /, **changes: Any) -> Project:
    """Change training settings, by the names of the fields of `TrainingSpec`.

    With a new `optimizer` (or `schedule`) but no settings of it, those of the old one that it also has are kept.
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
    schedule = changes.get("schedule", project.training.schedule)
    if "schedule_settings" in changes:
        changes["schedule_settings"] = check_schedule(schedule, changes["schedule_settings"])
    elif "schedule" in changes:
        changes["schedule_settings"] = usable_settings(schedule, project.training.schedule_settings, check_schedule)
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
    others = pass_on_weights(project.network.modules, [module_id] if kind != module.kind else [])
    replaced = replace(
        module, kind=kind, settings=allowed_settings(new, module.settings),
        shares=module.shares if kind == module.kind else "", copy_of="",
    )  # fmt: skip
    after = with_module(with_network(project, modules=others), replaced)
    after = with_network(after, links=into_ports(after, module_id))
    check_invariants(after)  # the new kind may be a loss, from which no wire may start, in place of an unknown one
    return after


def renew_module(project: Project, module_id: str) -> tuple[Project, str]:
    """Put a new module of the same kind, with default settings and new weights, in the place of one; second: its id.

    It has the name, place, stage and wires of the old one, wires where it has their ports.
    """
    old = project.network.module(module_id)
    after, new_id = _add(project, ModuleSpec("", old.kind, check_settings(kind_named(old.kind), {}), name=old.name))
    after = move_modules(after, {new_id: old.position})

    def renewed(each: str) -> str:
        return new_id if each == module_id else each

    modules = pass_on_weights([each for each in after.network.modules if each.id != module_id], [module_id])
    links = [replace(each, source=renewed(each.source), target=renewed(each.target)) for each in after.network.links]
    stages = [replace(each, modules=tuple(renewed(one) for one in each.modules)) for each in after.network.stages]
    after = with_network(after, modules=modules, links=links, stages=stages)
    return with_network(after, links=into_ports(after, new_id)), new_id


def return_to(project: Project, earlier: Project) -> Project:
    """Undo or redo: `earlier` again, but ids given out since stay taken (their weights may be kept somewhere)."""
    return replace(earlier, next_id=max(project.next_id, earlier.next_id))


def copy_modules(project: Project, ids: Collection[str]) -> NetworkSpec:
    """The modules `ids`, the wires among them and the stages that are whole, for `paste_modules` here or elsewhere."""
    for each in ids:
        project.network.module(each)
    modules = tuple(each for each in project.network.modules if each.id in ids)
    links = tuple(each for each in project.network.links if each.source in ids and each.target in ids)
    stages = tuple(each for each in project.network.stages if set(each.modules) <= set(ids))
    return NetworkSpec(modules, links, stages=stages)


def paste_modules(
    project: Project, copied: NetworkSpec, offset: Position = (32.0, 32.0)
) -> tuple[Project, tuple[str, ...]]:
    """Add modules that `copy_modules` copied, `offset` pixels from where they stood; second: their new ids.

    Weights stay shared among them, and with modules of this project.
    """
    after, new_ids = project, {}
    for each in copied.modules:
        position = on_canvas((each.position[0] + offset[0], each.position[1] + offset[1]))
        after, new_ids[each.id] = _add(after, replace(each, position=position, shares="", copy_of=""))
    links = [replace(each, source=new_ids[each.source], target=new_ids[each.target]) for each in copied.links]
    after = with_network(after, links=(*after.network.links, *links))
    for each in copied.modules:
        owner = new_ids.get(each.shares, each.shares)
        if owner in after.network and not why_not_share(each, after.network.module(owner)):
            after = share_weights(after, new_ids[each.id], owner)
    after = with_stages(after, copied.stages, new_ids)
    check_invariants(after)  # what was copied may come from another program
    return after, tuple(new_ids.values())


def duplicate_modules(
    project: Project, ids: Collection[str], offset: Position = (32.0, 32.0)
) -> tuple[Project, tuple[str, ...]]:
    """Add a copy of each module `ids`, with the wires among them; second: the new ids."""
    return paste_modules(project, copy_modules(project, ids), offset)


def _declared(settings: Mapping[str, Setting], name: str, what: str) -> Setting:
    if name not in settings:
        raise ValueError(f"There is no {what} setting {name!r}; there are {', '.join(settings)}.")
    return settings[name]


def _add(project: Project, module: ModuleSpec) -> tuple[Project, str]:
    """Add `module` under a fresh id."""
    check_room(len(project.network.modules) + 1)
    new = replace(module, id=f"m{project.next_id}")
    after = replace(project, next_id=project.next_id + 1)
    return with_network(after, modules=(*project.network.modules, new)), new.id


def with_room(project: Project, ids: Sequence[str], width: float) -> Project:
    """Move the row behind new cards right, as far as it takes to leave them `width` pixels from the first's left on."""
    x, y = project.network.module(ids[0]).position
    behind = reached_from(project.network.links, ids) - set(ids)
    row = {
        each.id: each.position
        for each in project.network.modules
        if each.id in behind and abs(each.position[1] - y) < ROW_HEIGHT and each.position[0] > x - width
    }
    shift = max((x + width - left for left, _ in row.values()), default=0.0)
    if shift <= 0:
        return project
    return move_modules(project, {each: (left + shift, top) for each, (left, top) in row.items()})
