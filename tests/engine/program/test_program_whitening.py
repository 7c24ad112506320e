"""ZCAWhitening in a program computes what its numpy code does, fitted, on lists and maps, alone and in front."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import CLASSIFIER, Drawn, assert_follows_numpy, chain, data

from convnet_studio.engine.nn.fitting import fit_modules
from convnet_studio.engine.nn.module import Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program.lowering import RULES

WHITENING: Drawn = ("ZCAWhitening", {"epsilon": 0.1})


def fitted(drawn: list[Drawn], shape: Shape) -> Network:
    network = chain([*drawn, *CLASSIFIER], shape, 4)
    assert not fit_modules(network, lambda: data(network, 200)[0])
    return network


@pytest.mark.parametrize("count", [1, 3, 17])
@pytest.mark.parametrize("shape", [(1, 6, 7), (3, 5, 6), (2, 1, 1), (5, 4, 4)])
def test_between_modules_that_learn(shape: Shape, count: int) -> None:
    assert "ZCAWhitening" in RULES
    drawn: list[Drawn] = [("Conv2d", {"out_channels": shape[0], "kernel_size": 3, "padding": 1}), WHITENING]
    drawn.append(("Tanh", {}))  # works in place
    networks = [fitted(drawn, shape) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], count, tolerance=2e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", [(1, 12, 13), (3, 8, 9)])
def test_right_behind_the_pictures(shape: Shape, threads: int) -> None:
    networks = [fitted([WHITENING, ("Conv2d", {"kernel_size": 3})], shape) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 9, threads, tolerance=2e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_share_the_rows_of_a_large_one_at_batch_1(threads: int) -> None:
    shape, random = (2, 19, 20), np.random.default_rng(0)  # 577,600 numbers: more than eight shares
    networks = [chain([WHITENING, *CLASSIFIER], shape, 4) for _ in range(2)]
    values = random.standard_normal(760 * 761).astype(np.float32)
    for network in networks:
        network.parameters[network.slices["1 ZCAWhitening"]] = values
    assert_follows_numpy(networks[0], networks[1], 1, threads, tolerance=2e-5)


@pytest.mark.parametrize("classes", [4])
def test_lists(classes: int) -> None:
    drawn: list[Drawn] = [("Linear", {"out_features": 11}), WHITENING, ("Tanh", {}), *CLASSIFIER[1:]]
    networks = [chain(drawn, (20,), classes) for _ in range(2)]
    for network in networks:
        fit_modules(network, lambda: data(network, 200)[0])  # noqa: B023 - called at once
    assert_follows_numpy(networks[0], networks[1], 7, tolerance=2e-5)
