"""Wiring: values that are handed on, added, multiplied."""

from __future__ import annotations

import numpy as np

from convnet_studio.engine.analysis.explanation import Group, Step, product, single
from convnet_studio.engine.analysis.rule import Case, Made, rule


@rule("Input")
def pixel(case: Case) -> Made:
    """The number of the picture."""
    return Made((Step("y", (single("pixel", float(case.inputs[0][case.index])),), "y = the picture's pixel"),), 0)


@rule("Flatten", "Reshape")
def reordered(case: Case) -> Made:
    """The number at the same place in the order channel, height, width."""
    flat = np.ravel_multi_index(case.index, case.node.shape)
    return _copy(case, np.unravel_index(flat, case.inputs[0].shape))


@rule("Dropout")
def handed_on(case: Case) -> Made:
    """Outside of training it hands on what it gets."""
    return _copy(case, case.index)


@rule("Upsample")
def repeated(case: Case) -> Made:
    """The pixel that is repeated."""
    factor = int(case.node.module.settings()["scale_factor"])
    channel, *place = case.index
    return _copy(case, (channel, *(at // factor for at in place)))


@rule("Concat")
def joined(case: Case) -> Made:
    """The map of the input that it comes from."""
    channel, *place = case.index
    port = 0
    while channel >= len(case.inputs[port]):
        channel -= len(case.inputs[port])
        port += 1
    return _copy(case, (channel, *place), port)


@rule("Add")
def added(case: Case) -> Made:
    """The values of all wires."""
    groups = [product(f"wire {port + 1}", case.input(case.index, port=port)) for port in range(len(case.inputs))]
    return Made((Step("y", tuple(groups), "y = Σ x"),), len(groups))


@rule("Multiply")
def multiplied(case: Case) -> Made:
    """One product of all wires."""
    columns = [case.input(case.index, f"x{port + 1}", port) for port in range(len(case.inputs))]
    return Made((Step("y", (product("product", *columns),), "y = Π x"),), len(columns))


def _copy(case: Case, index: object, port: int = 0) -> Made:
    group: Group = product("the same value", case.input(index, port=port))
    return Made((Step("y", (group,), "y = x"),), 0)
