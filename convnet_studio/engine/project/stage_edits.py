"""Edits of stages, modules that are handled as one piece: a part of `edits`, which hands them on.

A stage as the tutorial has it is normalization > filter bank > non-linearity > pooling: four slots, each of which may
hold one module, several in a row (Tanh, then Abs) or none. The slot of a module is its family.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from graphlib import TopologicalSorter

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.invariants import one_line
from convnet_studio.engine.project.kinds import find_kind, kind_named
from convnet_studio.engine.project.replacing import with_network
from convnet_studio.engine.project.spec import Link, Project, StageSpec

SLOTS = (Family.NORMALIZATION, Family.FILTER_BANK, Family.NON_LINEARITY, Family.POOLING)
"""In the order of the tutorial."""
NAME = "The stage's name"


def group_stage(project: Project, ids: Collection[str], name: str = "") -> tuple[Project, str]:
    """Make modules one stage, out of any they were in; second: its id."""
    for each in ids:
        project.network.module(each)
    if not ids:
        raise ValueError("A stage needs at least one module: select some first.")
    new = StageSpec(f"s{project.next_id}", in_order(project, ids), one_line(name, NAME))
    after = leave_stage(project, ids)
    after = with_network(after, stages=(*after.network.stages, new))
    return replace(after, next_id=project.next_id + 1), new.id


def ungroup_stage(project: Project, stage_id: str) -> Project:
    """Let the modules of a stage be single ones again."""
    project.network.stage(stage_id)
    return with_network(project, stages=[each for each in project.network.stages if each.id != stage_id])


def join_stage(project: Project, ids: Collection[str], stage_id: str) -> Project:
    """Add modules to a stage, out of any other they were in."""
    stage = project.network.stage(stage_id)
    for each in ids:
        project.network.module(each)
    after = leave_stage(project, [each for each in ids if each not in stage.modules])
    return _with_stage(after, replace(stage, modules=in_order(project, {*stage.modules, *ids})))


def leave_stage(project: Project, ids: Collection[str]) -> Project:
    """Take modules out of their stages; a stage without any is gone."""
    left = [
        replace(each, modules=tuple(one for one in each.modules if one not in ids)) for each in project.network.stages
    ]
    return with_network(project, stages=left)


def rename_stage(project: Project, stage_id: str, name: str) -> Project:
    """Give a stage a name; it may be empty."""
    return _with_stage(project, replace(project.network.stage(stage_id), name=one_line(name, NAME)))


def fold_stage(project: Project, stage_id: str, is_folded: bool) -> Project:
    """Draw a stage as one card, or all its modules."""
    return _with_stage(project, replace(project.network.stage(stage_id), is_folded=is_folded))


def modules_by_slot(project: Project, stage: StageSpec) -> dict[Family, tuple[str, ...]]:
    """The modules in each of the four slots of a stage, in order; those of other families are in none."""
    slots: dict[Family, tuple[str, ...]] = dict.fromkeys(SLOTS, ())
    for module_id in stage.modules:
        kind = find_kind(project.network.module(module_id).kind)
        if kind and kind.family in slots:
            slots[kind.family] += (module_id,)
    return slots


def wire_of_slot(project: Project, stage: StageSpec, kind: str) -> Link | None:
    """The wire into which a new module of `kind` belongs, so that it fills its slot; None where there is no such wire.

    It is the wire behind the last module of that slot, or of the nearest slot before that has one, else the one into
    the stage.
    """
    if kind_named(kind).family not in SLOTS:
        return None
    links = [each for each in project.network.links if not each.is_recurrent]
    before = last_before_slot(project, stage, kind)
    if not before:
        return next((each for each in links if each.target == stage.modules[0]), None)
    outgoing = [each for each in links if each.source == before]
    return next((each for each in outgoing if each.target in stage.modules), next(iter(outgoing), None))


def last_before_slot(project: Project, stage: StageSpec, kind: str) -> str:
    """The module of a stage behind which a new one of `kind` belongs; empty where it belongs before all of them.

    It is the last module of that slot, or of the nearest slot before that has one.
    """
    slots = modules_by_slot(project, stage)
    place = SLOTS.index(kind_named(kind).family)
    return next((found[-1] for slot in SLOTS[place::-1] if (found := slots[slot])), "")


def in_order(project: Project, ids: Collection[str]) -> tuple[str, ...]:
    """The modules `ids` so that each comes after those that feed it; otherwise as they were added."""
    feeding: dict[str, list[str]] = {each.id: [] for each in project.network.modules}
    for each in project.network.links:
        if not each.is_recurrent:
            feeding[each.target].append(each.source)
    return tuple(each for each in TopologicalSorter(feeding).static_order() if each in ids)


def joined_by(project: Project, link: Link, new_id: str) -> Project:
    """`project` with a new module, which was put into `link`, in the stage that this wire was inside of."""
    stage = project.network.stage_of(link.source)
    if stage is None or link.target not in stage.modules:
        return project
    return join_stage(project, [new_id], stage.id)


def with_stages(project: Project, stages: Collection[StageSpec], new_ids: dict[str, str]) -> Project:
    """`project` with copies of stages, whose modules have new ids."""
    for each in stages:
        project, stage_id = group_stage(project, [new_ids[one] for one in each.modules], each.name)
        project = fold_stage(project, stage_id, each.is_folded)
    return project


def _with_stage(project: Project, stage: StageSpec) -> Project:
    return with_network(project, stages=[stage if each.id == stage.id else each for each in project.network.stages])
