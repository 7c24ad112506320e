"""Random networks of all kinds of modules, walked step by step, against one call of forward and backward."""

from __future__ import annotations

import numpy as np
import pytest
from random_networks import random_network

from convnet_studio.engine.analysis.backprop_check import check
from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Grain, Kind, Slot, Walk
from convnet_studio.engine.nn.network import Network

SEEDS = range(25)


def picture_for(network: Network, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 5]).random(network.input_shape).astype(network.parameters.dtype)


def walked(stepper: Stepper) -> Walk:
    walk = stepper.start()
    for _ in stepper.moves:
        walk = stepper.advance(walk, Grain.MODULE)
    return walk


@pytest.mark.parametrize("seed", SEEDS)
def test_stepping_through_is_forward_and_backward(seed: int) -> None:
    """To the bit; a walk that was gone back and forth again ends at the same numbers."""
    network, label = random_network(seed), seed % 10
    picture = picture_for(network, seed)
    with np.errstate(all="ignore"):
        outputs = {each: values.copy() for each, values in network.forward(picture[None]).items()}
        loss = network.loss(np.array([label]))
        network.gradients[:] = 0
        arriving = {each: values.copy() for each, values in network.backward().items()}
    gradients = network.gradients.copy()
    stepper = Stepper(network, picture, label)
    walk = walked(stepper)
    assert stepper.next_move(walk) is None
    for module_id, values in outputs.items():
        np.testing.assert_array_equal(walk.values[Slot(Kind.OUT, module_id)], values[0])
    for module_id, values in arriving.items():
        np.testing.assert_array_equal(walk.values[Slot(Kind.GRAD_OUT, module_id)], values[0])
    for slot in (each for move in stepper.moves[stepper.turn :] for each in stepper.results(move)):
        if slot.kind is Kind.GRAD_PARAMETER:
            grad = network.parameters_of(slot.module)[str(slot.key)].grad
            grad[...] = walk.values[slot]
    for module_id, part in network.slices.items():
        if not network.is_fitted(module_id) and Slot(Kind.GRAD_OUT, module_id) in walk.values:
            np.testing.assert_array_equal(network.gradients[part], gradients[part])
    total = stepper.total(walk)
    assert total is not None
    np.testing.assert_array_equal(np.float32(total), loss[0])
    back = stepper.advance(stepper.go_to(walk, 1), Grain.MODULE)
    again = stepper.go_to(back, len(stepper.moves))
    assert set(again.values) == set(walk.values)
    for slot, values in walk.values.items():
        np.testing.assert_array_equal(again.values[slot], values)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_are_slopes(seed: int) -> None:
    """Three numbers of every array of gradients, measured; at a corner of a maximum there is no one slope."""
    network = random_network(seed, np.float64)
    stepper = Stepper(network, picture_for(network, seed), seed % 10)
    walk, random = walked(stepper), np.random.default_rng(seed)
    for slot, values in walk.values.items():
        if slot.kind.is_gradient:
            for index in random.integers(0, values.size, 3):
                found = check(stepper, walk, slot, int(index))
                assert found.agrees or found.is_at_kink, (slot, index, found)


@pytest.mark.parametrize("seed", range(12))
def test_products_add_up(seed: int) -> None:
    """The arithmetic of a number, whatever its module, gives that number."""
    network = random_network(seed, np.float64)
    stepper = Stepper(network, picture_for(network, seed), seed % 10)
    walk, random = walked(stepper), np.random.default_rng(seed)
    for slot, values in walk.values.items():
        index = int(random.integers(values.size))
        told = stepper.arithmetic(walk, slot, index)
        if slot.kind in (Kind.GRAD_IN, Kind.GRAD_PARAMETER) or told.terms:
            largest = np.abs(values).max(initial=1e-12)
            assert abs(told.partial_sum(len(told.terms)) - values.reshape(-1)[index]) < 1e-9 * largest, slot
