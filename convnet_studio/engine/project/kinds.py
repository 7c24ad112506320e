"""Kinds: the classes behind the names that a project's modules bear, modules and losses alike."""

from __future__ import annotations

from collections.abc import Mapping

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401  (importing the folders registers what they hold)
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, Setting, SettingValue, settings_of

Kind = type[Module] | type[Loss]

LARGEST_PORT_COUNT = 16
"""Input ports that a module of an unknown kind may have had in the version that knew it."""


def find_kind(name: str) -> Kind | None:
    """The module or loss class called `name`, None where this version does not know it."""
    if name in Module.registry:
        return Module.registry[name]
    return Loss.registry.get(name)


def kind_named(name: str) -> Kind:
    """The module or loss class called `name`.

    Raises:
        KeyError: with a sentence that lists what there is.
    """
    kind = find_kind(name)
    if kind is None:
        known = ", ".join([*Module.registry, *Loss.registry])
        raise KeyError(f"There is no module named {name!r}; there are {known}.")
    return kind


def is_loss(name: str) -> bool:
    """Whether `name` is a loss, from which no wire may start."""
    return name in Loss.registry


def is_input(name: str) -> bool:
    """Whether `name` is fed by the data instead of a wire."""
    return name in Module.registry and Module.registry[name].input_count == 0


def port_count(name: str) -> int:
    """How many input ports a module of this kind has (for an unknown kind: could have)."""
    if is_loss(name):
        return 1
    return Module.registry[name].input_count if name in Module.registry else LARGEST_PORT_COUNT


def settings_by_name(kind: type) -> dict[str, Setting]:
    """The settings that a module, loss or optimizer class declares, by name."""
    return {each.name: each for each in settings_of(kind)}


def check_settings(kind: type, settings: Mapping[str, object]) -> dict[str, SettingValue]:
    """The values of `settings` as the types that `kind` declares.

    Raises:
        ValueError: one sentence, at the first name that `kind` does not have or value that it does not allow.
    """
    declared = settings_by_name(kind)
    for name in settings:
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise ValueError(f"{kind.__name__} has no setting {name!r}; there are {known}.")
    return {name: declared[name].check(value) for name, value in settings.items()}
