"""Compiled: modules that join wires or change shapes, losses of wires and pairs, what is drawn in training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_networks import CLASSIFIER, EXAMPLES, Drawn, assert_close, assert_follows_numpy, chain, data, graph, sgd

from convnet_studio.engine.nn.module import Module, SettingValue, Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram, Program, ReferenceProgram
from convnet_studio.engine.program.lowering import RULES

SHAPES: list[Shape] = [(2, 8, 8), (3, 9, 7), (12,), (2, 11), (2, 4, 5, 5), (17, 3, 5), (1, 6, 6), (20, 1, 1)]
ENDS: list[tuple[str, str]] = [("flat", "scores"), ("scores", "log"), ("log", "loss")]
LAST: dict[str, Drawn] = {
    "flat": ("Flatten", {}), "scores": ("Linear", {"out_features": 4}), "log": ("LogSoftmax", {}),
    "loss": ("NLLLoss", {}),
}  # fmt: skip


def joined(kind: str, settings: dict[str, SettingValue], shape: Shape) -> Network:
    """A module fed by two Linear modules, the first again, and the picture: gradients fan in and out."""
    count = int(np.prod(shape))
    modules: dict[str, Drawn] = {
        "in": ("Input", {}), "list": ("Flatten", {}), "a": ("Linear", {"out_features": count}),
        "b": ("Linear", {"out_features": count}), "ra": ("Reshape", {"shape": "x".join(map(str, shape))}),
        "rb": ("Reshape", {"shape": "x".join(map(str, shape))}), "m": (kind, settings), **LAST,
    }  # fmt: skip
    links = [("in", "list", 0), ("list", "a", 0), ("a", "ra", 0)]
    ports = Module.registry[kind](**settings).port_count()
    if ports == 1:
        del modules["b"], modules["rb"]
    else:
        links += [("list", "b", 0), ("b", "rb", 0)]
    links += [(source, "m", port) for port, source in zip(range(ports), ["ra", "rb", "ra", "in"] * 2, strict=False)]
    links += [("m", "flat", 0), *((a, b, 0) for a, b in ENDS)]
    return graph(modules, links, shape, 4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("inputs", [1, 2, 3, 8])
@pytest.mark.parametrize("kind", ["Add", "Concat", "Multiply"])
def test_joining(kind: str, inputs: int, shape: Shape) -> None:
    networks = [joined(kind, {"inputs": inputs}, shape) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 5)


@pytest.mark.parametrize("shape", [each for each in SHAPES if len(each) > 1])
@pytest.mark.parametrize("factor", [1, 2, 3])
def test_upsampling(factor: int, shape: Shape) -> None:
    networks = [joined("Upsample", {"scale_factor": factor}, shape) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("wanted", ["-1", "1x-1", "-1x1", "1x-1x1", "-1x1x1x1"])
def test_reshaping(wanted: str, shape: Shape) -> None:
    networks = [joined("Reshape", {"shape": wanted}, shape) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 3)


@pytest.mark.parametrize(("old", "new"), [((6, 4, 5), "5x8x3"), ((6, 4, 5), "12x10"), ((2, 4, 3, 5), "3x5x8")])
def test_reshaping_from_maps_to_maps(old: Shape, new: str) -> None:
    networks = [joined("Reshape", {"shape": new}, old) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 3)


def pair_network(kind: str, settings: dict[str, SettingValue], features: int, shares: bool = True) -> Network:
    """Sample and partner through two modules with the same weights into a loss of two wires."""
    from small_networks import make

    from convnet_studio.engine.nn.initializers import initialize

    modules = {
        "in": make("Input"), "other": make("Input", picture="partner"), "a": make("Linear", out_features=features),
        "b": make("Linear", out_features=features), "loss": make(kind, **settings), "l1": make("L1Penalty"),
    }  # fmt: skip
    links = [("in", "a", 0), ("other", "b", 0), ("a", "loss", 0), ("b", "loss", 1), ("a", "l1", 0)]
    network = Network(modules, links, (9,), 3, shares={"b": "a"} if shares else {})
    assert not network.graph.problems
    initialize(network, 1)
    return network


def random_partners(count: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, count, count)


def assert_pairs_follow_numpy(make_network: Any, count: int, threads: int = 1) -> None:
    networks = [make_network() for _ in range(2)]
    own, other = CompiledProgram(networks[0], count, threads), ReferenceProgram(networks[1], count)
    pictures, labels = data(networks[0])
    for program in (own, other):
        program.set_data(pictures, labels)
        program.set_partners(random_partners(len(labels)))
    found, expected = own.gradient(range(count)), other.gradient(range(count))
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    assert found.errors == expected.errors == 0
    assert np.abs(networks[1].gradients).max() > 0
    assert_close(networks[0].gradients, networks[1].gradients, "gradients")
    for module_id in ("in", "other", "a", "b"):
        assert_close(own.output(module_id), other.output(module_id), module_id)
    own.step(range(count), sgd(rate=0.0))
    assert_close(networks[0].gradients, networks[1].gradients, "gradients of the lean program")
    assert own.evaluate(range(count)).loss == pytest.approx(expected.loss, rel=1e-5)
    own.close()


@pytest.mark.parametrize("count", [1, 7, 20])
@pytest.mark.parametrize("shares", [True, False])
@pytest.mark.parametrize("margin", [0.1, 1.0, 3.0])
def test_contrastive_loss(margin: float, shares: bool, count: int) -> None:
    assert_pairs_follow_numpy(lambda: pair_network("ContrastiveLoss", {"margin": margin}, 5, shares), count)


@pytest.mark.parametrize("features", [1, 5, 16, 33])
@pytest.mark.parametrize("weight", [1.0, 0.3])
@pytest.mark.parametrize("kind", ["MSELoss", "EuclideanLoss"])
def test_distance_of_wires(kind: str, weight: float, features: int) -> None:
    settings: dict[str, SettingValue] = {"compared_with": "wire", "weight": weight}
    assert_pairs_follow_numpy(lambda: pair_network(kind, settings, features), 6, threads=2)


def test_a_pair_at_distance_0_is_not_pushed_apart() -> None:
    network = pair_network("ContrastiveLoss", {}, 5)
    program = CompiledProgram(network, 4)
    pictures = np.ones((4, 9), np.float32)
    program.set_data(pictures, np.arange(4) % 3)
    program.set_partners([1, 0, 3, 2])
    assert program.gradient(range(4)).loss > 0.5
    assert np.isfinite(network.gradients).all()
    program.close()


@pytest.mark.parametrize("weight", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("kind", ["NLLLoss", "MSELoss", "EuclideanLoss"])
def test_losses_with_weights(kind: str, weight: float) -> None:
    drawn: list[Drawn] = [("Linear", {"out_features": 3}), ("LogSoftmax", {}), (kind, {"weight": weight})]
    networks = [chain(drawn, (7,), 3) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 11, threads=2)


DROPPING: list[Drawn] = [
    ("Conv2d", {"out_channels": 5, "kernel_size": 3}), ("Dropout", {"p": 0.3}), ("Tanh", {}), ("Flatten", {}),
    ("Dropout", {}), ("Linear", {"out_features": 4}), ("LogSoftmax", {}), ("NLLLoss", {}),
]  # fmt: skip


@pytest.mark.parametrize("count", [1, 5, 20])
def test_dropout_draws_what_its_numpy_code_draws(count: int) -> None:
    networks = [chain(DROPPING, (2, 9, 8), 4) for _ in range(2)]
    for each in networks:
        each.clock.seed, each.clock.step = -5, 1234
    assert_follows_numpy(networks[0], networks[1], count)


def losses_of(program: Program, together: int) -> tuple[list[float], np.ndarray]:
    """The losses of 12 steps, so many in one call."""
    optimizer = sgd()
    order = np.random.default_rng(2).integers(0, EXAMPLES, 12 * 8)
    found = []
    for start in range(0, 12, together):
        part = order[start * 8 : (start + together) * 8]
        found += [each.loss for each in program.steps(part, 8, [0.05] * together, optimizer)]
    return found, program.network.parameters.copy()


def test_what_is_drawn_depends_neither_on_threads_nor_on_calls() -> None:
    results = []
    for threads, together in ((1, 1), (2, 1), (1, 4), (2, 12)):
        network = chain(DROPPING, (2, 9, 8), 4)
        program = CompiledProgram(network, 8, threads)
        program.set_data(*data(network))
        results.append(losses_of(program, together))
        assert network.clock.step == 12
        program.close()
    for losses, parameters in results[1:]:
        assert losses == results[0][0]
        np.testing.assert_array_equal(parameters, results[0][1])


def test_each_step_silences_others_and_evaluation_none() -> None:
    for program_class in (CompiledProgram, ReferenceProgram):
        network = chain(DROPPING, (2, 9, 8), 4)
        program = program_class(network, 8)
        program.set_data(*data(network))
        same = [program.gradient(range(8)).loss for _ in range(2)]
        assert same[0] == same[1], "no update, no step"
        program.step(range(8), sgd(rate=0.0))
        assert program.gradient(range(8)).loss != same[0]
        tested = [program.evaluate(range(EXAMPLES)).loss for _ in range(2)]
        assert tested[0] == tested[1]
        program.forward(data(network)[0][:2])
        np.testing.assert_array_equal(program.output("2 Dropout"), program.output("1 Conv2d"))
        program.close()


def test_another_seed_silences_others() -> None:
    losses = []
    for seed in (0, 1):
        network = chain(DROPPING, (2, 9, 8), 4)
        network.clock.seed = seed
        program = CompiledProgram(network, 8)
        program.set_data(*data(network))
        losses.append(program.gradient(range(8)).loss)
        program.close()
    assert losses[0] != losses[1]


@pytest.mark.parametrize("program_class", [CompiledProgram, ReferenceProgram])
def test_partners_that_do_not_fit_are_refused(program_class: type) -> None:
    network = chain(CLASSIFIER, (2, 3, 3), 4)
    program = program_class(network, 4)
    program.set_data(*data(network))
    for wrong, why in (
        (np.zeros(3, int), "one for each"),
        (np.full(EXAMPLES, EXAMPLES), f"must be 0 to {EXAMPLES - 1}"),
    ):
        with pytest.raises(ValueError, match=why):
            program.set_partners(wrong)
    program.close()


def test_every_module_and_loss_of_the_wiring_is_compiled() -> None:
    wanted = {
        "Add", "Concat", "Multiply", "Upsample", "Reshape", "Flatten", "Dropout", "Input", "ContrastiveLoss",
        "EuclideanLoss", "L1Penalty", "MSELoss",
    }  # fmt: skip
    assert wanted <= set(RULES)
