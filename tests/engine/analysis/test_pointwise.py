"""Non-linearities side by side: shares, dead units and slopes against closed forms and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from moments import answer_of, moment_of

from convnet_studio.engine.analysis.pointwise import AskPointwise, Study, build, pointwise_kinds, respond, study
from convnet_studio.engine.nn.module import Module


def test_all_pointwise_modules_and_no_competition() -> None:
    assert set(pointwise_kinds()) >= {"Abs", "ReLU", "ScaledTanh", "Sigmoid", "SmoothShrink", "Softshrink", "Tanh"}
    assert not {"WinnerTakesAll", "LateralInhibition", "Conv2d", "Dropout"} & set(pointwise_kinds())
    assert set(pointwise_kinds()) <= set(Module.registry)


@pytest.mark.parametrize("kind", pointwise_kinds())
def test_slopes_are_those_of_finite_differences(kind: str) -> None:
    x, h = np.linspace(-2.03, 1.97, 33), 1e-6  # no point at a kink
    module = build(kind)
    y, slope = respond(module, x)
    measured = (respond(module, x + h)[0] - respond(module, x - h)[0]) / (2 * h)
    assert np.allclose(slope, measured, atol=1e-6)
    assert y.shape == x.shape


def test_shares_and_dead_units_of_relu() -> None:
    values = np.array([[-1.0, 2.0, -3.0, 0.5], [-2.0, -1.0, 4.0, 0.25]])
    found = list(study(values, {"ReLU": (), "Softshrink": (("lambd", 1.0),)}))[-1]
    relu, shrink = found.transfers["ReLU"], found.transfers["Softshrink"]
    assert (relu.zeros, relu.blocked, relu.dead) == (0.5, 0.5, 0.25)
    assert relu.mean == pytest.approx(6.75 / 8)
    assert shrink.dead == 0.25  # the last unit stays within the threshold
    assert shrink.zeros == 4 / 8  # |x| is at most 1 for -1, -1, 0.5 and 0.25
    assert relu.counts.sum() == found.counts.sum() == 8
    assert found.x[0] == -4.0


def test_what_is_not_finite_is_left_out() -> None:
    found = next(study(np.array([[1.0, np.nan], [np.inf, -1.0]]), {"Tanh": ()}))
    assert found.counts.sum() == 2
    with pytest.raises(ValueError, match="finite"):
        next(study(np.full((2, 2), np.nan), {"Tanh": ()}))


def test_the_outputs_are_those_of_the_network() -> None:
    moment = moment_of("tiny-digits")
    network = moment.run.network
    module_id = next(node.id for node in network.graph.nodes if type(node.module).__name__ == "Conv2d")
    said = answer_of(AskPointwise(module_id), moment)
    assert isinstance(said, Study)
    shown = network.forward(moment.picture[None])[module_id].ravel()
    assert all(np.abs(shown - each).min() < 1e-5 for each in said.points)
    assert said.units == shown.size
    assert set(said.transfers) == set(pointwise_kinds())
    assert said.transfers["Abs"].mean > 0
