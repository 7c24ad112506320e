"""Measured slope: what the gradient by a number should be, by moving it a little and looking at the loss."""

from __future__ import annotations

import math
from collections.abc import Generator

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


def measured_slope(network: Network, shown: Pass, place: Place) -> Generator[None, None, float]:
    """The slope of the picture's loss by a number, by central differences in float64: what a gradient should be.

    Not a number at a kink or a jump, where there is no slope. Only what can move with the number is computed, from what
    the engine computed below. Yields after each module; returns the slope.

    Args:
        network: of float64, as `Run.twin` makes it; its parameters are moved and put back.
        shown: the picture, and what gradients are by. `place`: of a gradient.
    """
    clock = network.clock
    clock.seed, clock.step, clock.is_training = shown.clock.seed, shown.clock.step, True
    array = _moved_parameter(network, place)
    before = 0.0 if array is None else float(array[place.index])
    size = STEP * max(1.0, abs(before))
    moved = _moved_modules(network, place)
    below = [each for each in shown.outputs if each not in moved or (array is None and each == place.module_id)]
    known = {each: shown.outputs[each][None].astype(np.float64) for each in below}
    middle = yield from _loss_in_double(network, shown, dict(known))
    losses = []
    for change in (-size, size):
        try:
            if array is not None:
                array[place.index] = before + change
            now = dict(known)
            if array is None:
                now[place.module_id] = known[place.module_id].copy()
                now[place.module_id][(0, *place.index)] += change
            losses.append((yield from _loss_in_double(network, shown, now)))
        finally:
            if array is not None:
                array[place.index] = before
    left, right = (middle - losses[0]) / size, (losses[1] - middle) / size
    is_smooth = abs(left - right) <= KINK * max(abs(left), abs(right), 1e-6)
    return (left + right) / 2 if is_smooth else math.nan


def _moved_modules(network: Network, place: Place) -> frozenset[str]:
    """Ids of all modules whose output may move with the number."""
    owner = network.nodes[place.module_id].shares or place.module_id
    found = {place.module_id}
    for node in network.graph.nodes:
        is_user = place.what is What.PARAMETER_GRADIENT and owner in (node.id, node.shares)
        if is_user or found.intersection(node.sources):
            found.add(node.id)
    return frozenset(found)


def _moved_parameter(network: Network, place: Place) -> Array | None:
    if place.what is not What.PARAMETER_GRADIENT:
        return None
    return network.parameters_of(place.module_id)[place.name].value


def _loss_in_double(network: Network, shown: Pass, outputs: dict[str, Array]) -> Generator[None, None, float]:
    """The sum of all losses; `outputs` that are known are taken as they are, and all others added to them."""
    total = 0.0
    for node in network.graph.nodes:
        module = node.module
        inputs = [outputs[each] for each in node.sources]
        if isinstance(module, Loss):
            labels = np.array([max(0, shown.label)]), np.array([shown.partner_label])
            total += module.weight * float(loss_of(node, inputs, *labels)[0])
        elif node.id not in outputs:
            seen = shown.partner if module.shows_partner() else shown.picture
            outputs[node.id] = module.forward(*(inputs or [seen[None].astype(np.float64)])).copy()
            yield
    return total
