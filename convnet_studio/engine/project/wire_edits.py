"""Edits of wires, and of what modules share: a part of `edits`, which hands them on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from convnet_studio.engine.project.invariants import UNFOLD
from convnet_studio.engine.project.kinds import growing_setting, port_count
from convnet_studio.engine.project.replacing import with_module, with_network
from convnet_studio.engine.project.sharing import why_not_share
from convnet_studio.engine.project.spec import Link, Project
from convnet_studio.engine.project.wiring import can_connect, can_swap, title


def delete_links(project: Project, links: Collection[Link]) -> Project:
    """Take wires out."""
    for each in links:
        if each not in project.network.links:
            raise KeyError(f"There is no wire from {each.source!r} to {each.target!r} in this project.")
    return with_network(project, links=tuple(each for each in project.network.links if each not in links))


def connect(project: Project, source: str, target: str, port: int = 0, is_recurrent: bool = False) -> Project:
    """Draw a wire from module `source` to input `port` of module `target`, in place of the one that ends there.

    Raises:
        ValueError: with the sentence of `can_connect`, where it may not run.
    """
    if reason := can_connect(project, source, target, port, is_recurrent):
        raise ValueError(reason)
    new = Link(source, target, port, is_recurrent)
    if new in project.network.links:
        return project
    others = [each for each in project.network.links if (each.target, each.port) != (target, port)]
    return with_network(project, links=(*others, new))


def connect_one_more(project: Project, source: str, target: str, is_recurrent: bool = False) -> Project:
    """Draw a wire to the first free input of `target`; where none is free it gets one more.

    Raises:
        ValueError: where it can have no more, or the wire may not run.
    """
    module = project.network.module(target)
    ports = port_count(module.kind, module.settings)
    fed = {each.port for each in project.network.links if each.target == target}
    free = next((port for port in range(ports) if port not in fed), None)
    if free is not None:
        return connect(project, source, target, free, is_recurrent)
    inputs = growing_setting(module.kind)
    if inputs is None:
        raise ValueError(f"{title(module)} has no free input.")
    more = replace(module, settings={**module.settings, inputs.name: inputs.check(ports + 1)})
    return connect(with_module(project, more), source, target, ports, is_recurrent)


def swap(project: Project, link: Link) -> Project:
    """Let the modules at the ends of a wire change places in their chain, and on the canvas.

    Raises:
        ValueError: if they are not neighbours in a plain chain.
    """
    if reason := can_swap(project, link):
        raise ValueError(reason)
    first, second = (project.network.module(each) for each in (link.source, link.target))
    moved = {first.id: second.position, second.id: first.position}
    links = []
    for each in project.network.links:
        if each == link:
            links.append(replace(each, source=second.id, target=first.id, port=0))
        elif each.target == first.id:
            links.append(replace(each, target=second.id, port=link.port))
        elif each.source == second.id:
            links.append(replace(each, source=first.id))
        else:
            links.append(each)
    modules = [replace(each, position=moved[each.id]) if each.id in moved else each for each in project.network.modules]
    return with_network(project, modules=modules, links=links)


def set_recurrent(project: Project, link: Link, is_recurrent: bool) -> Project:
    """Make a wire carry what its source put out a step of time before, or what it puts out now.

    Raises:
        ValueError: where its target can't do with that, or a loop would have no recurrent wire.
    """
    after = delete_links(project, [link])
    if reason := can_connect(after, link.source, link.target, link.port, is_recurrent):
        raise ValueError(reason)
    new = replace(link, is_recurrent=is_recurrent)
    return with_network(project, links=[new if each == link else each for each in project.network.links])


def set_unfold(project: Project, steps: object) -> Project:
    """Unfold the network over so many steps of time."""
    return replace(project, network=replace(project.network, unfold=int(UNFOLD.check(steps))))


def share_weights(project: Project, module_id: str, owner_id: str) -> Project:
    """Let a module use the weights of another of its kind (or of the one whose weights that uses) in place of its own.

    Those that used its own weights follow it.

    Raises:
        ValueError: where they are not of one kind.
    """
    module, owner = project.network.module(module_id), project.network.module(owner_id)
    if owner.shares:
        owner = project.network.module(owner.shares)
    if owner.id == module_id:
        raise ValueError(f"{title(module)} has these weights already.")
    if reason := why_not_share(module, owner):
        raise ValueError(reason)
    modules = [
        replace(each, shares=owner.id, copy_of="") if module_id in (each.id, each.shares) else each
        for each in project.network.modules
    ]
    return with_network(project, modules=modules)


def unshare_weights(project: Project, module_id: str) -> Project:
    """Give a module weights of its own again; they begin as a copy of those that it shared."""
    module = project.network.module(module_id)
    if not module.shares:
        raise ValueError(f"{title(module)} has weights of its own already.")
    return with_module(project, replace(module, shares="", copy_of=module.shares))


def into_ports(project: Project, module_id: str) -> tuple[Link, ...]:
    """The wires of `project` without those into ports that module `module_id` does not have."""
    module = project.network.module(module_id)
    ports = port_count(module.kind, module.settings)
    return tuple(each for each in project.network.links if each.target != module_id or each.port < ports)
