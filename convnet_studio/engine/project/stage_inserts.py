"""Putting stages onto the canvas, and modules into their slots."""

from __future__ import annotations

from convnet_studio.engine.project.edits import (
    connect,
    delete_links,
    insert_module,
    join_stage,
    move_modules,
    paste_modules,
    with_room,
)
from convnet_studio.engine.project.kinds import is_loss, kind_named
from convnet_studio.engine.project.spec import Link, NetworkSpec, Position, Project, StageSpec
from convnet_studio.engine.project.stage_edits import SLOTS, last_before_slot, wire_of_slot


def insert_stage(project: Project, stage: Project, position: Position) -> tuple[Project, tuple[str, ...]]:
    """Put a ready stage onto the canvas, unconnected, its first module at `position`; second: ids of its modules."""
    left, top = stage.network.modules[0].position
    return paste_modules(project, stage.network, (position[0] - left, position[1] - top))


def insert_stage_behind(
    project: Project, stage: Project, source: str, position: Position
) -> tuple[Project, tuple[str, ...]]:
    """Put a ready stage onto the canvas, fed by module `source`; second: the ids of its modules."""
    after, ids = insert_stage(project, stage, position)
    return connect(after, source, ids[_first(stage.network)]), ids


def why_not_insert_stage(project: Project, link: Link, stage: Project) -> str | None:
    """None if a ready stage may be put into the wire `link`, else in words why not."""
    if link not in project.network.links:
        return "There is no such wire in this project."
    if any(is_loss(each.kind) for each in stage.network.modules):
        return f"{stage.name} ends in a loss, which gives its number to nothing: it can't stand between two modules."
    return None


def insert_stage_on_link(
    project: Project, link: Link, stage: Project, position: Position, make_room: float = 0.0
) -> tuple[Project, tuple[str, ...]]:
    """Put a ready stage into a wire, as one edit; second: the ids of its modules.

    Args:
        project: where.
        link: the wire, which then runs through the stage.
        stage: of `stages.load_stage`.
        position: of its first card.
        make_room: pixels by which the cards behind that stand in its row move right.
    """
    if reason := why_not_insert_stage(project, link, stage):
        raise ValueError(reason)
    after, ids = insert_stage(delete_links(project, [link]), stage, position)
    after = connect(after, link.source, ids[_first(stage.network)])
    after = connect(after, ids[_last(stage.network)], link.target, link.port, link.is_recurrent)
    return with_room(after, ids, make_room), ids


def insert_in_slot(
    project: Project, stage_id: str, kind: str, position: Position, make_room: float = 0.0
) -> tuple[Project, str]:
    """Put a new module into the slot of its family in a stage; second: its id.

    Where no wire runs there, the new module is joined to the end of the stage that is open.

    Raises:
        ValueError: where it fits into no slot.
    """
    after, new_id = insert_module(project, kind, position)
    return move_into_slot(after, stage_id, new_id, position, make_room), new_id


def move_into_slot(
    project: Project, stage_id: str, module_id: str, position: Position, make_room: float = 0.0
) -> Project:
    """Put a module that is there into the slot of its family in a stage, at `position`.

    One without any wire goes into the wire of its slot; the wires of one that has some stay as they are.

    Raises:
        ValueError: where it fits into no slot.
    """
    kind = project.network.module(module_id).kind
    if kind_named(kind).family not in SLOTS:
        slots = ", ".join(each.value for each in SLOTS)
        raise ValueError(f"{kind} fits into no slot of a stage: these are for {slots}.")
    after = move_modules(project, {module_id: position})
    if not any(module_id in (each.source, each.target) for each in project.network.links):
        after = _wire_into_slot(after, project.network.stage(stage_id), module_id)
    return with_room(join_stage(after, [module_id], stage_id), [module_id], make_room)


def _wire_into_slot(project: Project, stage: StageSpec, module_id: str) -> Project:
    kind = project.network.module(module_id).kind
    if link := wire_of_slot(project, stage, kind):
        after = connect(delete_links(project, [link]), link.source, module_id)
        return connect(after, module_id, link.target, link.port, link.is_recurrent)
    before = last_before_slot(project, stage, kind)
    return connect(project, before, module_id) if before else connect(project, module_id, stage.modules[0])


def _first(network: NetworkSpec) -> int:
    """The number of the first module that none of the others feeds."""
    fed = {each.target for each in network.links}
    return next(index for index, each in enumerate(network.modules) if each.id not in fed)


def _last(network: NetworkSpec) -> int:
    """The number of the last module that feeds none of the others."""
    feeding = {each.source for each in network.links}
    return max(index for index, each in enumerate(network.modules) if each.id not in feeding)
