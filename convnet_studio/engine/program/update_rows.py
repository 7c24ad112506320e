"""Update rows: an optimizer with its step plan as rows of compiled leaves, where there are leaves for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from convnet_studio.engine.kernels import rules
from convnet_studio.engine.kernels.fields import Place, Span
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.optimizers.ada_grad import AdaGrad
from convnet_studio.engine.nn.optimizers.adam import Adam
from convnet_studio.engine.nn.optimizers.rms_prop import RMSProp
from convnet_studio.engine.nn.optimizers.sgd import SGD
from convnet_studio.engine.nn.step_plan import CLIP_MARGIN, Rows, Run, StepPlan

Row = tuple[Leaf, dict[str, Any]]


def _sgd(optimizer: SGD) -> Row:
    if not optimizer.momentum:
        return rules.plain_rule, {}
    if optimizer.damps:
        return rules.damped_rule, {"momentum": optimizer.momentum}
    return rules.momentum_rule, {"momentum": optimizer.momentum, "nesterov": int(optimizer.nesterov)}


_RULES: Mapping[type[Optimizer], Callable[[Any], Row]] = {
    SGD: _sgd,
    AdaGrad: lambda own: (rules.adagrad_rule, {"epsilon": own.epsilon}),
    RMSProp: lambda own: (rules.rmsprop_rule, {"alpha": own.alpha, "epsilon": own.epsilon}),
    Adam: lambda own: (rules.adam_rule, {"beta1": own.beta1, "beta2": own.beta2, "epsilon": own.epsilon}),
}
"""The leaf of an optimizer and those of its fields that are settings; the names of the state are fields too."""


def has_leaf(optimizer: Optimizer) -> bool:
    """Whether `update_rows` knows this optimizer; all others run their numpy code."""
    return type(optimizer) in _RULES


def update_rows(optimizer: Optimizer, plan: StepPlan, rate: Place) -> list[Row]:
    """What a step does after the gradient is there, in the order of `Optimizer.update`.

    Clipping and L2 write into the gradient vector itself.

    Args:
        optimizer: one that `has_leaf`, its state made.
        plan: what else is done.
        rate: where the learning rate of the step lies, as the bits of a float64.
    """
    limits = plan.limits
    rows: list[Row] = []
    if limits.clip_norm:
        rows.append((rules.clip, _clipping(plan)))
    if limits.l2:
        rows += [(rules.decay, {**_part(each), "strength": limits.l2}) for each in plan.weights]
    leaf, settings = _RULES[type(optimizer)](optimizer)
    for run in plan.runs:
        places = {name: Place(optimizer.state[name], run.end - run.start, run.start) for name in optimizer.state_names}
        rows.append((leaf, {**_part(run), "rate": rate, "factor": run.factor, **places, **settings}))
    if limits.l1 or limits.max_norm:
        rows += [row for each in plan.weights for row in _holding(each, plan, rate)]
    return rows


def _holding(weights: Rows, plan: StepPlan, rate: Place) -> list[Row]:
    rows: list[Row] = []
    if plan.limits.l1:
        rows.append((rules.shrink, {**_part(weights), "rate": rate, "factor": weights.factor * plan.limits.l1}))
    if plan.limits.max_norm:
        shape = {"rows": weights.rows, "length": weights.length}
        rows.append((rules.bound_rows, {**_part(weights), **shape, "limit": plan.limits.max_norm}))
    return rows


def _part(each: Run | Rows) -> dict[str, Any]:
    """The fields that say where in the flat vectors a row works."""
    size = each.part.stop - each.part.start
    return {"part": Span(each.part.start, size), "size": size}


def _clipping(plan: StepPlan) -> dict[str, Any]:
    parts = np.array([(run.start, run.end - run.start) for run in plan.runs], np.int64).ravel()
    return {
        "parts": Place(parts, parts.size),
        "count": len(plan.runs),
        "limit": plan.limits.clip_norm,
        "margin": CLIP_MARGIN,
    }
