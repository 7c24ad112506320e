"""Faults: which module is to blame, for numbers that are not finite and for errors raised."""

from __future__ import annotations

import traceback

import numpy as np

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import ModuleFailure, Program

OUTPUT = "output"


def first_not_finite(network: Network, program: Program, pictures: Array) -> tuple[str, str]:
    """Module id and name of the first array, in the order of computing, with an entry that is not finite.

    The name is that of a parameter, or OUTPUT. Both are empty where all is finite.
    """
    with np.errstate(all="ignore"):
        program.forward(pictures)
        for node in network.graph.nodes:
            for name, each in network.parameters_of(node.id).items():
                if not np.isfinite(each.value).all():
                    return node.id, name
            if not isinstance(node.module, Loss) and not np.isfinite(program.output(node.id)).all():
                return node.id, OUTPUT
    return "", ""


def largest_parameter(network: Network) -> tuple[str, str]:
    """Module id and name of the parameter with the largest entry by absolute value: the one driven farthest."""
    sizes = {
        (module_id, name): float(np.abs(each.value).max())
        for module_id in network.slices
        for name, each in network.parameters_of(module_id).items()
    }
    return max(sizes, key=sizes.__getitem__, default=("", ""))


def module_at_fault(error: BaseException, network: Network) -> str:
    """The id of the module whose own code raised `error`, empty where it came from elsewhere."""
    if isinstance(error, ModuleFailure):
        return error.module_id
    ids = {id(node.module): node.id for node in network.graph.nodes}
    where = ""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        where = ids.get(id(frame.f_locals.get("self")), where)
    return where
