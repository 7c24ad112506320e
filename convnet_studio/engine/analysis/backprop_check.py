"""Backprop check: is a gradient of a walk the slope of the loss that it claims to be? Measured by moving one number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Slot, Walk
from convnet_studio.engine.analysis.module_slopes import ModuleSlopes
from convnet_studio.engine.nn.gradient_check import STEP
from convnet_studio.engine.nn.module import Array

TOLERANCE = 1e-6
"""Relative error up to which two slopes agree."""
_ROUNDINGS = 10
"""Of the loss, and of numbers near 1 on the way to it, in their last digit, that a measured slope may be off by."""
_FINER = 8
"""How much closer a second look is. Where the loss only bends, the slopes to both sides come closer as much."""
_BEND = 0.5
"""Part of an error that must be found between the slopes to the two sides, and be left closer by, for a corner."""
_NEARER = 100
"""What the step is divided by to see corners on both sides: they bend a slope alike, but none within the small step."""


@dataclass(frozen=True)
class Check:
    """What was measured of one gradient.

    Attributes:
        measured: the slope.
        relative_error: how far the computed one is from it, as a part of the largest gradient of the array.
        agrees: whether that is no more than measuring can tell.
        is_at_kink: they do not agree, and the slope to one side is another than that to the other, or a smaller step
            finds another one: the number stands at a corner (of a maximum, of ReLU), where there is no one slope, or
            nearer to corners than the step.
    """

    measured: float
    relative_error: float
    agrees: bool
    is_at_kink: bool = False

    @property
    def is_rounding(self) -> bool:
        """Whether it agrees only because the last digits of the loss say no more: the slope is too small for it."""
        return self.agrees and self.relative_error > TOLERANCE


def check(stepper: Stepper, walk: Walk, slot: Slot, index: int) -> Check:
    """Compare one gradient that is known with the slope of the loss, a central difference, all else as it is.

    A GRAD_IN is the slope over this one wire, a GRAD_PARAMETER that over this one use of a shared parameter. Where a
    number on the way was edited, the edit stays as a constant difference.

    Args:
        stepper: of float64, else the difference is mostly rounding.
        walk: at or beyond the loss, nothing stale.
        slot: of gradients. `index`: flat.
    """
    gradients = walk.values[slot]
    computed, eps = float(gradients.reshape(-1)[index]), np.finfo(gradients.dtype).eps
    found, bends = list[Check](), list[float]()
    with np.errstate(all="ignore"):
        here = stepper.loss(walk, {})
        for step in (STEP, STEP / _FINER):
            above, below = (_loss_when_moved(stepper, walk, slot, index, each) for each in (step, -step))
            slope = (above - below) / (2 * step)
            largest = max(float(np.abs(gradients).max()), abs(slope), np.finfo(float).tiny)
            noise, error = float(_ROUNDINGS * eps * max(abs(here), 1.0) / step), abs(slope - computed)
            found.append(Check(slope, error / largest, bool(error <= TOLERANCE * largest + noise)))
            bends.append(abs(above - 2 * here + below) / step)
            if found[-1].agrees:
                return found[-1]
        above, below = (_loss_when_moved(stepper, walk, slot, index, step / _NEARER) for step in (STEP, -STEP))
    error = abs(found[0].measured - computed)
    nearer, rounding = (above - below) * _NEARER / (2 * STEP), _ROUNDINGS * eps * abs(here) / STEP
    is_corner = bends[0] > _BEND * error and bends[1] > max(_BEND * bends[0], noise)
    is_between_corners = abs(nearer - found[0].measured) - _NEARER * rounding > _BEND * error
    return replace(found[0], is_at_kink=bool(is_corner or is_between_corners))


def _loss_when_moved(stepper: Stepper, walk: Walk, slot: Slot, index: int, step: float) -> float:
    """The loss when the number whose gradient stands at `slot` is moved; only what depends on it is computed."""
    fresh: dict[str, Array] = {}
    if slot.kind is Kind.GRAD_OUT:
        fresh[slot.module] = _stepped(walk.values[Slot(Kind.OUT, slot.module)], index, step)
    for module_id, node in stepper.nodes.items():
        is_here = module_id == slot.module and slot.kind is not Kind.GRAD_OUT
        if not is_here and (module_id in fresh or not any(source in fresh for source in node.sources)):
            continue
        here = stepper.slopes(walk.values, module_id)
        inputs = [fresh.get(source, old) for source, old in zip(node.sources, here.inputs, strict=True)]
        kept = _edit_of(walk, module_id, here)
        if is_here and slot.kind is Kind.GRAD_IN:
            inputs[int(slot.key)] = _stepped(inputs[int(slot.key)], index, step)
        elif is_here:
            here.parameters[str(slot.key)].value.reshape(-1)[index] += step
        fresh[module_id] = here.output(*inputs) + kept
    return stepper.loss(walk, fresh)


def _edit_of(walk: Walk, module_id: str, here: ModuleSlopes) -> Array | float:
    """What somebody's edit adds to a module's output."""
    out = Slot(Kind.OUT, module_id)
    return walk.values[out] - here.output() if out in walk.edited else 0.0


def _stepped(array: Array, index: int, step: float) -> Array:
    moved = array.copy()
    moved.reshape(-1)[index] += step
    return moved
