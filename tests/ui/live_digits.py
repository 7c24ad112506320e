"""What the tests of views share: a preset's network, computed once by the numpy reference on a real picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

import convnet_studio.engine.data.datasets  # noqa: F401
from convnet_studio.engine.data.dataset import Dataset, load_dataset
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.summary import Summary, summarize
from convnet_studio.engine.training.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class Live:
    """A project with everything a view is given."""

    project: Project
    dataset: Dataset
    summary: Summary
    snapshot: Snapshot

    def id_of(self, kind: str) -> str:
        """The first module of a kind."""
        return next(each.id for each in self.project.network.modules if each.kind == kind)


@cache
def live(preset: str = "two-stage-digits", index: int = 17) -> Live:
    """A preset with its initial weights, looking at one test picture."""
    project = load_preset(preset)
    dataset = load_dataset(project.data.dataset)
    network = build_network(project, dataset.input_shape, dataset.classes)
    initialize(network, seed=1)
    pictures, labels = dataset.test.pictures[index : index + 1], dataset.test.labels[index : index + 1]
    outputs = {module_id: output[0] for module_id, output in network.forward(pictures).items()}
    snapshot = Snapshot(
        run_id=1,
        step=0,
        epoch=0.0,
        picture=pictures[0],
        label=int(labels[0]),
        outputs=outputs,
        parameters={
            module_id: {name: each.value.copy() for name, each in network.parameters_of(module_id).items()}
            for module_id in network.slices
        },
        loss=float(network.loss(labels)[0]),
        scores=outputs[network.losses[0].sources[0]],
        scores_of=network.losses[0].sources[0],
    )
    return Live(project, dataset, summarize(project, dataset.input_shape, dataset.classes), snapshot)


def with_nan(snapshot: Snapshot) -> Snapshot:
    """The same snapshot with every third number not finite."""

    def spoil(values: np.ndarray) -> np.ndarray:
        spoiled = values.copy()
        spoiled.reshape(-1)[::3] = np.nan
        spoiled.reshape(-1)[1::3] = np.inf
        return spoiled

    return replace(
        snapshot,
        outputs={module_id: spoil(each) for module_id, each in snapshot.outputs.items()},
        parameters={
            module_id: {name: spoil(each) for name, each in arrays.items()}
            for module_id, arrays in snapshot.parameters.items()
        },
        loss=float("nan"),
        scores=None,
    )
