"""Faults: which module is to blame, for numbers that are not finite and for errors raised."""

from __future__ import annotations

import traceback

import numpy as np

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import ModuleFailure, Program
from convnet_studio.engine.project.unfold import origin


def first_not_finite(network: Network, program: Program, pictures: Array) -> str:
    """The id of the first module, in the order of computing, with a parameter or output that is not finite.

    Empty where all are finite.
    """
    with np.errstate(all="ignore"):
        program.forward(pictures)
        for node in network.graph.nodes:
            span = network.slices.get(node.id)
            if span is not None and not np.isfinite(network.parameters[span]).all():
                return origin(node.id)
            if not isinstance(node.module, Loss) and not np.isfinite(program.output(node.id)).all():
                return origin(node.id)
    return ""


def largest_parameter(network: Network) -> str:
    """The id of the module with the largest parameter by absolute value: the one that was driven farthest."""
    sizes = {module_id: float(np.abs(network.parameters[span]).max()) for module_id, span in network.slices.items()}
    return max(sizes, key=sizes.__getitem__, default="")


def module_at_fault(error: BaseException, network: Network) -> str:
    """The id of the module whose own code raised `error`, empty where it came from elsewhere."""
    if isinstance(error, ModuleFailure):
        return origin(error.module_id)
    ids = {id(node.module): origin(node.id) for node in network.graph.nodes}
    where = ""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        where = ids.get(id(frame.f_locals.get("self")), where)
    return where
