"""Lowering: how a module becomes operations, the contract that every file in ``lowerings/`` fulfils.

A rule is a function ``rule(node, to)`` declared with `@lowers(ModuleClass)`. It asks the `Builder` `to` for the
buffers of the module's inputs and output and appends leaf operations. A module without a rule runs its numpy code
(callback.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.registry import Registry

if TYPE_CHECKING:
    from convnet_studio.engine.program.builder import Builder

Rule = Callable[[Node, "Builder"], None]

RULES: Registry[Rule] = Registry("lowering rule")
"""The rules by the name of the module's class."""


FORGETTING: set[str] = set()
"""The classes whose backward pass does not look at their output: what follows may overwrite it."""


@dataclass(frozen=True)
class LaneRule:
    """How a module is lowered with the samples innermost, and whether one can be: ``fits(node, chunk)``."""

    rule: Rule
    fits: Callable[[Node, int], bool]


LANE_RULES: Registry[LaneRule] = Registry("lowering rule with the samples innermost")
"""These rules by the name of the module's class."""


def lowers(*classes: type[Module] | type[Loss], forgets_output: bool = False) -> Callable[[Rule], Rule]:
    """Declare a function as the rule of one or several module classes."""

    def declare(rule: Rule) -> Rule:
        for each in classes:
            RULES.add(each.__name__, rule)
            if forgets_output:
                FORGETTING.add(each.__name__)
        return rule

    return declare


def lowers_in_lanes(
    kind: type[Module], fits: Callable[[Node, int], bool] = lambda node, chunk: True
) -> Callable[[Rule], Rule]:
    """Declare a function as the rule of a module class where the samples of a chunk lie innermost (lanes.py)."""

    def declare(rule: Rule) -> Rule:
        LANE_RULES.add(kind.__name__, LaneRule(rule, fits))
        return rule

    return declare
