"""Training: the path of numpy, threads that change nothing, graphs that branch, evaluation in parts."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import (
    CLASSIFIER,
    EXAMPLES,
    LENET,
    TWO_STAGES,
    Drawn,
    assert_follows_numpy,
    chain,
    data,
    graph,
    sgd,
)

from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.program import CompiledProgram, Program, ReferenceProgram
from convnet_studio.engine.program.interpreter import APART
from convnet_studio.engine.program.update import Update

Links = list[tuple[str, str, int]]


def losses_of(program: Program, steps: int, batch: int, optimizer: Optimizer) -> list[float]:
    random = np.random.default_rng(3)
    program.set_data(*data(program.network))
    return [program.step(random.integers(0, EXAMPLES, batch), optimizer).loss for _ in range(steps)]


@pytest.mark.parametrize("drawn", [LENET, TWO_STAGES], ids=["lenet", "two stages"])
def test_twenty_steps_with_momentum_follow_numpy(drawn: list[Drawn]) -> None:
    compiled, reference = chain(drawn, (1, 28, 28)), chain(drawn, (1, 28, 28))
    own = losses_of(CompiledProgram(compiled, 10), 20, 10, sgd())
    other = losses_of(ReferenceProgram(reference, 10), 20, 10, sgd())
    np.testing.assert_allclose(own, other, rtol=1e-4)
    np.testing.assert_allclose(compiled.parameters, reference.parameters, atol=1e-4)
    assert own[-1] != own[0]


@pytest.mark.parametrize("filters", [8, 12, 32])
def test_threads_share_what_a_single_sample_needs(filters: int) -> None:
    """Bands of a large convolution and outputs of a large matrix, in whatever order they are taken."""
    drawn: list[Drawn] = [
        ("Conv2d", {"out_channels": filters}), ("Tanh", {}), ("Conv2d", {"out_channels": filters}),
        ("AvgPool2d", {"kernel_size": 3, "stride": 2}), ("Flatten", {}), ("Linear", {"out_features": 300}),
        ("Linear", {"out_features": 10}), ("LogSoftmax", {}), ("NLLLoss", {}),
    ]  # fmt: skip
    shape = (3, 36, 35)
    assert_follows_numpy(chain(drawn, shape), chain(drawn, shape), 1, threads=2)
    results = []
    for threads in (1, 2):
        program = CompiledProgram(chain(drawn, shape), 1, threads)
        assert APART in {each.kind for each in program._lean.listing.sections}
        losses = losses_of(program, 5, 1, sgd())
        program.close()
        results.append((losses, program.network.parameters.tobytes()))
    assert results[0] == results[1]


def test_large_matrices_one_after_the_other_are_shared_one_after_the_other() -> None:
    """At batch 1 the outputs of each are made in any order; those of the second need all of the first."""
    drawn: list[Drawn] = [
        ("Linear", {"out_features": 700}), ("Linear", {"out_features": 800}), ("Linear", {"out_features": 700}),
        ("MSELoss", {}),
    ]  # fmt: skip
    network = chain(drawn, (800,), 700)
    program = CompiledProgram(network, 1, 2)
    assert [each.kind for each in program._lean.listing.sections].count(APART) == 3
    program.close()
    assert_follows_numpy(network, chain(drawn, (800,), 700), 1, threads=2)


PERCEPTRON: list[Drawn] = [
    ("Flatten", {}), ("Linear", {"out_features": 150}), ("Tanh", {}), ("Linear", {"out_features": 10}),
    ("LogSoftmax", {}), ("NLLLoss", {}),
]  # fmt: skip


@pytest.mark.parametrize("batch", [1, 3, 10, 200])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("drawn", [LENET, PERCEPTRON], ids=["lenet", "perceptron"])
def test_descent_follows_numpy(drawn: list[Drawn], momentum: float, batch: int) -> None:
    """Weights that are updated as their gradient is made, and others; large matrices in several parts."""
    shape = (1, 28, 28) if drawn is LENET else (1, 30, 31)
    compiled, reference = chain(drawn, shape), chain(drawn, shape)
    optimizers = [sgd(momentum=momentum) for _ in range(2)]
    own = losses_of(CompiledProgram(compiled, batch, 2), 6, batch, optimizers[0])
    other = losses_of(ReferenceProgram(reference, batch), 6, batch, optimizers[1])
    np.testing.assert_allclose(own, other, rtol=3e-5)
    np.testing.assert_allclose(compiled.parameters, reference.parameters, atol=2e-6)
    assert optimizers[0].state.keys() == optimizers[1].state.keys()
    for name, values in optimizers[1].state.items():
        np.testing.assert_allclose(optimizers[0].state[name], values, atol=1e-5 * np.abs(values).max())


def test_momentum_may_change_from_step_to_step() -> None:
    compiled, reference = chain(LENET, (1, 28, 28)), chain(LENET, (1, 28, 28))
    for program in (CompiledProgram(compiled, 6), ReferenceProgram(reference, 6)):
        optimizer = sgd()
        for momentum in (0.9, 0.0, 0.5):
            optimizer.momentum = momentum
            losses_of(program, 2, 6, optimizer)
    np.testing.assert_allclose(compiled.parameters, reference.parameters, atol=2e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("batch", [1, 16, 33])
def test_two_threads_change_no_bit_of_large_matrices(batch: int, momentum: float) -> None:
    results = []
    for threads in (1, 2, 2):
        program = CompiledProgram(chain(PERCEPTRON, (1, 30, 31)), batch, threads)
        losses = losses_of(program, 10, batch, sgd(momentum=momentum))
        program.close()
        results.append((losses, program.network.parameters.tobytes()))
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("batch", [1, 7, 16, 33])
def test_two_threads_change_no_bit(batch: int) -> None:
    results = []
    for threads in (1, 2, 2):
        program = CompiledProgram(chain(TWO_STAGES, (1, 28, 28)), batch, threads)
        losses = losses_of(program, 30, batch, sgd())
        program.close()
        results.append((losses, program.network.parameters.tobytes()))
    assert results[0] == results[1] == results[2]


def branching() -> Network:
    """One output goes to three modules, of which one is taken by two; two losses; one end without a loss."""
    modules: dict[str, Drawn] = {
        "input": ("Input", {}), "conv": ("Conv2d", {"out_channels": 5, "kernel_size": 3}), "tanh": ("Tanh", {}),
        "abs": ("Abs", {}), "pool": ("AvgPool2d", {}), "flat": ("Flatten", {}), "other flat": ("Flatten", {}),
        "scores": ("Linear", {"out_features": 4}), "other scores": ("Linear", {"out_features": 4}),
        "log": ("LogSoftmax", {}), "loss": ("NLLLoss", {}), "other loss": ("MSELoss", {}), "end": ("ReLU", {}),
    }  # fmt: skip
    links: Links = [
        ("input", "conv", 0), ("conv", "tanh", 0), ("conv", "abs", 0), ("conv", "end", 0), ("tanh", "flat", 0),
        ("abs", "pool", 0), ("pool", "other flat", 0), ("flat", "scores", 0), ("other flat", "other scores", 0),
        ("scores", "log", 0), ("log", "loss", 0), ("other scores", "other loss", 0),
    ]  # fmt: skip
    return graph(modules, links, (2, 8, 9), 4)


def test_gradients_of_several_consumers_add_up() -> None:
    own, other = CompiledProgram(branching(), 6), ReferenceProgram(branching(), 6)
    for program in (own, other):
        program.set_data(*data(program.network))
    found, expected = own.gradient(range(6)), other.gradient(range(6))
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    np.testing.assert_allclose(own.network.gradients, other.network.gradients, atol=1e-6)
    np.testing.assert_allclose(own.output_gradient("conv"), other.output_gradient("conv"), atol=1e-6)
    np.testing.assert_allclose(own.output("end"), other.output("end"), atol=1e-6)
    with pytest.raises(ValueError, match="end"):
        own.output_gradient("end")


def test_gradients_by_outputs_begin_anew_with_each_call_also_beside_a_dead_end() -> None:
    program = CompiledProgram(branching(), 6)
    program.set_data(*data(program.network))
    program.gradient([3, 9])
    first = program.output_gradient("conv")
    program.gradient([3, 9])
    np.testing.assert_array_equal(program.output_gradient("conv"), first)


def test_the_gradient_on_pictures_at_hand_is_that_of_the_same_examples() -> None:
    for program in (CompiledProgram(branching(), 6), ReferenceProgram(branching(), 6)):
        images, labels = data(program.network)
        program.set_data(images, labels)
        expected = program.gradient([3, 9])
        gradients = {each: program.output_gradient(each) for each in ("conv", "flat", "scores")}
        program.gradient([5])
        found = program.gradient_on(images[[3, 9]], labels[[3, 9]])
        assert found.loss == pytest.approx(expected.loss, rel=1e-6)
        for each, gradient in gradients.items():
            np.testing.assert_allclose(program.output_gradient(each), gradient, rtol=1e-6)
        assert program.gradient([3, 9]).loss == pytest.approx(expected.loss, rel=1e-6), "the data is as it was"
        with pytest.raises(ValueError, match="labels"):
            program.gradient_on(images[:1], np.array([7]))
        with pytest.raises(ValueError, match="both"):
            program.gradient_on(images[:1], labels[:1], images[:1])
        program.close()


def test_evaluation_in_parts_is_that_of_numpy_and_changes_nothing() -> None:
    own = CompiledProgram(chain(LENET, (1, 28, 28)), 4, threads=2)
    other = ReferenceProgram(chain(LENET, (1, 28, 28)), 4)
    examples = data(own.network, 3000)
    before = own.network.parameters.copy()
    for program in (own, other):
        program.set_data(*examples)
    chosen = np.random.default_rng(0).integers(0, 3000, 2500)
    found, expected = own.evaluate(chosen), other.evaluate(chosen)
    own.close()
    assert (found.errors, found.count) == (expected.errors, 2500)
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    np.testing.assert_array_equal(own.network.parameters, before)


def test_forward_needs_no_loss_and_no_data() -> None:
    drawn: list[Drawn] = [("Conv2d", {"out_channels": 17, "kernel_size": 3}), ("Tanh", {})]
    own, other = CompiledProgram(chain(drawn, (3, 8, 7)), 5), ReferenceProgram(chain(drawn, (3, 8, 7)), 5)
    pictures, _ = data(own.network)
    for count in (5, 2):
        own.forward(pictures[:count])
        other.forward(pictures[:count])
        np.testing.assert_allclose(own.output("2 Tanh"), other.output("2 Tanh"), atol=1e-6)
    with pytest.raises(ValueError, match="no loss"):
        own.gradient([0])


def test_forward_between_steps_leaves_training_alone() -> None:
    random = np.random.default_rng(5)
    results = []
    for looks in (False, True):
        program = CompiledProgram(chain(LENET, (1, 28, 28)), 8)
        program.set_data(*data(program.network))
        optimizer = sgd()
        for start in range(5):
            program.step(np.arange(start, start + 8), optimizer)
            if looks:
                program.forward(random.random((3, 1, 28, 28)).astype(np.float32))
                program.gradient([1, 2])
                program.evaluate(range(EXAMPLES))
        results.append(program.network.parameters.tobytes())
    assert results[0] == results[1]


def test_an_output_is_a_copy() -> None:
    program = CompiledProgram(chain(LENET, (1, 28, 28)), 2)
    pictures, _ = data(program.network)
    program.forward(pictures[:2])
    first = program.output("1 Conv2d")
    kept = first.copy()
    program.forward(pictures[2:4])
    np.testing.assert_array_equal(first, kept)


def test_a_second_optimizer_or_a_restored_velocity_is_noticed() -> None:
    compiled, reference = chain(LENET, (1, 28, 28)), chain(LENET, (1, 28, 28))
    for program in (CompiledProgram(compiled, 6), ReferenceProgram(reference, 6)):
        first, second = sgd(0.05, 0.5), sgd(0.02, 0.9)
        losses_of(program, 3, 6, first)
        losses_of(program, 2, 6, second)
        first.state["velocity"] = np.ones_like(program.network.parameters) * np.float32(1e-3)
        losses_of(program, 2, 6, first)
    np.testing.assert_allclose(compiled.parameters, reference.parameters, atol=2e-6)
    assert_follows_numpy(compiled, reference, 4, tolerance=1e-4)


@pytest.mark.parametrize("threads", [1, 2])
def test_steps_in_one_call_are_those_one_by_one(threads: int) -> None:
    order, rates = np.random.default_rng(4).integers(0, EXAMPLES, 46), [0.05, 0.04, 0.03, 0.02, 0.01]
    results = []
    for at_once in (True, False):
        program = CompiledProgram(chain(TWO_STAGES, (1, 28, 28)), 10, threads)
        program.set_data(*data(program.network))
        optimizer = sgd()
        made = (
            program.steps(order, 10, rates, optimizer)
            if at_once
            else Program.steps(program, order, 10, rates, optimizer)
        )
        program.close()
        assert [each.count for each in made] == [10, 10, 10, 10, 6]
        assert optimizer.rate == 0.01
        results.append((made, program.network.parameters.tobytes()))
    assert results[0] == results[1]


@pytest.mark.parametrize("kind", [CompiledProgram, ReferenceProgram])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_steps_end_at_the_first_that_leaves_the_finite_range(kind: type[Program]) -> None:
    program = kind(chain(LENET, (1, 28, 28)), 8)  # type: ignore[call-arg]
    program.set_data(*data(program.network))
    optimizer = sgd()
    made = program.steps(np.arange(24).repeat(2), 8, [0.01, np.inf, 0.01, 0.02, 0.03, 0.04], optimizer)
    assert [each.finite for each in made] == [True, False]
    assert optimizer.rate == np.inf


@pytest.mark.parametrize("kind", [CompiledProgram, ReferenceProgram])
@pytest.mark.parametrize("compiled", [True, False], ids=["compiled update", "numpy update"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_not_finite_updates_nothing_and_parameters_that_are_not_are_told(
    kind: type[Program], compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not compiled:
        monkeypatch.setattr(Update, "prepare", lambda self, optimizer, network: -1)
    network = chain(CLASSIFIER, (1, 6, 6), 4)
    program = kind(network, 3)  # type: ignore[call-arg]
    optimizer = sgd()
    program.set_data(*data(network))
    assert program.step(range(3), optimizer).finite
    network.parameters[-1] = np.inf
    before = network.parameters.copy()
    assert not program.step(range(3), optimizer).finite
    np.testing.assert_array_equal(network.parameters, before)
    for last in (0, network.parameters.size - 1):  # within whole vectors, and behind them
        network.parameters[...] = 0
        optimizer.state["velocity"][...] = 0
        optimizer.state["velocity"][last] = np.inf
        result = program.step(range(3), optimizer)
        assert np.isfinite(result.loss)
        assert not result.finite
