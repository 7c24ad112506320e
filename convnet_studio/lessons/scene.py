"""Scene: everything that a page of a lesson sets up and a learner changes, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

import convnet_studio.engine.analysis.benches
import convnet_studio.engine.data.datasets  # noqa: F401  (importing the folders registers what they hold)
from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.spec import ModuleSpec, Project
from convnet_studio.engine.project.weights import Weights
from convnet_studio.lessons.fields import LessonProblem


@dataclass(frozen=True, eq=False)
class Scene:
    """The project on the canvas, the weights that it begins with, the picture shown, and how each bench is set.

    Attributes:
        weights: by id of a module and name; others are drawn from the project's seed.
        sample: index of the test picture that is shown, counted from 0.
        numbers: shown in place of it where not None, of the data's shape or as many numbers.
        benches: by name; a bench that is missing stands as it does by default.
        selection: ids of the selected modules.
    """

    project: Project
    weights: Weights = field(default_factory=dict)
    sample: int = 0
    numbers: tuple[float, ...] | None = None
    benches: Mapping[str, Bench] = field(default_factory=dict)
    selection: frozenset[str] = frozenset()

    def bench(self, name: str) -> Bench:
        """How a bench is set.

        Raises:
            KeyError: with a sentence that lists the benches there are.
        """
        return self.benches.get(name) or Bench.registry[name]()

    def with_bench(self, name: str, /, **dials: object) -> Scene:
        """With some dials of a bench turned."""
        bench = self.bench(name).turned(**dials)
        return replace(self, benches=MappingProxyType({**self.benches, name: bench}))

    def with_weights(self, module_id: str, name: str, values: Array) -> Scene:
        """With other numbers in one parameter."""
        arrays = {**self.weights.get(module_id, {}), name: values.astype(np.float32)}
        return replace(self, weights={**self.weights, module_id: arrays})


def weights_to_open(scene: Scene) -> Weights | None:
    """What a run of the scene begins with: the scene's own numbers, and beside them in each module those of its seed.

    Weights of modules that are not in the project are left out. None where the scene brings no weights.

    Raises:
        LessonProblem: one sentence, where a module has no such parameter, or it has another shape.
    """
    if not scene.weights:
        return None
    dataset = load_dataset(scene.project.data.dataset)
    network = build_network(scene.project, dataset.input_shape, dataset.classes)
    initialize(network, scene.project.training.seed)
    made: dict[str, dict[str, Array]] = {}
    for module_id, arrays in scene.weights.items():
        if module_id not in network.nodes:
            continue
        made[module_id] = {name: each.value.copy() for name, each in network.parameters_of(module_id).items()}
        for name, array in arrays.items():
            if name not in made[module_id] or made[module_id][name].shape != array.shape:
                has = ", ".join(f"{each} {list(value.shape)}" for each, value in made[module_id].items()) or "none"
                given = f"{name!r} of shape {list(array.shape)}"
                raise LessonProblem(f"The weights {given} have no place in {module_id}: it has {has}.")
            made[module_id][name] = array
    return made


def module_called(project: Project, text: str) -> ModuleSpec:
    """The module with this id or this name of its own; else the only one of this kind.

    Raises:
        ValueError: one sentence, where there is none or several.
    """
    modules = project.network.modules
    for found in (
        [each for each in modules if each.id == text],
        [each for each in modules if each.name == text],
        [each for each in modules if each.kind == text],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(f"There are {len(found)} modules called {text!r}: give one of them a name of its own.")
    known = ", ".join(each.name or f"{each.id} ({each.kind})" for each in modules)
    raise ValueError(f"There is no module {text!r} in the scene: there are {known}.")
