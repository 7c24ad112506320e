"""Small networks for tests, drawn from kinds and settings."""

from __future__ import annotations

import numpy as np

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.graph import Link
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, SettingValue, Shape
from convnet_studio.engine.nn.network import Network

Drawn = tuple[str, dict[str, SettingValue]]

TWO_STAGE_DIGITS: tuple[Drawn, ...] = (
    ("LocalContrastNorm", {"kernel_size": 9, "width": 2.0}),
    ("Conv2d", {"out_channels": 8, "kernel_size": 5}),
    ("Tanh", {}),
    ("Abs", {}),
    ("LPPool2d", {}),
    ("Conv2d", {"out_channels": 16, "kernel_size": 5}),
    ("Tanh", {}),
    ("LPPool2d", {}),
    ("Flatten", {}),
    ("Linear", {"out_features": 10}),
    ("LogSoftmax", {}),
    ("NLLLoss", {}),
)


def make(kind: str, **settings: SettingValue) -> Module | Loss:
    """A module or loss of the registries."""
    found: type[Module] | type[Loss] = Module.registry[kind] if kind in Module.registry else Loss.registry[kind]
    return found(**settings)


def chain(*drawn: Drawn) -> tuple[dict[str, Module | Loss], list[Link]]:
    """An Input and what follows it one after the other, with ids such as ``conv2d-2``."""
    modules: dict[str, Module | Loss] = {"input": make("Input")}
    links: list[Link] = []
    for place, (kind, settings) in enumerate(drawn, 1):
        last, module_id = list(modules)[-1], f"{kind.lower()}-{place}"
        modules[module_id] = make(kind, **settings)
        links.append((last, module_id, 0))
    return modules, links


def chain_network(*drawn: Drawn, shape: Shape, classes: int = 10, dtype: type = np.float64) -> Network:
    """The same as a network."""
    return Network(*chain(*drawn), shape, classes, dtype)
