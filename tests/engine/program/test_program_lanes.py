"""Networks of small pictures, trained with the samples of a chunk innermost, follow numpy as all others do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import CLASSIFIER, LENET, Drawn, assert_follows_numpy, chain, data, graph, sgd

from convnet_studio.engine.nn.module import Shape
from convnet_studio.engine.program import CompiledProgram, ReferenceProgram


def names(drawn: list[Drawn], shape: Shape, batch: int, classes: int = 4) -> set[str]:
    program = CompiledProgram(chain(drawn, shape, classes), batch)
    return {each.leaf.name for each in program._lean.listing.operations}


def check(drawn: list[Drawn], shape: Shape, count: int, classes: int = 4) -> None:
    assert "lanes_gather" in names(drawn, shape, count, classes)
    networks = [chain(drawn, shape, classes) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], count)


@pytest.mark.parametrize("count", [13, 16, 27, 32])
def test_lenet(count: int) -> None:
    check(LENET, (1, 28, 28), count, 10)


@pytest.mark.parametrize("count", [13, 16, 29])
@pytest.mark.parametrize("window", [(2, 2), (3, 2), (3, 1), (2, 3), (4, 4)])
@pytest.mark.parametrize("kind", ["AvgPool2d", "MaxPool2d"])
def test_pooling(kind: str, window: tuple[int, int], count: int) -> None:
    first: Drawn = ("Conv2d", {"out_channels": 5, "kernel_size": 3})
    pool: Drawn = (kind, {"kernel_size": window[0], "stride": window[1]})
    check([first, ("Abs", {}), pool, ("ReLU", {}), *CLASSIFIER], (2, 13, 12), count)


@pytest.mark.parametrize("count", [13, 16, 29])
@pytest.mark.parametrize("filters", [1, 6, 17, 33])
@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_convolution(kernel: int, filters: int, count: int) -> None:
    conv: Drawn = ("Conv2d", {"out_channels": filters, "kernel_size": kernel})
    check([("Conv2d", {"out_channels": 3, "kernel_size": 2}), conv, *CLASSIFIER], (2, 10, 11), count)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.data())
def test_random_networks(draw: st.DataObject) -> None:
    shape = (draw.draw(st.integers(1, 4)), draw.draw(st.integers(8, 14)), draw.draw(st.integers(8, 14)))
    drawn: list[Drawn] = [("Conv2d", {"out_channels": draw.draw(st.integers(1, 9)), "kernel_size": 3})]
    for kind in draw.draw(st.lists(st.sampled_from(["Conv2d", "Tanh", "Abs", "AvgPool2d"]), max_size=4)):
        most = {"Conv2d": {"out_channels": 9, "kernel_size": 2}, "AvgPool2d": {"kernel_size": 2, "stride": 1}}
        drawn.append((kind, {name: draw.draw(st.integers(1, n), name) for name, n in most.get(kind, {}).items()}))
    check([*drawn, *CLASSIFIER], shape, draw.draw(st.integers(25, 32)))


@pytest.mark.parametrize("count", [13, 16, 29])
def test_maps_that_several_modules_take(count: int) -> None:
    modules: dict[str, Drawn] = {
        "input": ("Input", {}), "conv": ("Conv2d", {"kernel_size": 3, "out_channels": 5}), "tanh": ("Tanh", {}),
        "relu": ("ReLU", {}), "flat": ("Flatten", {}), "other flat": ("Flatten", {}), "scores": ("Linear", {}),
        "other scores": ("Linear", {}), "loss": ("MSELoss", {}), "other loss": ("MSELoss", {}),
    }  # fmt: skip
    links = [
        ("input", "conv", 0), ("conv", "tanh", 0), ("conv", "relu", 0), ("tanh", "flat", 0), ("relu", "other flat", 0),
        ("flat", "scores", 0), ("other flat", "other scores", 0), ("scores", "loss", 0),
        ("other scores", "other loss", 0),
    ]  # fmt: skip
    networks = [graph(modules, links, (2, 9, 12), 10) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], count)


def test_what_does_not_fit_is_run_otherwise() -> None:
    conv = ("Conv2d", {"kernel_size": 3, "out_channels": 5})
    assert "lanes_gather" not in names([conv, *CLASSIFIER], (1, 12, 12), 4)  # too few samples
    wide = ("Conv2d", {"kernel_size": 3, "out_channels": 40})
    assert "lanes_gather" not in names([wide, *CLASSIFIER], (1, 12, 13), 16)  # rows of 11 x 8 floats
    assert "lanes_gather" not in names([conv, ("LPPool2d", {}), *CLASSIFIER], (1, 12, 12), 16)
    assert "lanes_gather" not in names([conv, *CLASSIFIER], (3, 64, 64), 16)
    padded: Drawn = ("Conv2d", {"kernel_size": 3, "padding": 1})
    assert "lanes_gather" not in names([padded, *CLASSIFIER], (1, 12, 12), 16)


@pytest.mark.parametrize("batch", [16, 30])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_two_threads_change_no_bit_and_training_follows_numpy(momentum: float, batch: int) -> None:
    results = []
    reference = ReferenceProgram(chain(LENET, (1, 28, 28)), batch)
    programs = [CompiledProgram(chain(LENET, (1, 28, 28)), batch, threads) for threads in (1, 2)]
    for program in (*programs, reference):
        program.set_data(*data(program.network))
        optimizer, random = sgd(momentum=momentum), np.random.default_rng(7)
        losses = [program.step(random.integers(0, 48, batch - step), optimizer).loss for step in range(5)]
        results.append((losses, program.network.parameters.copy()))
        program.close()
    assert results[0][0] == results[1][0]
    assert results[0][1].tobytes() == results[1][1].tobytes()
    np.testing.assert_allclose(results[0][0], results[2][0], rtol=1e-5)
    np.testing.assert_allclose(results[0][1], results[2][1], atol=2e-6)


def test_evaluation_of_any_number() -> None:
    own, other = CompiledProgram(chain(LENET, (1, 28, 28)), 16), ReferenceProgram(chain(LENET, (1, 28, 28)), 16)
    for program in (own, other):
        program.set_data(*data(program.network))
    for count in (1, 7, 24):
        found, expected = own.evaluate(range(count)), other.evaluate(range(count))
        assert (found.errors, found.loss) == (expected.errors, pytest.approx(expected.loss, rel=1e-5))
