"""Cases for the contract tests, made from the registries alone: a new file is tested the day it lands.

Every module is tried with its default settings, with each setting moved by itself, and with a few random mixtures, on
every shape that it accepts.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules
import convnet_studio.engine.nn.optimizers  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.gradient_check import give_parameters
from convnet_studio.engine.nn.module import (
    Array,
    Configured,
    Module,
    Setting,
    SettingValue,
    Shape,
    ShapeProblem,
    settings_of,
)

SHAPES: tuple[Shape, ...] = ((2, 8, 8), (3, 9, 7), (12,), (2, 11), (2, 4, 5, 5))
BATCH = 2
MIXTURES = 3


@dataclass(frozen=True)
class Case:
    """One module kind with some settings on some input shape."""

    kind: str
    settings: tuple[tuple[str, SettingValue], ...]
    shape: Shape

    def __str__(self) -> str:
        chosen = ",".join(f"{name}={value}" for name, value in self.settings)
        return f"{self.kind}({chosen})-{'x'.join(map(str, self.shape))}"

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        return (self.shape,) * max(1, Module.registry[self.kind](**dict(self.settings)).port_count())

    def module(self, dtype: type = np.float64) -> Module:
        """A fresh module with random parameters, the same every time."""
        module = Module.registry[self.kind](**dict(self.settings))
        give_parameters(module, *self.input_shapes, dtype=dtype)
        return module

    def inputs(self, dtype: type = np.float64, *, positive: bool = False) -> list[Array]:
        """One batch for each port: all values well apart from each other and from 0, so that no kink is near."""
        random = np.random.default_rng(zlib.crc32(str(self).encode()))
        made = []
        for shape in self.input_shapes:
            count = BATCH * int(np.prod(shape))
            values = (random.permutation(count) - count // 2 + 0.3) * (4 / count)
            made.append((np.abs(values) if positive else values).reshape(BATCH, *shape).astype(dtype))
        return made


def settings_to_try(kind: type[Configured], extreme: bool = False) -> Iterator[dict[str, SettingValue]]:
    """The defaults, each setting moved by itself, and some mixtures."""
    choices = {each.name: _values(each, extreme) for each in settings_of(kind)}
    yield {}
    for name, values in choices.items():
        yield from ({name: value} for value in values if value != getattr(kind, name))
    random = np.random.default_rng(zlib.crc32(kind.__name__.encode()))
    if len(choices) > 1:
        for _ in range(MIXTURES):
            yield {name: values[random.integers(len(values))] for name, values in choices.items()}


def _values(setting: Setting, extreme: bool) -> list[SettingValue]:
    if setting.type is bool:
        return [False, True]
    if setting.type is str:
        return list(setting.choices or setting.examples)
    assert setting.minimum is not None
    assert setting.maximum is not None
    if extreme:
        return [setting.type(setting.minimum), setting.type(setting.maximum)]
    steps = (0, 2) if setting.odd else (0, 1, 2) if setting.type is int else (0.3, 1.7)
    return [setting.type(setting.minimum + step) for step in steps if setting.minimum + step <= setting.maximum]


def all_cases() -> list[Case]:
    """Every module, settings and shape that go together."""
    return list(
        dict.fromkeys(
            Case(kind, tuple(sorted(settings.items())), shape)
            for kind, cls in Module.registry.items()
            for settings in settings_to_try(cls)
            for shape in SHAPES
            if _accepts(cls(**settings), shape)
        )
    )


def _accepts(module: Module, shape: Shape) -> bool:
    try:
        module.output_shape(*(shape,) * max(1, module.port_count()))
    except ShapeProblem:
        return False
    return True
