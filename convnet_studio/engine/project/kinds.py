"""Kinds: the classes behind the names that a project's modules bear, modules and losses alike."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401  (importing the folders registers what they hold)
from convnet_studio.engine.nn.chance import RandomModule
from convnet_studio.engine.nn.joining import Joining
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


def port_count(name: str, settings: Mapping[str, object] = MappingProxyType({})) -> int:
    """How many input ports a module of this kind has with these settings (for an unknown kind: could have).

    Settings that can't be used count as their defaults.
    """
    kind = find_kind(name)
    return LARGEST_PORT_COUNT if kind is None else make(kind, allowed_settings(kind, settings)).port_count()


def make(kind: Kind, settings: Mapping[str, SettingValue]) -> Module | Loss:
    """A module or loss with these settings, the others at their defaults.

    Raises:
        ValueError: if one is not allowed.
    """
    values: dict[str, Any] = dict(settings)
    return kind(**values)


def growing_setting(name: str) -> Setting | None:
    """The setting of a kind that says how many input ports it has, None where that is fixed."""
    kind = find_kind(name)
    return settings_by_name(kind).get("inputs") if kind is not None and issubclass(kind, Joining) else None


def silences_units(name: str) -> bool:
    """Whether modules of this kind draw, in training, which of their units speak."""
    kind = find_kind(name)
    return kind is not None and issubclass(kind, RandomModule)


def takes_recurrent(name: str) -> bool:
    """Whether a wire into a module of this kind may be recurrent."""
    kind = find_kind(name)
    return kind is not None and issubclass(kind, Module) and kind.takes_recurrent


def settings_by_name(kind: type) -> dict[str, Setting]:
    """The settings that a module, loss or optimizer class declares, by name."""
    return {each.name: each for each in settings_of(kind)}


def allowed_settings(kind: type, settings: Mapping[str, object]) -> dict[str, SettingValue]:
    """Those of `settings` that `kind` has and allows."""
    allowed: dict[str, SettingValue] = {}
    for name in settings_by_name(kind).keys() & settings.keys():
        try:
            allowed |= check_settings(kind, {name: settings[name]})
        except ValueError:
            continue
    return allowed


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
