"""Competition: values that many others have a say in: probabilities, winners, inhibition."""

from __future__ import annotations

import math

import numpy as np

from convnet_studio.engine.analysis.explanation import Column, Group, Step, product, single
from convnet_studio.engine.analysis.rule import Case, Made, at_most, rule
from convnet_studio.engine.nn.module import Array


@rule("Softmax")
def probability(case: Case) -> Made:
    """e to the score, over the sum of these of all classes."""
    first, scores, largest = _powers(case)
    own = float(scores.values[case.index[0]])
    value = math.exp(own - largest) / first.result
    last = Step("y", (single("e^(x − m) / s", value, case.input(case.index)),), "y = e^(x − m) / s")
    return Made((first, last), len(scores.values) + 12 + at_most(largest - own, 1000))


@rule("LogSoftmax")
def log_probability(case: Case) -> Made:
    """The score, less the logarithm of the sum of all powers."""
    first, scores, largest = _powers(case)
    groups = (
        product("x", case.input(case.index)),
        single("−m, the largest", -largest),
        single("−log s", -math.log(first.result)),
    )
    return Made((first, Step("y", groups, "y = x − m − log s")), len(scores.values) + 12)


@rule("WinnerTakesAll")
def winner(case: Case) -> Made:
    """The value, if it is among the largest."""
    settings = case.node.module.settings()
    channel, *place = case.index
    x = case.inputs[0]
    if settings["over"] == "maps":
        rows, own = [(at, *place) for at in range(len(x))], channel
    else:
        rows = [(channel, *at) for at in np.ndindex(x.shape[1:])]
        own = int(np.ravel_multi_index(place, x.shape[1:])) if place else 0
    competitors = case.input(rows)
    rank = int(np.flatnonzero(np.argsort(-competitors.values, kind="stable") == own)[0])
    wins = rank < int(settings["winners"])
    values = competitors.values.astype(np.float64)
    group = Group("competitors", values if wins else np.zeros(len(values)), (competitors,), 1, chosen=own)
    verdict = f"number {rank + 1} by size: " + ("it passes" if wins else "silent")
    return Made((Step("y", (group,), f"y = x among the {settings['winners']} largest, else 0; {verdict}"),), 0)


@rule("LateralInhibition")
def inhibited(case: Case) -> Made:
    """The value and what other maps do to it, shrunk by the threshold."""
    channel, *place = case.index
    maps = len(case.inputs[0])
    theta = np.abs(case.parameters["theta"].astype(np.float64))
    everything = case.input([(at, *place) for at in range(maps)])
    x = everything.values.astype(np.float64)
    shrunk = np.sign(x) * np.maximum(np.abs(x) - theta, 0)
    others = [at for at in range(maps) if at != channel]
    weights = case.parameter("weight", [(channel, at) for at in others], "S") if others else None
    groups = [product("x", case.input(case.index))]
    if weights is not None:
        columns = (Column("h(x)", shrunk[others]), weights)
        groups.append(product("S h(x) of other maps", *columns))
    first = Step("u", tuple(groups), "u = x + Σ S h(x), h the shrinkage by θ")
    u, limit = first.result, float(theta[channel])
    count = 2 * maps + 6
    if not abs(u) > limit:
        return Made((first, Step("y", (single("|u| ≤ θ: silent", 0.0),), "y = h(u)")), count)
    last = (*groups, single("−sign(u) θ", -math.copysign(limit, u)))
    return Made((first, Step("y", last, "y = u − sign(u) θ")), count)


def _powers(case: Case) -> tuple[Step, Column, float]:
    """The powers of all classes at a place as a sum, the scores, and the largest of them."""
    _, *place = case.index
    scores = case.input([(at, *place) for at in range(len(case.inputs[0]))])
    values: Array = scores.values.astype(np.float64)
    largest = float(values.max())
    group = Group("classes", np.exp(values - largest), (scores,))
    return Step("s", (group,), "s = Σ e^(x − m), m the largest"), scores, largest
