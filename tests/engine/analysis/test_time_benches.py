"""Loops in time: against powers, finite differences, and a recurrent network of PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from moments import moment_of

import convnet_studio.engine.analysis.benches  # noqa: F401
from convnet_studio.engine.analysis import echo
from convnet_studio.engine.analysis.bench import AskBench
from convnet_studio.engine.analysis.bench_pictures import Bars, Curves, Numbers
from convnet_studio.engine.analysis.benches.echo_task import FLIPPED, EchoTask
from convnet_studio.engine.analysis.benches.loop_in_time import LoopInTime


@pytest.mark.parametrize("weight", [0.5, 0.9, 1.0, -1.1, 1.5, 0.0])
@pytest.mark.parametrize("steps", [2, 20])
def test_a_gradient_is_multiplied_by_the_weight_at_each_step(weight: float, steps: int) -> None:
    bench = LoopInTime().turned(weight=weight, steps=steps)
    np.testing.assert_allclose(bench.arriving(), weight ** np.arange(steps - 1, -1, -1.0), rtol=1e-12)
    assert bench.first() == pytest.approx(weight ** (steps - 1), rel=1e-12)


def net_and_bits() -> tuple[echo.EchoNet, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    net = echo.EchoNet(5)
    net.draw(2)
    net.parameters += np.random.default_rng(1).normal(0, 0.1, net.parameters.shape)  # biases too
    return net, echo.draw_bits(np.random.default_rng(0), 3)


def test_the_gradient_through_time_is_the_slope_of_the_loss() -> None:
    net, bits = net_and_bits()

    def loss() -> float:
        return echo.loss_and_slope(net.forward(bits)[0], bits, 4)[0]

    net.backward(echo.loss_and_slope(net.forward(bits)[0], bits, 4)[1])
    for index in range(net.parameters.size):
        kept = net.parameters[index]
        net.parameters[index] = kept + 1e-5
        above = loss()
        net.parameters[index] = kept - 1e-5
        below = loss()
        net.parameters[index] = kept
        assert net.gradients[index] == pytest.approx((above - below) / 2e-5, abs=1e-9)


def test_states_and_scores_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    net, bits = net_and_bits()
    units = net.units
    into, bias, back, out, last = np.split(net.parameters, np.cumsum([units, units, units * units, units]))
    twin = torch.nn.RNN(1, units, batch_first=True).double()
    with torch.no_grad():
        twin.weight_ih_l0[:] = torch.tensor(into.reshape(units, 1))
        twin.bias_ih_l0[:] = torch.tensor(bias)
        twin.weight_hh_l0[:] = torch.tensor(back.reshape(units, units))
        twin.bias_hh_l0[:] = 0
        states = twin(torch.tensor(bits[:, :, None]))[0].numpy()
    scores, ours = net.forward(bits)
    np.testing.assert_allclose(ours, states, atol=1e-12)
    np.testing.assert_allclose(scores, states @ out + last, atol=1e-12)


def test_it_learns_the_echo_and_says_when() -> None:
    before, after = EchoTask(), EchoTask().turned(trained=150)
    assert 0.4 < before.accuracy() < 0.7
    assert before.loss() > 0.6
    assert after.accuracy() > 0.99
    assert after.loss() < 0.1
    assert after.noticed() == 4
    assert EchoTask().turned(trained=400, units=2).accuracy() < 0.9, "two units can't remember five bits"
    assert EchoTask().turned(trained=150, delay=1, units=4).noticed() == 1


def test_what_was_trained_does_not_hang_on_who_asked_before() -> None:
    at_once = echo.EchoTraining(4, 6)
    last = at_once.at(60)
    in_turns = echo.EchoTraining(4, 6)
    for steps in (20, 60, 40):
        record = in_turns.at(steps)
    assert record.step == 40
    np.testing.assert_array_equal(in_turns.at(60).parameters, last.parameters)
    np.testing.assert_array_equal(in_turns.at(40).parameters, at_once.at(40).parameters)


def test_the_pictures_come_when_training_is_done() -> None:
    echo.echo_training.cache_clear()
    said = list(AskBench(EchoTask().turned(trained=100)).work(moment_of("two-one")))
    assert said[:-1] == [None] * 10
    curve, table, _, bars = said[-1]  # type: ignore[misc]
    assert isinstance(curve, Curves)
    assert isinstance(table, Numbers)
    assert isinstance(bars, Bars)
    assert curve.lines["right answers"][0][-1] == 100
    np.testing.assert_array_equal(table.values[1, 4:], table.values[0, :-4])
    np.testing.assert_array_equal(table.values[2, 4:], table.values[1, 4:])
    largest = max(bars.values, key=lambda step: abs(bars.values[step]))
    assert int(largest) == FLIPPED + 4
