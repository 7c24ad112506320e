"""Sharing: which modules may use the weights of which, and who gets those of a module that goes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields, replace

from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.spec import ModuleSpec, Project
from convnet_studio.engine.project.wiring import title


def has_weights(kind_name: str) -> bool:
    """Whether modules of this kind learn something that could be shared."""
    kind = find_kind(kind_name)
    if kind is None or not issubclass(kind, Module):
        return False
    return any("parameter" in each.metadata for each in fields(kind))


def why_not_share(module: ModuleSpec, owner: ModuleSpec) -> str | None:
    """None if `module` may use the weights of `owner`, else in words why not; whether shapes agree `validate` tells."""
    if module.kind != owner.kind:
        return f"{title(module)} can share weights with a module of its own kind, {module.kind}, not with {owner.kind}."
    if not has_weights(module.kind):
        return f"{title(module)} has no weights that could be shared."
    return None


def can_share_with(project: Project, module_id: str) -> tuple[ModuleSpec, ...]:
    """The modules whose own weights module `module_id` could use."""
    module = project.network.module(module_id)
    return tuple(
        each
        for each in project.network.modules
        if each.id != module_id and not each.shares and why_not_share(module, each) is None
    )


def pass_on_weights(modules: Iterable[ModuleSpec], gone: Collection[str]) -> list[ModuleSpec]:
    """`modules` after those called `gone` took their weights away: the first that shared them has a copy, for all."""
    heirs: dict[str, str] = {}
    after = []
    for each in modules:
        if each.shares not in gone:
            after.append(each)
        elif each.shares in heirs:
            after.append(replace(each, shares=heirs[each.shares]))
        else:
            heirs[each.shares] = each.id
            after.append(replace(each, shares="", copy_of=each.shares))
    return after
