"""Random networks of all kinds of modules, with branches: the same for the same seed."""

from __future__ import annotations

import math

import numpy as np
from small_networks import make

from convnet_studio.engine.nn.graph import Link
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, Setting, SettingValue, Shape, ShapeProblem, settings_of
from convnet_studio.engine.nn.network import Network

SHAPES: tuple[Shape, ...] = ((1, 28, 28), (3, 32, 32), (2, 24, 24), (1, 8, 8))
CLASSES = 10
_LARGEST = 60_000
"""Numbers of one output at most, and parameters of one module in tens."""


def random_network(seed: int, dtype: type = np.float32) -> Network:
    """Three to ten modules, each fed by random ones before it, and a classifier behind the last."""
    random = np.random.default_rng(seed)
    shape = SHAPES[random.integers(len(SHAPES))]
    modules: dict[str, Module | Loss] = {"input": make("Input")}
    links: list[Link] = []
    shapes = {"input": shape}

    def add(module: Module, sources: list[str]) -> None:
        module_id = f"{len(modules)} {type(module).__name__}"
        shapes[module_id] = module.output_shape(*(shapes[each] for each in sources))
        modules[module_id] = module
        links.extend((source, module_id, port) for port, source in enumerate(sources))

    kinds = sorted(kind for kind, cls in Module.registry.items() if cls.input_count)
    wanted = random.integers(3, 11)
    for _ in range(200):
        if len(modules) > wanted:
            break
        cls = Module.registry[kinds[random.integers(len(kinds))]]
        module = cls(**{each.name: _value(each, random) for each in settings_of(cls)})
        sources = [_recent(list(modules), random) for _ in range(module.port_count())]
        if _fits(module, [shapes[each] for each in sources]):
            add(module, sources)
    if len(shapes[list(modules)[-1]]) > 1:
        add(_module("Flatten"), [list(modules)[-1]])
    add(_module("Linear", out_features=CLASSES), [list(modules)[-1]])
    add(_module("LogSoftmax"), [list(modules)[-1]])
    modules["loss"] = make("NLLLoss")
    links.append((list(modules)[-2], "loss", 0))
    network = Network(modules, links, shape, CLASSES, dtype)
    initialize(network, seed)
    return network


def _module(kind: str, **settings: SettingValue) -> Module:
    made = make(kind, **settings)
    assert isinstance(made, Module)
    return made


def _recent(ids: list[str], random: np.random.Generator) -> str:
    """Mostly the last, so that chains are long; now and then one before it."""
    return ids[-1 - min(int(random.geometric(0.7)) - 1, len(ids) - 1)]


def _value(setting: Setting, random: np.random.Generator) -> SettingValue:
    """Small numbers, any choice; texts without choices as they are."""
    if setting.choices:
        return setting.choices[random.integers(len(setting.choices))]
    if setting.type is bool:
        return bool(random.integers(2))
    if setting.type is not int or setting.minimum is None:
        return setting.default
    step = 2 if setting.odd else 1
    value = int(setting.minimum) + step * int(random.integers(8))
    return value if setting.maximum is None or value <= setting.maximum else setting.default


def _fits(module: Module, shapes: list[Shape]) -> bool:
    try:
        size = math.prod(module.output_shape(*shapes))
    except ShapeProblem:
        return False
    parameters = sum(math.prod(each.shape) for each in module.parameter_shapes(*shapes).values())
    return size <= _LARGEST and parameters <= 10 * _LARGEST
