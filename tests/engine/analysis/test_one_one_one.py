"""The 1-1-1 net's closed forms against finite differences, a real network, and numbers known from the curriculum."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401 - fill the registries
from convnet_studio.engine.analysis.one_one_one import LINEAR, LINEAR_OUTPUT, TANH, UNITS, OneOneOne
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network

UNEVEN = ((0.5, -0.8, 1.7), (0.3, 0.6, -0.9))
PLACES = [(0.0, 0.0), (0.3, -1.2), (1.0986, 1.0986), (-2.0, 0.7), (3.0, 2.0)]
LN3 = math.log(3)


def built(units: str) -> Network:
    """The same net, of the program's modules; a second input shows the target of each sample."""
    modules: dict[str, Module | Loss] = {
        "x": Module.registry["Input"](),
        "w0": Module.registry["Linear"](out_features=1),
        "f": Module.registry["Tanh"](),
        "w1": Module.registry["Linear"](out_features=1),
        "g": Module.registry["Tanh"](),
        "t": Module.registry["Input"](picture="partner"),
        "loss": Loss.registry["EuclideanLoss"](compared_with="wire"),
    }
    if units == LINEAR:
        del modules["f"]
    if units != TANH:
        del modules["g"]
    chain = [each for each in modules if each not in ("t", "loss")]
    links = [(a, b, 0) for a, b in itertools.pairwise([*chain, "loss"])]
    return Network(modules, [*links, ("t", "loss", 1)], (1,), 1, np.float64)


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("place", PLACES)
def test_loss_and_gradient_are_those_of_the_network(units: str, place: tuple[float, float]) -> None:
    net, network = OneOneOne(*UNEVEN, units), built(units)
    weights = [network.parameters_of(each)["weight"] for each in ("w0", "w1")]
    for weight, value in zip(weights, place, strict=True):  # biases are 0
        weight.value[...] = value
    pictures, targets = (np.array(each)[:, None] for each in UNEVEN)
    labels = np.zeros(len(pictures), np.int64)
    network.forward(pictures, targets)
    assert float(net.loss(*place)) == pytest.approx(network.loss(labels).mean(), rel=1e-12)
    network.backward()
    gradient = [float(weight.grad[0, 0]) for weight in weights]
    assert np.allclose(net.gradient(*place), gradient, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("place", PLACES)
def test_hessian_is_the_slope_of_the_gradient(units: str, place: tuple[float, float]) -> None:
    net, step = OneOneOne(*UNEVEN, units), 1e-5
    w0, w1 = place
    by_w0 = (np.array(net.gradient(w0 + step, w1)) - net.gradient(w0 - step, w1)) / (2 * step)
    by_w1 = (np.array(net.gradient(w0, w1 + step)) - net.gradient(w0, w1 - step)) / (2 * step)
    h00, h01, h11 = net.hessian(w0, w1)
    assert np.allclose([h00, h01], by_w0, atol=1e-8)
    assert np.allclose([h01, h11], by_w1, atol=1e-8)


@pytest.mark.parametrize("place", PLACES)
def test_eigenvalues_and_direction_are_those_of_numpy(place: tuple[float, float]) -> None:
    bend = OneOneOne(*UNEVEN).curvature(*place)
    matrix = np.array([[bend.h00, bend.h01], [bend.h01, bend.h11]])
    values, _ = np.linalg.eigh(matrix)
    assert np.allclose(bend.eigenvalues, values, atol=1e-14)
    assert np.allclose(matrix @ bend.direction, values[1] * np.array(bend.direction), atol=1e-12)


def test_the_saddle_at_zero() -> None:
    loss, bend = OneOneOne().saddle
    assert loss == 1 / 8
    assert bend.eigenvalues == (-1 / 4, 1 / 4)
    assert np.allclose(OneOneOne().gradient(0.0, 0.0), 0)


@pytest.mark.parametrize(("units", "both"), [(TANH, LN3), (LINEAR_OUTPUT, 1.04363), (LINEAR, 1.0)])
def test_zero_loss_curves(units: str, both: float) -> None:
    net = OneOneOne(units=units)
    assert net.has_zero_loss
    w0 = np.array([-3.0, -0.5, 0.2, 1.0, 4.0])
    (curve,) = net.exact_curves(w0)
    assert np.allclose(net.loss(w0, curve), 0, atol=1e-28)
    assert net.exact_curves(np.array([both]))[0][0] == pytest.approx(both, abs=1e-5)


def test_the_curve_of_the_slide() -> None:
    w0 = np.linspace(0.1, 5, 9)
    assert np.allclose(OneOneOne().exact_curves(w0)[0], np.arctanh(0.5) / np.tanh(w0 / 2))


def test_samples_that_contradict_each_other_have_no_zero_loss() -> None:
    net = OneOneOne((0.5, 1.0), (0.5, -0.5))
    assert not net.has_zero_loss
    assert len(net.exact_curves(np.linspace(-2, 2, 7))) == 2


def test_a_target_out_of_reach_has_no_curve() -> None:
    assert OneOneOne((0.5,), (1.5,)).exact_curves(np.array([1.0, 2.0])) == []
    assert not OneOneOne((0.5,), (1.5,)).has_zero_loss


def test_plateaus() -> None:
    assert OneOneOne().plateaus == (1 / 8, 1.125)
    assert float(OneOneOne().loss(-400.0, 400.0)) == pytest.approx(1.125)
    assert float(OneOneOne(*UNEVEN).loss(400.0, 400.0)) == pytest.approx(OneOneOne(*UNEVEN).plateaus[0])  # type: ignore[index]
    assert OneOneOne(units=LINEAR_OUTPUT).plateaus is None


def test_the_largest_rate_at_the_symmetric_minimum() -> None:
    """J = ¾ (3 ln 3 / 8, ½), H = J Jᵀ: eigenvalues 0 and 0.2361, so that descent is stable below 8.47."""
    bend = OneOneOne().curvature(LN3, LN3)
    j = 0.75 * np.array([3 * LN3 / 8, 0.5])
    assert bend.eigenvalues == pytest.approx((0, float(j @ j)), abs=1e-12)
    assert bend.largest_rate == pytest.approx(2 / float(j @ j))
    assert bend.largest_rate == pytest.approx(8.47, abs=5e-3)


def test_no_rate_is_too_large_where_nothing_bends_upwards() -> None:
    assert OneOneOne((0.5,), (0.5,)).curvature(-30.0, 30.0).largest_rate > 1e6
    assert math.isinf(OneOneOne((0.0,), (0.5,)).curvature(1.0, 1.0).largest_rate)


@pytest.mark.parametrize(
    "wrong", [((0.5,), (0.5, 1.0), TANH), ((), (), TANH), ((math.nan,), (0.5,), TANH), ((0.5,), (0.5,), "relu")]
)
def test_what_is_no_net_is_refused(wrong: tuple[tuple[float, ...], tuple[float, ...], str]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        OneOneOne(*wrong)
