"""Replacing: projects with one part exchanged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from convnet_studio.engine.project.spec import Link, ModuleSpec, Project, StageSpec


def with_network(
    project: Project,
    modules: Iterable[ModuleSpec] | None = None,
    links: Iterable[Link] | None = None,
    stages: Iterable[StageSpec] | None = None,
) -> Project:
    """`project` with other modules, links or stages; None leaves them. A stage loses modules that are gone."""
    network = project.network
    new = replace(
        network,
        modules=network.modules if modules is None else tuple(modules),
        links=network.links if links is None else tuple(links),
        stages=network.stages if stages is None else tuple(stages),
    )
    if new.stages:
        ids = {each.id for each in new.modules}
        new = replace(new, stages=_without_others(new.stages, ids))
    return replace(project, network=new)


def _without_others(stages: Iterable[StageSpec], ids: set[str]) -> tuple[StageSpec, ...]:
    """Stages of the modules `ids` alone, without those that have none left."""
    kept = (replace(each, modules=tuple(one for one in each.modules if one in ids)) for each in stages)
    return tuple(each for each in kept if each.modules)


def with_module(project: Project, module: ModuleSpec) -> Project:
    """`module` in the place of the one with its id."""
    return with_network(project, modules=[module if each.id == module.id else each for each in project.network.modules])
