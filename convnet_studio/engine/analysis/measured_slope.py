"""Measured slope: what the gradient by a number should be, by moving it a little and looking at the loss."""

from __future__ import annotations

import math

import numpy as np

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.analysis.passes import Pass
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network, loss_of

STEP = 1e-5
"""How far, of its own size or of 1, a number is moved to measure the slope of the loss."""
KINK = 1e-2
"""Slopes on both sides that differ by more than this part of them: the number stands at a kink or a jump."""


def measured_slope(network: Network, shown: Pass, place: Place) -> float:
    """The slope of the picture's loss by a number, by central differences in float64: what a gradient should be.

    Not a number at a kink or a jump, where there is no slope.

    Args:
        network: of float64, as `Run.twin` makes it; its parameters are moved and put back.
        shown: the picture, and what gradients are by. `place`: of a gradient.
    """
    clock = network.clock
    clock.seed, clock.step, clock.is_training = shown.clock.seed, shown.clock.step, True
    array = _moved_parameter(network, place)
    before = 0.0 if array is None else float(array[place.index])
    size = STEP * max(1.0, abs(before))
    losses = []
    for change in (-size, 0.0, size):
        if array is not None:
            array[place.index] = before + change
        losses.append(_loss_in_double(network, shown, place, change if array is None else 0.0))
    if array is not None:
        array[place.index] = before
    left, right = (losses[1] - losses[0]) / size, (losses[2] - losses[1]) / size
    is_smooth = abs(left - right) <= KINK * max(abs(left), abs(right), 1e-6)
    return (left + right) / 2 if is_smooth else math.nan


def _moved_parameter(network: Network, place: Place) -> Array | None:
    if place.what is not What.PARAMETER_GRADIENT:
        return None
    return network.parameters_of(place.module_id)[place.name].value


def _loss_in_double(network: Network, shown: Pass, place: Place, change: float) -> float:
    """The sum of all losses, with one output moved by `change`."""
    outputs: dict[str, Array] = {}
    total = 0.0
    for node in network.graph.nodes:
        module = node.module
        inputs = [outputs[each] for each in node.sources]
        if isinstance(module, Loss):
            labels = np.array([max(0, shown.label)]), np.array([shown.partner_label])
            total += module.weight * float(loss_of(node, inputs, *labels)[0])
            continue
        seen = shown.partner if module.shows_partner() else shown.picture
        output = module.forward(*(inputs or [seen[None].astype(np.float64)]))
        if change and node.id == place.module_id:
            output = output.copy()
            output[(0, *place.index)] += change
        outputs[node.id] = output
    return total
