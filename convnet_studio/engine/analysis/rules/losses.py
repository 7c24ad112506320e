"""Losses: how far a prediction is from what was wanted."""

from __future__ import annotations

import math

import numpy as np

from convnet_studio.engine.analysis.explanation import Column, Group, Step, product, single
from convnet_studio.engine.analysis.rule import Case, Made, rule, scaled
from convnet_studio.engine.nn.losses.contrastive_loss import ContrastiveLoss
from convnet_studio.engine.nn.losses.multi_margin_loss import MultiMarginLoss
from convnet_studio.engine.nn.squared_distance import SquaredDistance


@rule("NLLLoss")
def log_likelihood(case: Case) -> Made:
    """Minus the log-probability of the right class."""
    label = _label(case)
    group = scaled(product(f"−y of class {label}", _all(case, [label])), -1.0)
    return Made((Step("L", (group,), "L = −y of the right class"),), 0)


@rule("CrossEntropyLoss")
def cross_entropy(case: Case) -> Made:
    """The logarithm of the sum of all powers, less the score of the right class."""
    scores, label = _all(case), _label(case)
    x = scores.values.astype(np.float64)
    largest = float(x.max())
    first = Step("s", (Group("classes", np.exp(x - largest), (scores,)),), "s = Σ e^(x − m), m the largest")
    groups = (
        single("log s", math.log(first.result)),
        single("m", largest),
        scaled(product(f"−x of class {label}", _all(case, [label])), -1.0),
    )
    return Made((first, Step("L", groups, "L = log s + m − x of the right class")), len(x) + 12)


@rule("MSELoss", "EuclideanLoss")
def squared_distance(case: Case) -> Made:
    """Each squared difference to what is wanted, times the scale."""
    module, y = case.node.module, _all(case)
    assert isinstance(module, SquaredDistance)
    if len(case.inputs) == 2:
        wanted = _all(case, port=1, symbol="t")
    else:
        assert case.target is not None
        wanted = Column("t", case.target[0])
    scale = module.scale(len(y.values))
    values = np.square(y.values.astype(np.float64) - wanted.values) * scale
    group = Group("(y − t)²", values, (y, wanted))
    return Made((Step("L", (group,), f"L = {scale:.6g} Σ (y − t)²"),), len(values) + 4)


@rule("L1Penalty")
def activity(case: Case) -> Made:
    """All sizes."""
    z = _all(case, symbol="z")
    step = Step("L", (Group("|z|", np.abs(z.values.astype(np.float64)), (z,)),), "L = Σ |z|")
    return Made((step,), len(z.values) + 1)


@rule("BCEWithLogitsLoss")
def binary_cross_entropy(case: Case) -> Made:
    """Of each output, how surprising it is that its class is there, or not."""
    scores, label = _all(case), _label(case)
    x = scores.values.astype(np.float64)
    count = len(x)
    groups = (
        Group("max(x, 0) / n", np.maximum(x, 0) / count, (scores,)),
        Group("log(1 + e^−|x|) / n", np.log1p(np.exp(-np.abs(x))) / count, (scores,)),
        single(f"−x of class {label} / n", -x[label] / count, _all(case, [label])),
    )
    return Made((Step("L", groups, "L = (Σ log(1 + e^x) − x of the right class) / n"),), count + 16)


@rule("MultiMarginLoss")
def hinge(case: Case) -> Made:
    """Of each other class, what the right one's lead lacks."""
    module, scores, label = case.node.module, _all(case), _label(case)
    assert isinstance(module, MultiMarginLoss)
    x = scores.values.astype(np.float64)
    missing = np.maximum(module.margin - x[label] + x, 0)
    missing[label] = 0
    formula = f"L = Σ max(0, m − x_t + x)^{module.p} / n"
    if module.p == 1:
        lacking = np.flatnonzero(missing)
        share, count = 1 / len(x), len(lacking)
        groups = (
            Group("x / n of those too near", x[lacking] * share, (_all(case, lacking.tolist()),)),
            single(f"{count} × m / n", count * module.margin * share),
            single(f"−{count} × x of class {label} / n", -count * x[label] * share, _all(case, [label])),
        )
        return Made((Step("L", groups, formula),), len(x) + 6)
    first = Step("a", (Group("classes", missing, (scores,)),), "a = max(0, m − x_t + x) of each other class")
    lacking = np.flatnonzero(missing)
    share = missing[lacking] / len(x)
    groups = (
        Group("a x / n of those too near", share * x[lacking], (_all(case, lacking.tolist()),)),
        single("Σ a m / n", module.margin * math.fsum(share.tolist())),
        single(f"−Σ a x of class {label} / n", -x[label] * math.fsum(share.tolist()), _all(case, [label])),
    )
    return Made((first, Step("L", groups, f"{formula} = Σ a (x + m − x_t) / n")), len(x) + 8)


@rule("ContrastiveLoss")
def pair(case: Case) -> Made:
    """The distance, and half the square of it or of what lacks to the margin."""
    module = case.node.module
    assert isinstance(module, ContrastiveLoss)
    assert case.target is not None
    a, b = _all(case, symbol="a"), _all(case, port=1, symbol="b")
    squares = np.square(a.values.astype(np.float64) - b.values)
    first = Step("D²", (Group("(a − b)²", squares, (a, b)),), "D² = Σ (a − b)²")
    distance, count = math.sqrt(first.result), len(squares) + 8
    if int(case.target[0]) == 1:
        same = Step("L", (single("D² / 2", first.result / 2),), "L = D² / 2, a pair of one class")
        return Made((first, same), count)
    lacking = max(module.margin - distance, 0.0)
    groups = (single("m (m − D) / 2", module.margin * lacking / 2), single("−D (m − D) / 2", -distance * lacking / 2))
    return Made((first, Step("L", groups, "L = max(0, m − D)² / 2, a pair of two classes")), count)


def _label(case: Case) -> int:
    assert case.target is not None
    return int(np.asarray(case.target).reshape(-1)[0])


def _all(case: Case, only: list[int] | None = None, port: int = 0, symbol: str = "x") -> Column:
    """All numbers of a prediction, or some, in the order channel, height, width."""
    shape = case.inputs[port].shape
    flat = np.arange(math.prod(shape)) if only is None else np.array(only, np.int64)
    return case.input(np.stack(np.unravel_index(flat, shape), axis=1), symbol, port)
