"""Rule: how one kind of module makes one value, as the files in ``rules/`` tell it.

A rule is a function from a `Case`, one value of one module with the numbers that it was made of, to `Made`, the steps
with all their terms. A kind without a rule is still explained: by all inputs that reach the value, and by what the
module's own code gives for them in float64.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.analysis.explanation import Column, Group, Index, Step, What, single
from convnet_studio.engine.analysis.reach import seen_inputs
from convnet_studio.engine.nn.chance import RandomModule
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module, Parameter
from convnet_studio.engine.registry import Registry

MANY_ROUNDINGS = 64
"""Allowed to a function that no rule takes apart, besides one for each of its inputs."""


@dataclass(frozen=True, eq=False)
class Case:
    """One value to be explained.

    Attributes:
        node: the module at its place.
        inputs: what it was given, one for each port, as stored, batch left out.
        parameters: its arrays by name, as stored.
        index: of the value in the module's output; of a loss ``()``.
        target: of a loss, what it compares with (see `Loss.target`), ``(1, ...)``.
    """

    node: Node
    inputs: tuple[Array, ...]
    parameters: Mapping[str, Array]
    index: Index
    target: Array | None = None

    def input(self, indices: object, symbol: str = "x", port: int = 0) -> Column:
        """Values of an input; `indices` ``(terms, axes)`` or one index, rows below 0 are padding, which is 0."""
        rows = np.atleast_2d(np.asarray(indices, np.int64))
        source = self.node.sources[port] if self.node.sources else ""
        return Column(symbol, _values(self.inputs[port], rows), source, What.OUTPUT, "", rows)

    def parameter(self, name: str, indices: object, symbol: str = "w") -> Column:
        """Values of one of its arrays."""
        rows = np.atleast_2d(np.asarray(indices, np.int64))
        values = _values(self.parameters[name], rows)
        return Column(symbol, values, self.node.id, What.PARAMETER, name, rows)

    def double(self) -> Module:
        """The module for itself, with its parameters in float64: what it computes disturbs nobody."""
        assert isinstance(self.node.module, Module)
        return in_double(self.node.module, self.parameters)

    def computed(self) -> float:
        """What the module's own code gives in float64 for these inputs."""
        inputs = [each[None].astype(np.float64) for each in self.inputs]
        if isinstance(self.node.module, Loss):
            assert self.target is not None
            return float(copy.copy(self.node.module).forward(*inputs, self.target)[0])
        return float(self.double().forward(*inputs)[0][self.index])


def in_double(module: Module, parameters: Mapping[str, Array]) -> Module:
    """A copy of a module with these parameters in float64, and gradients of its own that are 0."""
    double = copy.copy(module)
    for name, each in module.parameters().items():
        value = parameters[name].astype(np.float64)
        setattr(double, name, Parameter(name, value, np.zeros_like(value), each.fan_in))
    if isinstance(double, RandomModule):
        double.chance = copy.copy(double.chance)
    return double


def _values(array: Array, rows: NDArray[np.int64]) -> Array:
    if not rows.shape[1]:
        return array.reshape(1)
    inside = (rows >= 0).all(axis=1)
    values: Array = array[tuple(np.maximum(rows, 0).T)]
    return values if inside.all() else np.where(inside, values, values.dtype.type(0))


@dataclass(frozen=True)
class Made:
    """What a rule says: steps, the number K of roundings, `slack` (see `Explanation`), and a sentence worth knowing."""

    steps: tuple[Step, ...]
    roundings: int
    remark: str = ""
    slack: float = 0.0


Rule = Callable[[Case], Made]
_RULES: Registry[Rule] = Registry("rule")


def rule(*kinds: str) -> Callable[[Rule], Rule]:
    """Make a function the rule of these kinds of modules or losses."""

    def register(made: Rule) -> Rule:
        for kind in kinds:
            _RULES.add(kind, made)
        return made

    return register


def has_rule(kind: str) -> bool:
    """Whether values of this kind are taken apart."""
    return kind in _RULES


def explain_case(case: Case) -> Made:
    """How the value came about, by the rule of its kind, else as a whole."""
    kind = type(case.node.module).__name__
    return _RULES[kind](case) if kind in _RULES else as_a_whole(case)


def as_a_whole(case: Case) -> Made:
    """What the module's own code gives in float64, and all the inputs that reach the value."""
    groups: list[Group] = []
    for port, seen in enumerate(seen_inputs(case.node, case.index)):
        rows = np.argwhere(seen)
        column = case.input(rows, port=port)
        groups.append(Group(f"input {port + 1}", np.zeros(len(rows)), (column,)))
    value = single(f"{type(case.node.module).__name__} in float64", case.computed())
    count = sum(len(group.values) for group in groups)
    step = Step("y", (*groups, value), "y = f(x)")
    return Made((step,), count + MANY_ROUNDINGS, "Its inputs are shown, and what its code gives for them in float64.")


def window(place: Sequence[int], size: int, stride: int, padding: int, space: Sequence[int]) -> NDArray[np.int64]:
    """What a window sees along each axis of the maps, ``(size^axes, axes)`` row by row; -1 in padding."""
    along = [stride * at - padding + np.arange(size) for at in place]
    cells = np.stack(np.meshgrid(*along, indexing="ij"), axis=-1).reshape(-1, len(along))
    outside = ((cells < 0) | (cells >= np.array(space))).any(axis=1)
    cells[outside] = -1
    return cells.astype(np.int64)


def in_map(channel: int, cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cells of one map, with its number in front; -1 stays -1."""
    first = np.where((cells < 0).any(axis=1), -1, channel)
    return np.column_stack([first, cells])


def at_most(count: float, most: int) -> int:
    """A number of roundings that grows with a size, rounded up; `most` where it is larger, or is not a number."""
    return math.ceil(count) if count < most else most


def scaled(group: Group, factor: float, name: str = "") -> Group:
    """The group with each term times a number."""
    return replace(group, values=group.values * factor, name=name or group.name)
