"""Wiring: what may be connected with what, and what becomes of the wires when modules go. The window asks here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from convnet_studio.engine.project.kinds import find_kind, is_input, is_loss, port_count, takes_recurrent
from convnet_studio.engine.project.spec import Link, ModuleSpec, Project


def can_connect(project: Project, source: str, target: str, port: int = 0, is_recurrent: bool = False) -> str | None:
    """Whether a wire may run from module `source` to input `port` of module `target`: None, or in words why not.

    A wire that already ends at that port is no obstacle (`edits.connect` replaces it), nor are shapes that do not fit
    (they are problems, shown at the module with what would mend them).
    """
    network = project.network
    for each in (source, target):
        if each not in network:
            return f"There is no module {each!r} in this project."
    ends = network.module(source), network.module(target)
    if reason := _ends_forbid(*ends, port):
        return reason
    if is_recurrent:
        return None if takes_recurrent(ends[1].kind) else f"{title(ends[1])} {NO_RECURRENT}."
    if not closes_loop(project, source, target):
        return None
    is_taken = takes_recurrent(ends[1].kind)
    way_out = "Make the wire recurrent: it then" if is_taken else "Lead the wire into an Add: as a recurrent one it"
    what = "A module can't feed itself" if source == target else "This would close a loop"
    return f"{what}: nothing can wait for its own result. {way_out} brings the result of the step before."


NO_RECURRENT = "can't take a recurrent wire, which brings nothing at the first step: let it go into an Add"


def closes_loop(project: Project, source: str, target: str) -> bool:
    """Whether a wire from `source` to `target` would close a loop in which no wire is recurrent."""
    return source in reached_from(project.network.links, [target])


def can_insert(project: Project, link: Link, kind: str) -> str | None:
    """Whether a new module of `kind` may be put into the wire `link`: None, or in words why not."""
    if link not in project.network.links:
        return "There is no such wire in this project."
    if find_kind(kind) is None:
        return f"This version does not know the module {kind}."
    if is_loss(kind):
        return f"{kind} is a loss, and gives its number to nothing: it can't stand between two modules."
    if is_input(kind):
        return f"{kind} gets its pictures from the data set: it can't stand between two modules."
    return None


def can_swap(project: Project, link: Link) -> str | None:
    """Whether the modules at the ends of `link` may change places in their chain: None, or in words why not."""
    network = project.network
    if link not in network.links:
        return "There is no such wire in this project."
    first, second = network.module(link.source), network.module(link.target)
    if is_input(first.kind):
        return f"{title(first)} gets its pictures from the data set: nothing stands before it."
    if is_loss(second.kind):
        return f"{title(second)} is a loss, and gives its number to nothing: nothing stands behind it."
    into_first = [each for each in network.links if each.target == first.id]
    if len(into_first) != 1:
        return (
            f"{title(first)} has {len(into_first) or 'no'} wires at its inputs: only one in a chain can change places."
        )
    if sum(each.source == first.id for each in network.links) > 1:
        return f"{title(first)} feeds several modules: only one in a chain can change places."
    if sum(each.target == second.id for each in network.links) > 1:
        return f"{title(second)} has several inputs: only one in a chain can change places."
    if link.is_recurrent or into_first[0].is_recurrent:
        return "A recurrent wire is between them: only modules in a plain chain can change places."
    return None


def title(module: ModuleSpec) -> str:
    """What the user reads as the module's name."""
    return module.name or module.kind


def reached_from(links: Iterable[Link], start: Iterable[str]) -> set[str]:
    """The ids `start` and of all modules that depend on them in the same step of time."""
    targets: dict[str, list[str]] = {}
    for each in (link for link in links if not link.is_recurrent):
        targets.setdefault(each.source, []).append(each.target)
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        module_id = waiting.pop()
        if module_id not in reached:
            reached.add(module_id)
            waiting += targets.get(module_id, [])
    return reached


def heal(links: Iterable[Link], gone: Collection[str]) -> tuple[Link, ...]:
    """The wires that remain when the modules `gone` are taken out: what fed one now feeds what it fed.

    Only a module with exactly one wire coming in, not a recurrent one, can be bridged so; the wires that leave any
    other are cut.
    """
    remaining = tuple(links)
    for module_id in gone:
        feeding = [each for each in remaining if each.target == module_id]
        bridge = feeding[0].source if len(feeding) == 1 and not feeding[0].is_recurrent else None
        remaining = tuple(
            replace(each, source=bridge) if each.source == module_id and bridge else each
            for each in remaining
            if each.target != module_id and (each.source != module_id or bridge)
        )
    return remaining


def _ends_forbid(source: ModuleSpec, target: ModuleSpec, port: int) -> str | None:
    """Why these two modules can't be joined whatever else there is, None if they can."""
    if is_loss(source.kind):
        return f"{title(source)} is a loss, and gives its number to nothing: connect the module before it."
    if is_input(target.kind):
        return f"{title(target)} takes no wire: its pictures come from the data set."
    ports = port_count(target.kind, target.settings)
    if not 0 <= port < ports:
        return f"{title(target)} has {ports} input{'s' if ports > 1 else ''}: there is none with number {port + 1}."
    return None
