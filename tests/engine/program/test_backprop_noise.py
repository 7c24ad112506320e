"""The gradient check of a net that learned a picture by heart: slopes below what can be measured, and no corners."""

from __future__ import annotations

import numpy as np
import pytest

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401 - fill the registries
from convnet_studio.engine.analysis.backprop_check import check
from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Slot
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.presets import load_preset


def knowing(loss: float) -> Stepper:
    """LeNet-5, all tanh and averages, taught one picture until its loss is no more than this."""
    network = build_network(load_preset("lenet-5"), (1, 28, 28), 10, np.float64)
    initialize(network, 3)
    picture, label = np.random.default_rng(1).uniform(-0.1, 1.2, (1, 1, 28, 28)), np.array([5])
    for _ in range(400):
        network.forward(picture)
        if network.loss(label)[0] < loss:
            break
        network.gradients[:] = 0
        network.backward()
        network.parameters -= 0.3 * network.gradients / np.abs(network.gradients).max() * 0.1
    assert network.loss(label)[0] < loss
    return Stepper(network, picture[0], 5)


@pytest.mark.parametrize("loss", [1e-3, 1e-6, 1e-9])
def test_a_smooth_net_has_no_corners_and_no_wrong_gradients(loss: float) -> None:
    stepper = knowing(loss)
    walk = stepper.go_to(stepper.start(), len(stepper.moves))
    random, measured = np.random.default_rng(0), 0
    for slot, values in walk.values.items():
        for index in random.integers(values.size, size=6 if slot.kind.is_gradient else 0):
            found = check(stepper, walk, slot, int(index))
            assert found.agrees, (slot, found)
            measured += not found.is_rounding
    assert measured > 5


def test_a_corner_is_one_and_what_bends_is_none() -> None:
    modules: dict[str, Module | Loss] = {"x": Module.registry["Input"](), "m": Module.registry["ReLU"]()}
    modules["loss"] = Loss.registry["MSELoss"]()
    network = Network(modules, [("x", "m", 0), ("m", "loss", 0)], (3,), 3, np.float64)
    stepper = Stepper(network, np.array([0.0, 1.0, -1.0]), 0)
    walk = stepper.go_to(stepper.start(), len(stepper.moves))
    slot = Slot(Kind.GRAD_IN, "m")
    assert check(stepper, walk, slot, 0).is_at_kink
    assert check(stepper, walk, slot, 1).agrees
    wrong = stepper.edit(walk, slot, 1, float(walk.values[slot][1]) + 1e-5)  # less than twice what it bends by
    found = check(stepper, wrong, slot, 1)
    assert not found.agrees
    assert not found.is_at_kink
