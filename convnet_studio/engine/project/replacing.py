"""Replacing: projects with one part exchanged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from convnet_studio.engine.project.spec import Link, ModuleSpec, Project


def with_network(
    project: Project, modules: Iterable[ModuleSpec] | None = None, links: Iterable[Link] | None = None
) -> Project:
    """`project` with other modules or links; None leaves them."""
    network = project.network
    new = replace(
        network,
        modules=network.modules if modules is None else tuple(modules),
        links=network.links if links is None else tuple(links),
    )
    return replace(project, network=new)


def with_module(project: Project, module: ModuleSpec) -> Project:
    """`module` in the place of the one with its id."""
    return with_network(project, modules=[module if each.id == module.id else each for each in project.network.modules])
