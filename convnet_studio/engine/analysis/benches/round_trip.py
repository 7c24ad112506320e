"""From the canvas to a Torch7 listing and back: whether the network that is read is the one that was written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import convnet_studio.engine.export.forms  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.analysis.bench import Bench, reading, switch
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Code, Rows, Words
from convnet_studio.engine.export.form import Form, export
from convnet_studio.engine.export.outline import outline_of
from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.training.inquiry import Moment

FORM = "torch7"


@dataclass(frozen=True)
class RoundTrip(Bench):
    """The network on the canvas, written as a Torch7 listing and read back.

    A listing holds modules, sizes and wires, and no weights. So both networks are given the same weights, and their
    answers to the shown picture are compared.
    """

    name: ClassVar = "round_trip"
    title: ClassVar = "To text and back"
    summary: ClassVar = "The network on the canvas, written as a Torch7 listing, read back, and compared."

    back: bool = switch(False, "Read the text back")

    @reading
    def difference(self, moment: Moment) -> float:
        """The largest difference between both networks' answers to the shown picture, with the same weights.

        Infinite where their weights do not correspond.
        """
        dataset = moment.run.material.dataset
        before = moment.run.twin()
        after = build_network(_read_back(moment.run.project), dataset.input_shape, dataset.classes)
        if _weight_shapes(before) != _weight_shapes(after):
            return math.inf
        after.parameters[...] = before.parameters
        return float(np.abs(_answer(before, moment.picture) - _answer(after, moment.picture)).max())

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The listing; once it was read back, the modules that came of it beside those on the canvas."""
        project = moment.run.project
        code = Code("The network on the canvas, as a listing", tuple(_written(project).rstrip("\n").split("\n")))
        yield (code,)
        if self.back:
            here, there = _modules(project), _modules(_read_back(project))
            far = self.difference(moment)
            words = f"With the same weights, their answers to the shown picture differ by {far:.3g} at most."
            rows = tuple(zip(here, there, strict=False))
            yield Words("", words), Rows("Modules and what they put out", ("on the canvas", "read back"), rows), code


def _written(project: Project) -> str:
    content = export(project, FORM).content
    assert isinstance(content, str)
    return content


def _read_back(project: Project) -> Project:
    return Form.registry[FORM]().read(_written(project), project.name).project


def _modules(project: Project) -> list[str]:
    return [f"{part.kind}  {_size(part.shape)}".rstrip() for part in outline_of(project).parts]


def _size(shape: Shape) -> str:
    return " × ".join(map(str, shape))


def _weight_shapes(network: Network) -> list[Shape]:
    """Of all learnable arrays, in the order of the flat vector."""
    return [each.value.shape for module in network.slices for each in network.parameters_of(module).values()]


def _answer(network: Network, picture: Array) -> Array:
    """What the losses are given, else what the last module puts out."""
    outputs = network.forward(picture[None].astype(network.parameters.dtype))
    judged = [outputs[source] for node in network.losses for source in node.sources]
    return np.concatenate([each.ravel() for each in judged or list(outputs.values())[-1:]])
