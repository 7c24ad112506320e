"""What tests of analyses share beside moments: chains of modules, runs that are made once, all that an inquiry says."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import moments
import numpy as np

from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.module import Module, Shape
from convnet_studio.engine.nn.modules.input import Input
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.training.inquiry import Inquiry, Moment


@cache
def moment_of(preset: str) -> Moment:
    """The moment of a preset's run that all tests share; who changes its weights changes them back."""
    return moments.moment_of(preset)


def answers_of(inquiry: Inquiry, moment: Moment) -> list[object]:
    """All that an inquiry says, in order."""
    said: Iterable[object] = inquiry.work(moment)
    return [each for each in said if each is not None]


def chain(input_shape: Shape, *modules: Module, seed: int = 0, dtype: type = np.float64) -> Network:
    """Modules one behind the other as ``m1``, ``m2``, ... behind the Input ``m0``, with weights drawn."""
    everything = {f"m{number}": module for number, module in enumerate((Input(), *modules))}
    links = [(f"m{number}", f"m{number + 1}", 0) for number in range(len(modules))]
    network = Network(everything, links, input_shape, 0, dtype)
    initialize(network, seed)
    assert not network.graph.problems
    return network
