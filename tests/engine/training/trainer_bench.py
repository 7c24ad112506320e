"""A bench for the trainer: small data, small networks, and a control that wishes by a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from convnet_studio.engine.data.dataset import Dataset, Split
from convnet_studio.engine.project.spec import DataSpec, Link, ModuleSpec, NetworkSpec, Project, TrainingSpec
from convnet_studio.engine.training.control import Control, Fetch, Stop, Weights, Wish
from convnet_studio.engine.training.events import Event, Stepped
from convnet_studio.engine.training.trainer import Trainer

TRAIN, TEST, CLASSES = 50, 20, 3

E = TypeVar("E", bound=Event)

compiled = False
"""Which engine the tests run on now (set by the fixture `engine`)."""


def make_dataset(name: str, seed: int, shape: tuple[int, ...] = (1, 6, 6), train: int = TRAIN) -> Dataset:
    """Noise around one bright patch per class: learnable within a few steps."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, train + TEST)
    pictures = random.uniform(0, 0.3, (train + TEST, *shape)).astype(np.float32)
    for index, label in enumerate(labels):
        pictures[index, 0, 2 * label : 2 * label + 2] += np.float32(0.6)
    return Dataset(
        name=name,
        title=name,
        train=Split(pictures[:train], labels[:train]),
        test=Split(pictures[train:], labels[train:]),
        class_names=("a", "b", "c"),
        source="made by this test",
        licence="none",
        synthetic=True,
    )


DATASETS = {
    "patches": make_dataset("patches", 1),
    "other patches": make_dataset("other patches", 2, train=30),
    "wide patches": make_dataset("wide patches", 3, shape=(1, 6, 10)),
}


def load(name: str) -> Dataset:
    if name not in DATASETS:
        raise KeyError(f"There is no data set named {name!r}; there are {', '.join(DATASETS)}.")
    return DATASETS[name]


def chain(*kinds: ModuleSpec) -> NetworkSpec:
    """Modules in a row, each wired to the next."""
    links = tuple(Link(a.id, b.id) for a, b in pairwise(kinds))
    return NetworkSpec(kinds, links)


def spec(module_id: str, kind: str, **settings: int | float | bool | str) -> ModuleSpec:
    return ModuleSpec(module_id, kind, settings)


TINY = Project(
    name="tiny",
    network=chain(
        spec("in", "Input"),
        spec("conv", "Conv2d", out_channels=4, kernel_size=3),
        spec("tanh", "Tanh"),
        spec("flat", "Flatten"),
        spec("fc", "Linear", out_features=CLASSES),
        spec("log", "LogSoftmax"),
        spec("loss", "NLLLoss"),
    ),
    data=DataSpec("patches"),
    training=TrainingSpec(rate=0.05, batch_size=8, epochs=2, optimizer_settings={"momentum": 0.9}),
    next_id=100,
)


def with_settings(project: Project, module_id: str, **settings: int | float | bool | str) -> Project:
    modules = tuple(
        replace(each, settings={**each.settings, **settings}) if each.id == module_id else each
        for each in project.network.modules
    )
    return replace(project, network=replace(project.network, modules=modules))


def without(project: Project, module_id: str) -> Project:
    """The project with one module taken out of its chain and the gap closed."""
    return replace(project, network=chain(*(each for each in project.network.modules if each.id != module_id)))


def with_training(project: Project, **changes: Any) -> Project:
    return replace(project, training=replace(project.training, **changes))


class ScriptedControl(Control):
    """Puts the next wish of a script whenever the trainer rests; `Stop` at its end."""

    def __init__(self, script: Sequence[Wish]) -> None:
        super().__init__()
        self._script = iter(script)

    def wait(self, seconds: float | None = None) -> None:
        if seconds is not None:
            super().wait(seconds)
        elif not self.is_calling():
            self.put(next(self._script, Stop()))


class Notes:
    """Weights fetched in the course of a script."""

    def __init__(self) -> None:
        self.weights: list[Weights] = []

    def fetch(self) -> Fetch:
        return Fetch(self.weights.append)


def losses_of(events: Sequence[Event]) -> list[float]:
    return [loss for event in events if isinstance(event, Stepped) for loss in event.losses]


def of_type(events: Sequence[Event], kind: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def make_trainer() -> Trainer:
    return Trainer(compiled=compiled, load=load)


def run_script(*script: Wish, project: Project = TINY, weights: Weights | None = None) -> list[Event]:
    """All events of a run, each wish put when the trainer has come to rest."""
    return list(make_trainer().run(project, ScriptedControl(script), weights))
