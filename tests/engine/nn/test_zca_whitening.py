"""ZCAWhitening beside a closed form, scipy and the data set's normalisation; training leaves alone what is fitted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.linalg

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules
import convnet_studio.engine.nn.optimizers  # noqa: F401 - fill the registries
from convnet_studio.engine.data.datasets.digits_8x8 import Digits8x8
from convnet_studio.engine.data.preparation import Preparation, prepare
from convnet_studio.engine.nn.cost import costs, stored_count
from convnet_studio.engine.nn.fitting import fit_modules, fitted_to, unfitted
from convnet_studio.engine.nn.gradient_check import check_network, give_parameters
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module, SettingValue, Shape, ShapeProblem
from convnet_studio.engine.nn.modules.zca_whitening import ZCAWhitening
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.step_plan import Regularization, plan_for
from convnet_studio.engine.program import CompiledProgram, ReferenceProgram
from convnet_studio.engine.training.faults import largest_parameter

Drawn = tuple[str, dict[str, SettingValue]]
CLASSIFIER: list[Drawn] = [("Flatten", {}), ("Linear", {"out_features": 4}), ("LogSoftmax", {}), ("NLLLoss", {})]
SHAPE: Shape = (2, 4, 5)


def samples(count: int, shape: Shape, seed: int = 0, dtype: type = np.float64) -> Array:
    """Of full rank, correlated with each other, with means of their own."""
    random, size = np.random.default_rng(seed), int(np.prod(shape))
    mixed = random.standard_normal((count, size)) @ random.standard_normal((size, size)) + random.uniform(1, 5, size)
    return mixed.reshape(count, *shape).astype(dtype)


def fitted(x: Array, epsilon: float) -> ZCAWhitening:
    module = ZCAWhitening(epsilon=epsilon)
    give_parameters(module, x.shape[1:], dtype=x.dtype.type)
    module.fit(x)
    return module


def chain(drawn: list[Drawn], shape: Shape = SHAPE, dtype: type = np.float32) -> Network:
    made: dict[str, Module | Loss] = {"input": Module.registry["Input"]()}
    for number, (kind, settings) in enumerate(drawn, 1):
        registry = Module.registry if kind in Module.registry else Loss.registry
        made[f"{number} {kind}"] = registry[kind](**settings)
    network = Network(made, [(a, b, 0) for a, b in itertools.pairwise(made)], shape, 4, dtype)
    assert not network.graph.problems, network.graph.problems
    initialize(network, 1)
    return network


def test_what_it_was_fitted_to_comes_out_with_mean_0_and_the_identity_as_its_covariance() -> None:
    x = samples(400, SHAPE)
    y = fitted(x, epsilon=1e-8).forward(x).reshape(400, -1)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.cov(y.T, bias=True), np.eye(40), atol=1e-5)


@pytest.mark.parametrize("epsilon", [0.01, 1.0])
def test_the_matrix_is_the_inverse_root_of_scipy(epsilon: float) -> None:
    x = samples(300, (3, 3, 4))
    flat = x.reshape(300, -1)
    root = scipy.linalg.sqrtm(np.cov(flat.T, bias=True) + epsilon * np.eye(36))
    expected = scipy.linalg.solve(root, (flat - flat.mean(axis=0)).T).T
    np.testing.assert_allclose(fitted(x, epsilon).forward(x).reshape(300, -1), expected, rtol=1e-6, atol=1e-8)


def test_right_behind_the_pictures_it_is_the_normalisation_of_the_data_set() -> None:
    raw = Digits8x8().load()
    normalized = prepare(raw, Preparation("ZCA")).dataset
    network = chain([("ZCAWhitening", {}), ("Flatten", {}), ("Linear", {}), ("LogSoftmax", {})], raw.input_shape)
    assert not fit_modules(network, lambda: raw.train.pictures)
    for before, after in ((raw.train, normalized.train), (raw.test, normalized.test)):
        found = network.forward(before.pictures)["1 ZCAWhitening"]
        np.testing.assert_allclose(found, after.pictures, atol=2e-5)


def test_before_it_is_fitted_it_hands_on_what_it_gets_and_is_told_as_unfitted() -> None:
    network, x = chain([("ZCAWhitening", {}), *CLASSIFIER]), samples(5, SHAPE, dtype=np.float32)
    np.testing.assert_array_equal(network.forward(x)["1 ZCAWhitening"], x)
    assert unfitted(network) == ("1 ZCAWhitening",)
    fit_modules(network, lambda: x)
    assert not unfitted(network)


def test_each_is_fitted_to_what_the_modules_in_front_of_it_make_of_the_pictures() -> None:
    """A Dropout in front hands all on, and one that is fitted comes first."""
    drawn: list[Drawn] = [
        ("ZCAWhitening", {"epsilon": 1.0}), ("Dropout", {}), ("Conv2d", {"kernel_size": 2}), ("Tanh", {}),
        ("ZCAWhitening", {"epsilon": 1e-8}),
    ]  # fmt: skip
    network, x = chain([*drawn, *CLASSIFIER]), samples(700, SHAPE, dtype=np.float32)
    network.clock.is_training = True
    assert not fit_modules(network, lambda: x)
    assert network.clock.is_training
    network.clock.is_training = False
    whitened = network.forward(x)["5 ZCAWhitening"].reshape(700, -1)
    np.testing.assert_allclose(np.cov(whitened.T, bias=True), np.eye(whitened.shape[1]), atol=2e-3)
    again = chain([*drawn, *CLASSIFIER])
    fit_modules(again, lambda: x)
    np.testing.assert_array_equal(again.parameters, network.parameters)


def test_pictures_are_made_only_where_something_waits_to_be_fitted() -> None:
    def never() -> Array:
        raise AssertionError("nobody needs them")

    assert not fit_modules(chain(CLASSIFIER), never)


@pytest.mark.parametrize(
    ("x", "what"),
    [
        (np.ones((1, *SHAPE), np.float32), "at least 2 samples, not 1"),
        (np.full((9, *SHAPE), np.nan, np.float32), "finite numbers"),
    ],
)
def test_what_can_not_be_fitted_is_told_in_a_sentence_and_stays_as_it_was(x: Array, what: str) -> None:
    network = chain([("ZCAWhitening", {}), *CLASSIFIER])
    failed = fit_modules(network, lambda: x)
    assert what in failed["1 ZCAWhitening"]
    assert unfitted(network) == ("1 ZCAWhitening",)


def test_maps_too_large_are_refused_with_the_limit() -> None:
    with pytest.raises(ShapeProblem, match=r"at most 3,072 numbers, and 4×28×28 are 3,136: put it behind a pooling"):
        ZCAWhitening().output_shape((4, 28, 28))
    assert ZCAWhitening().output_shape((3, 32, 32)) == (3, 32, 32)


def test_the_gradient_of_a_network_goes_through_it() -> None:
    network = chain([("Conv2d", {"kernel_size": 2}), ("ZCAWhitening", {}), ("Tanh", {}), *CLASSIFIER], dtype=np.float64)
    x = samples(60, SHAPE)
    fit_modules(network, lambda: x)
    check = check_network(network, x[:6], np.arange(6) % 4)
    assert check.relative_error < 1e-6, check


@pytest.mark.parametrize("program_class", [CompiledProgram, ReferenceProgram])
@pytest.mark.parametrize("kind", list(Optimizer.registry))
def test_no_optimizer_touches_what_is_fitted(kind: str, program_class: type) -> None:
    network = chain([("Conv2d", {"kernel_size": 2}), ("ZCAWhitening", {}), *CLASSIFIER])
    x = samples(50, SHAPE, dtype=np.float32)
    fit_modules(network, lambda: x)
    before, part = network.parameters.copy(), network.slices["2 ZCAWhitening"]
    rule = Optimizer.registry[kind]()
    rule.rate = 0.01
    limits = Regularization(l1=1e-3, l2=1e-3, max_norm=2.0, clip_norm=0.5)
    rule.plan = plan_for(network, {}, limits)
    program = program_class(network, 8)
    try:
        program.set_data(x, np.arange(50) % 4)
        for start in range(0, 24, 8):
            program.step(np.arange(start, start + 8), rule)
    finally:
        program.close()
    np.testing.assert_array_equal(network.parameters[part], before[part])
    np.testing.assert_array_equal(rule.answer(network.parameters)[part], before[part])
    for other in ("1 Conv2d", "4 Linear"):
        assert (network.parameters[network.slices[other]] != before[network.slices[other]]).any()


def test_plain_descent_keeps_its_fast_way() -> None:
    from convnet_studio.engine.nn.optimizers.sgd import SGD
    from convnet_studio.engine.program.descent import descent_of

    network = chain([("ZCAWhitening", {}), *CLASSIFIER])
    rule = SGD()
    rule.plan = plan_for(network, {}, Regularization())
    assert descent_of(rule, network) is not None


def test_it_counts_as_arithmetic_and_memory_but_not_as_something_to_learn() -> None:
    network = chain([("ZCAWhitening", {}), *CLASSIFIER])
    node = network.nodes["1 ZCAWhitening"]
    cost = costs(network.graph.nodes)["1 ZCAWhitening"]
    assert (cost.parameters, cost.multiply_accumulates, cost.backward_multiply_accumulates) == (0, 1600, 0)
    assert stored_count(node) == 40 * 40 + 40


def test_it_is_not_what_diverged() -> None:
    network = chain([("ZCAWhitening", {}), *CLASSIFIER])
    network.parameters[network.slices["1 ZCAWhitening"]] = 1e6
    assert largest_parameter(network) == "3 Linear"


def test_what_it_depends_on_is_data_settings_and_all_in_front_but_nothing_behind() -> None:
    def origin(front: list[Drawn], behind: list[Drawn], data: str = "digits", epsilon: float = 0.1) -> str:
        network = chain([*front, ("ZCAWhitening", {"epsilon": epsilon}), *behind, *CLASSIFIER])
        network.data = data
        return fitted_to(network, f"{len(front) + 1} ZCAWhitening")

    same = origin([("Tanh", {})], [])
    assert same == origin([("Tanh", {})], [("ReLU", {})])
    others = {
        origin([("Tanh", {})], [], data="signs"), origin([("Tanh", {})], [], epsilon=0.2), origin([("ReLU", {})], []),
        origin([("SmoothShrink", {"threshold": 0.5})], []), origin([("SmoothShrink", {"threshold": 0.6})], []),
    }  # fmt: skip
    assert len(others | {same}) == 6
    assert fitted_to(chain([("ZCAWhitening", {}), *CLASSIFIER]), "3 Linear") == ""
