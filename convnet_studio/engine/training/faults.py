"""Faults: which module is to blame, for numbers that are not finite and for errors raised."""

from __future__ import annotations

import math
import traceback
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import ModuleFailure, Program
from convnet_studio.engine.project.unfold import origin


@dataclass(frozen=True)
class Fault:
    """An array of a module with a number that is not finite: `array` is such as "output", "gradient of the weight"."""

    module_id: str
    array: str


def first_not_finite(network: Network, program: Program, pictures: Array, loss: float) -> Fault | None:
    """The array that spoiled a step on `pictures` with this mean loss; None where all that it left is finite.

    A step whose loss is not finite has updated nothing: what is to blame is the first parameter or output in the order
    of computing. Otherwise the update was bad: the first gradient on the way back from the losses, or, where all of
    them are finite, the first parameter.
    """
    if not math.isfinite(loss):
        return _on_the_way_to_the_loss(network, program, pictures)
    for node in reversed(network.graph.nodes):
        for name, each in network.parameters_of(node.id).items():
            if not np.isfinite(each.grad).all():
                return Fault(origin(node.id), f"gradient of the {name}")
    return next(filter(None, (_parameter(network, node) for node in network.graph.nodes)), None)


def _on_the_way_to_the_loss(network: Network, program: Program, pictures: Array) -> Fault | None:
    with np.errstate(all="ignore"):
        program.forward(pictures)
        for node in network.graph.nodes:
            if fault := _parameter(network, node):
                return fault
            if not isinstance(node.module, Loss) and not np.isfinite(program.output(node.id)).all():
                return Fault(origin(node.id), "output")
    return Fault(network.losses[0].id, "loss") if network.losses else None


def _parameter(network: Network, node: Node) -> Fault | None:
    spoiled = (name for name, each in network.parameters_of(node.id).items() if not np.isfinite(each.value).all())
    return next((Fault(origin(node.id), name) for name in spoiled), None)


def largest_parameter(network: Network) -> str:
    """The id of the module with the largest learned number by absolute value: the one that was driven farthest."""
    learned = {module_id: span for module_id, span in network.slices.items() if not network.is_fitted(module_id)}
    sizes = {module_id: float(np.abs(network.parameters[span]).max()) for module_id, span in learned.items()}
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
