"""Statistics of weights, outputs and gradients agree with numpy on the same network."""

from __future__ import annotations

import numpy as np
import pytest
from moments import answer_of, moment_of

from convnet_studio.engine.analysis.statistics import BINS, AskStatistics, NetworkStatistics, spread_of


def test_a_spread_is_what_numpy_says() -> None:
    values = np.random.default_rng(1).normal(0.3, 2, (7, 11, 5)).astype(np.float32)
    values[0] = 0
    spread = spread_of(values)
    assert spread.mean == pytest.approx(values.mean(), rel=1e-5)
    assert spread.deviation == pytest.approx(values.std(), rel=1e-5)
    assert spread.largest == pytest.approx(np.abs(values).max())
    assert spread.zeros == pytest.approx(55 / 385)
    assert np.array_equal(spread.histogram, np.histogram(values, BINS, (-spread.largest, spread.largest))[0])
    assert spread.histogram[BINS // 2] >= 55  # 0 lies in the middle of the middle bin


def test_gradients_that_have_nearly_vanished_are_still_seen() -> None:
    values = np.array([3e-30, -4e-30], np.float32)
    spread = spread_of(values)
    assert spread.rms == pytest.approx(np.sqrt(12.5) * 1e-30)
    assert spread.histogram.sum() == 2
    assert spread_of(np.array([1e-40, -1e-40], np.float32)).histogram.sum() == 2


def test_what_is_not_finite_is_left_out_and_told() -> None:
    spread = spread_of(np.array([1.0, np.nan, -3.0, np.inf]))
    assert (spread.finite, spread.mean, spread.largest) == (False, -1.0, 3.0)
    assert spread_of(np.zeros(4)).histogram[BINS // 2] == 4


def test_statistics_are_those_of_the_network_on_that_batch() -> None:
    moment = moment_of("tiny-digits")
    found = answer_of(AskStatistics(), moment)
    assert isinstance(found, NetworkStatistics)
    run, network = moment.run, moment.run.twin()
    pictures = run.material.pictures[: found.samples]
    outputs = network.forward(pictures)
    network.loss(run.material.labels[: found.samples])
    arriving = network.backward()
    for module_id, each in found.modules.items():
        assert each.outputs.rms == pytest.approx(np.sqrt(np.mean(np.square(outputs[module_id], dtype=np.float64))))
        assert each.dead == pytest.approx(np.mean(np.all(outputs[module_id] == 0, axis=0)))
        if module_id in arriving and each.output_gradients is not None:
            assert each.output_gradients.rms == pytest.approx(
                np.sqrt(np.mean(np.square(arriving[module_id]))), rel=1e-3
            )
        if module_id in network.spans:
            assert each.weights is not None
            assert each.weight_gradients is not None
            own = network.gradients[network.spans[module_id]]
            assert each.weight_gradients.rms == pytest.approx(np.sqrt(np.mean(np.square(own))), rel=1e-3)
    assert any(each.weight_gradients is not None for each in found.modules.values())
