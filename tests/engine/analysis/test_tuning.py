"""Tuning curves: of cells whose tuning is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from runs import answers_of, chain, moment_of

from convnet_studio.engine.analysis.tuning import (
    ORIENTATIONS,
    PHASES,
    Grating,
    MeasureFirstTuning,
    MeasureTuning,
    Tuning,
    frequencies_for,
)
from convnet_studio.engine.analysis.unit import Unit, UnitPath, typical_norm
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.nn.modules.map_pool import MapPool
from convnet_studio.engine.nn.modules.relu import ReLU

SIDE = 31
BOX = (slice(0, SIDE), slice(0, SIDE))


WAVE = 7.0


def quadrature_pairs() -> Array:
    """Gabor filters ``(16, 1, 31, 31)`` of `WAVE` pixels a cycle: for eight directions an even and an odd one."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    filters = []
    for direction in range(8):
        angle = math.pi * direction / 8
        u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
        envelope = np.exp(-(u**2 + v**2) / (2 * (0.6 * WAVE) ** 2))
        filters += [envelope * np.cos(2 * math.pi * u / WAVE - phase) for phase in (0, math.pi / 2)]
    return np.array(filters)[:, None]


def tuned(*behind: Module) -> Tuning:
    """Of the quadrature pairs, and what comes behind them."""
    network = chain((1, SIDE, SIDE), Conv2d(out_channels=16, kernel_size=SIDE, biases="none"), *behind)
    network.parameters_of("m1")["weight"].value[...] = quadrature_pairs()
    path = UnitPath(network, network.graph.nodes[-1].id)
    frequencies = frequencies_for(SIDE)
    gratings = [Grating(o, f, p) for o in ORIENTATIONS for f in frequencies for p in PHASES]
    answers = path.forward(np.stack([each.picture((1, SIDE, SIDE), BOX, 1.0) for each in gratings]))[..., 0, 0]
    shape = len(ORIENTATIONS), len(frequencies), len(PHASES), -1
    return Tuning(answers.reshape(shape), np.zeros(answers.shape[1]), frequencies, 1.0)


def test_a_grating_is_what_it_says() -> None:
    standing = Grating(90, 0.25, 0).picture((1, 8, 8), (slice(0, 8), slice(0, 8)), 2.0)
    norms = [np.linalg.norm(Grating(30, 0.17, p).picture((2, 8, 9), (slice(1, 8), slice(0, 9)), 2.0)) for p in PHASES]
    assert np.square(norms).mean() == pytest.approx(4)
    np.testing.assert_allclose(standing[0], np.broadcast_to(standing[0, :1], (8, 8)), atol=1e-6)  # stripes stand
    np.testing.assert_allclose(standing[0, :, :4], standing[0, :, 4:], atol=1e-6)  # four pixels a cycle
    opposite = Grating(90, 0.25, 180).picture((1, 8, 8), (slice(0, 8), slice(0, 8)), 2.0)
    np.testing.assert_allclose(standing, -opposite, atol=1e-6)
    turned = Grating(45, 0.2, 0).picture((1, 9, 9), (slice(0, 9), slice(0, 9)), 1.0)[0]
    np.testing.assert_allclose(np.diag(turned[::-1]), turned[4, 4], atol=1e-6)  # along the stripe, rising to the right
    part = Grating(0, 0.2, 0).picture((3, 9, 9), (slice(2, 5), slice(1, 9)), 1.0)
    assert not part[:, :2].any()
    assert (part[0] == part[2]).all()


def test_a_quadrature_pair_is_blind_to_phase_and_a_simple_cell_is_not() -> None:
    energy, simple = tuned(MapPool(group=2, kind="L2")), tuned(ReLU())
    for channel in range(8):
        curve = energy.by_phase(channel)
        assert (curve.max() - curve.min()) / curve.mean() < 0.01
        assert energy.modulation(channel) < 0.01
    for channel in range(16):
        assert simple.modulation(channel) == pytest.approx(math.pi / 2, rel=0.05)  # of a half-wave rectified cosine


def test_a_linear_unit_has_no_mean_over_phases() -> None:
    assert tuned().modulation(0) == math.inf


def test_the_best_grating_of_a_gabor_filter_is_its_own() -> None:
    energy = tuned(MapPool(group=2, kind="L2"))
    for channel in range(8):
        across = 180 * channel / 8  # the angle along which a filter oscillates, clockwise from the horizontal
        stripes = (90 - across) % 180
        best = ORIENTATIONS[energy.best(channel)[0]]
        away = abs((best - stripes + 90) % 180 - 90)
        assert away <= 7.5 + 1e-9
        assert abs(energy.frequencies[energy.best(channel)[1]] - 1 / WAVE) <= np.diff(energy.frequencies)[0] / 2


def test_selectivity_is_0_for_all_alike_and_1_for_one_alone() -> None:
    flat = np.ones((len(ORIENTATIONS), 8, len(PHASES), 2))
    flat[..., 1] = 0
    flat[3, 2, :, 1] = 5
    tuning = Tuning(flat, np.zeros(2), frequencies_for(9), 1.0)
    assert tuning.selectivity(0) == pytest.approx(0, abs=1e-12)
    assert tuning.selectivity(1) == pytest.approx(1)


def test_answers_are_the_networks_own() -> None:
    moment = moment_of("two-stage-digits")
    kept = moment.run.network.parameters.copy()
    first = answers_of(MeasureFirstTuning("m6", 0.5), moment)[-1]
    now = answers_of(MeasureTuning("m6", 0.5), moment)[-1]
    assert isinstance(first, Tuning)
    assert isinstance(now, Tuning)
    np.testing.assert_allclose(first.responses, now.responses, rtol=1e-4, atol=1e-5)
    box = UnitPath(moment.run.network, "m6").box(Unit("m6", 0))
    norm = 0.5 * typical_norm(moment.run, box)
    assert now.norm == norm
    grating = Grating(ORIENTATIONS[4], float(now.frequencies[2]), PHASES[5]).picture((1, 28, 28), box, norm)
    moment.run.program.forward(grating[None])
    np.testing.assert_allclose(moment.run.program.output("m6")[0, :, 5, 5], now.responses[4, 2, 5], rtol=1e-5)
    np.testing.assert_array_equal(moment.run.network.parameters, kept)


def test_the_first_time_every_third_phase_comes_first() -> None:
    moment = moment_of("two-stage-digits")
    inquiry = MeasureTuning("m6")
    rough, whole = (each for each in answers_of(inquiry, moment) if isinstance(each, Tuning))
    np.testing.assert_array_equal(rough.phases, [0, 90, 180, 270])
    np.testing.assert_array_equal(rough.responses, whole.responses[:, :, ::3])
    assert rough.by_phase(0).shape == (4,)
    assert not (whole.responses == 0).all(axis=-1).any(), "all were measured"
    (again,) = answers_of(inquiry, moment)
    assert isinstance(again, Tuning)
    np.testing.assert_array_equal(again.phases, PHASES)


def test_four_phases_tell_simple_from_complex_as_twelve_do() -> None:
    whole = tuned(ReLU())
    rough = Tuning(whole.responses[:, :, ::3], whole.blank, whole.frequencies, whole.norm, PHASES[::3])
    for channel in range(16):
        assert rough.modulation(channel) == pytest.approx(whole.modulation(channel), rel=0.4)
