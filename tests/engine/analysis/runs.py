"""What tests of analysis share: runs of presets by the numpy reference, and small chains of modules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

import convnet_studio.engine.data.datasets  # noqa: F401
from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.module import Module, Shape
from convnet_studio.engine.nn.modules.input import Input
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import ReferenceProgram
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.inquiry import Inquiry, Moment
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.run import Run


@cache
def moment_of(preset: str) -> Moment:
    """A run of a preset with its initial weights, looking at the first test picture."""
    project = load_preset(preset)
    material = Material(load_dataset(project.data.dataset))
    run = Run(1, project, material, ReferenceProgram)
    return Moment(run, material.first_test_sample.picture, material.first_test_sample.label)


def answers_of(inquiry: Inquiry, moment: Moment) -> list[object]:
    """All that an inquiry yields but None."""
    steps: Iterator[object] = inquiry.work(moment)
    return [each for each in steps if each is not None]


def chain(input_shape: Shape, *modules: Module, seed: int = 0, dtype: type = np.float64) -> Network:
    """Modules one behind the other as ``m1``, ``m2``, ... behind the Input ``m0``, with weights drawn."""
    everything = {f"m{number}": module for number, module in enumerate((Input(), *modules))}
    links = [(f"m{number}", f"m{number + 1}", 0) for number in range(len(modules))]
    network = Network(everything, links, input_shape, 0, dtype)
    initialize(network, seed)
    assert not network.graph.problems
    return network
