"""Backprop check: is a gradient of a walk the slope of the loss that it claims to be? Measured by moving one number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Slot, Walk
from convnet_studio.engine.analysis.module_slopes import ModuleSlopes
from convnet_studio.engine.nn.gradient_check import STEP
from convnet_studio.engine.nn.module import Array

TOLERANCE = 1e-6
"""Relative error up to which two slopes agree."""
_ROUNDINGS = 10
"""Of the loss, in its last digit, that a measured slope may be off by."""
_BEND = 0.5
"""Part of an error that must be found again between the slopes to the two sides, for a corner to be its cause."""
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
    with np.errstate(all="ignore"):
        above, below = (_loss_when_moved(stepper, walk, slot, index, step) for step in (STEP, -STEP))
        here = stepper.loss(walk, {})
    gradients = walk.values[slot]
    slope, computed = (above - below) / (2 * STEP), float(gradients.reshape(-1)[index])
    largest = max(float(np.abs(gradients).max()), abs(slope), np.finfo(float).tiny)
    rounding = _ROUNDINGS * np.finfo(gradients.dtype).eps * abs(here) / STEP
    error = abs(slope - computed)
    if error <= TOLERANCE * largest + rounding:
        return Check(slope, error / largest, True)
    is_at_kink = abs(above - 2 * here + below) / STEP > _BEND * error
    if not is_at_kink:
        with np.errstate(all="ignore"):
            above, below = (_loss_when_moved(stepper, walk, slot, index, step / _NEARER) for step in (STEP, -STEP))
        nearer = (above - below) / (2 * STEP / _NEARER)
        is_at_kink = abs(nearer - slope) - _NEARER * rounding > _BEND * error
    return Check(slope, error / largest, False, bool(is_at_kink))


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
