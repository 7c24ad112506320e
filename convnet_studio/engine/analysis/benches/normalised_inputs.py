"""The same net trained twice, on pictures as they are and on normalised ones: which is faster?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

import convnet_studio.engine.data.datasets  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.analysis.bench import Bench, number, reading, switch
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Curves, Mark
from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.program import ReferenceProgram
from convnet_studio.engine.project.data_settings import preparation_of
from convnet_studio.engine.project.spec import DataSpec, Link, ModuleSpec, NetworkSpec, Project, TrainingSpec
from convnet_studio.engine.training.inquiry import Moment
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.run import Run

EPOCHS = 10
HIDDEN = 24
BATCH = 16
SEED = 16
GOAL = 0.9
"""Part of the test pictures that are to be right."""
RAW, NORMALISED = "none", "per pixel"


@dataclass(frozen=True)
class NormalisedInputs(Bench):
    """Two full layers on 8x8 digits, the same first weights and the same rate (LeCun et al., Efficient BackProp, 1998,
    section 4.3)."""

    name: ClassVar = "normalised_inputs"
    title: ClassVar = "Normalised inputs"
    summary: ClassVar = "One small net trained twice: on pictures as they are, and with every pixel normalised."

    normalised: bool = switch(False, "Train on normalised inputs too")
    rate: float = number(0.02, 0.005, 0.1, "Learning rate η", is_log=True)

    @reading
    def raw_epochs(self, moment: Moment | None = None) -> float:
        """Epochs to 90 % of the test pictures right, inputs as they are; not a number if more than 10."""
        return _epochs_to_goal(_curve(RAW, self.rate))

    @reading
    def normalised_epochs(self, moment: Moment | None = None) -> float:
        """Epochs to 90 % of the test pictures right, inputs normalised; not a number if more than 10."""
        return _epochs_to_goal(_curve(NORMALISED, self.rate))

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """Test accuracy over the epochs, curve by curve."""
        lines: dict[str, tuple[Array, Array]] = {}
        for name, kind in (("as they are", RAW), ("normalised", NORMALISED)):
            if kind == RAW or self.normalised:
                right = _curve(kind, self.rate)
                lines[name] = np.arange(len(right), dtype=float), 100 * right
                goal = (Mark("90 %", None, 100 * GOAL),)
                yield (Curves("Test pictures that are right", dict(lines), "epoch", "%", goal),)


def _project(normalization: str, rate: float) -> Project:
    kinds: tuple[tuple[str, dict[str, int]], ...] = (
        ("Input", {}),
        ("Flatten", {}),
        ("Linear", {"out_features": HIDDEN}),
        ("Tanh", {}),
        ("Linear", {"out_features": 10}),
        ("CrossEntropyLoss", {}),
    )
    modules = tuple(ModuleSpec(f"m{number}", kind, settings) for number, (kind, settings) in enumerate(kinds, 1))
    links = tuple(Link(f"m{number}", f"m{number + 1}") for number in range(1, len(kinds)))
    training = TrainingSpec(
        optimizer_settings={"momentum": 0.0}, rate=rate, schedule="constant", batch_size=BATCH, epochs=EPOCHS, seed=SEED
    )
    return Project("two layers", NetworkSpec(modules, links), DataSpec("digits_8x8", normalization), training)


@lru_cache(maxsize=8)
def _curve(normalization: str, rate: float) -> Array:
    """Part of the test pictures that are right before and after each epoch."""
    project = _project(normalization, rate)
    material = Material(load_dataset(project.data.dataset), preparation_of(project.data), SEED)
    run = Run(1, project, material, ReferenceProgram)
    indices = material.test_indices()
    labels = material.labels[indices]
    right = []
    for epoch in range(EPOCHS + 1):
        run.network.forward(material.pictures[indices])
        right.append(1 - run.network.errors(labels) / len(indices))
        while epoch < EPOCHS and not run.course.pass_is_done:
            run.train(BATCH, run.course.steps_left(BATCH), math.inf, lambda: False)
        if epoch < EPOCHS:
            run.course.finish_pass()
    run.close()
    return np.array(right)


def _epochs_to_goal(right: Array) -> float:
    reached = np.flatnonzero(right >= GOAL)
    return float(reached[0]) if len(reached) else math.nan
