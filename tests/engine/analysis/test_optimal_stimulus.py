"""Optimal stimuli: those climbed to are those of linear algebra, and the climb keeps to its constraint."""

from __future__ import annotations

import numpy as np
import pytest
from runs import answers_of, chain, moment_of
from scipy.optimize import minimize
from scipy.signal import correlate2d

from convnet_studio.engine.analysis.ascent import MOST_ITERATIONS, Ascent
from convnet_studio.engine.analysis.closed_form import ClosedForm, best_on_sphere, closed_form
from convnet_studio.engine.analysis.filters_of import filters_of
from convnet_studio.engine.analysis.optimal_stimulus import (
    FindFirstGallery,
    FindGallery,
    FindStimulus,
    Gallery,
    Stimulus,
    first_network,
)
from convnet_studio.engine.analysis.unit import Unit, UnitPath, typical_norm
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d
from convnet_studio.engine.nn.modules.relu import ReLU
from convnet_studio.engine.nn.modules.tanh import Tanh
from convnet_studio.engine.nn.network import Network


def complex_cells(biases: str = "none", size: int = 21) -> Network:
    """Twelve filters of 9x9 pixels, each pooled over all its places by the L2 norm: the cells of Saxe et al."""
    pool = LPPool2d(kernel_size=size - 8, stride=1, p=2.0, inside="sum")
    return chain((1, size, size), Conv2d(out_channels=12, kernel_size=9, biases=biases), pool, seed=3)


def convolution_matrix(kernel: Array, side: int) -> Array:
    """By scipy: what each pixel alone gives, ``(places, pixels)``."""
    pixels = np.eye(side * side).reshape(-1, side, side)
    return np.stack([correlate2d(pixel, kernel, mode="valid").ravel() for pixel in pixels], axis=1)


def climbed(path: UnitPath, unit: Unit, norm: float = 1.0, seed: int = 0) -> Ascent:
    ascent = Ascent(path, [unit], norm, seed)
    while not ascent.is_over:
        ascent.advance()
    return ascent


def the_closed_form(path: UnitPath, unit: Unit, norm: float) -> ClosedForm | None:
    return next((each for each in closed_form(path, unit, norm) if each is not None), None)


@pytest.mark.parametrize("channel", range(12))
def test_the_climb_reaches_the_top_right_singular_vector(channel: int) -> None:
    network = complex_cells()
    ascent = climbed(UnitPath(network, "m2"), Unit("m2", channel))
    _, sizes, right = np.linalg.svd(convolution_matrix(network.parameters_of("m1")["weight"].value[channel, 0], 21))
    assert sizes[0] * 0.98 <= ascent.values[0] <= sizes[0] * (1 + 1e-9)
    nearly_best = right[: np.count_nonzero(sizes > 0.96 * sizes[0])]  # two at least: a quadrature pair
    assert len(nearly_best) >= 2
    assert np.linalg.norm(nearly_best @ ascent.pictures[0].ravel()) > 0.9


@pytest.mark.parametrize("channel", [0, 5])
def test_the_closed_form_is_that_of_an_independent_convolution(channel: int) -> None:
    network = complex_cells()
    known = the_closed_form(UnitPath(network, "m2"), Unit("m2", channel), 2.5)
    assert known is not None
    assert not known.has_bias
    sizes = np.linalg.svd(convolution_matrix(network.parameters_of("m1")["weight"].value[channel, 0], 21))[1]
    assert known.value == pytest.approx(2.5 * sizes[0], rel=1e-6)
    np.testing.assert_allclose(known.directions @ known.directions.T, np.eye(2), atol=1e-9)
    assert known.share_inside(known.directions[1] + known.directions[0]) == pytest.approx(1)


def test_with_a_bias_the_climb_reaches_what_the_closed_form_says() -> None:
    network = complex_cells("each map")
    network.parameters_of("m1")["bias"].value[...] = 0.4
    path = UnitPath(network, "m2")
    known = the_closed_form(path, Unit("m2", 1), 1.5)
    assert known is not None
    assert known.has_bias
    best = max(climbed(path, Unit("m2", 1), 1.5, seed).values[0] for seed in range(3))
    assert known.value * 0.98 <= best <= known.value * (1 + 1e-6)


def test_the_best_point_on_a_sphere_is_that_of_a_general_optimiser() -> None:
    random = np.random.default_rng(4)
    matrix, bias = random.normal(size=(5, 7)), random.normal(size=5)
    known = best_on_sphere(matrix, bias, 2.0)
    sphere = {"type": "eq", "fun": lambda x: x @ x - 4}
    found = max(
        -minimize(lambda x: -((matrix @ x + bias) ** 2).sum(), random.normal(size=7), constraints=[sphere]).fun
        for _ in range(12)
    )
    assert known.value == pytest.approx(np.sqrt(found), rel=1e-5)
    best = 2 * known.directions[0]
    assert np.linalg.norm(matrix @ best + bias) == pytest.approx(known.value)


def test_a_bias_at_right_angles_to_the_top_vector_is_no_trap() -> None:
    known = best_on_sphere(np.diag([3.0, 1.0]), np.array([0.0, 0.5]), 2.0)
    angles = np.linspace(0, 2 * np.pi, 200_001)
    brute = np.hypot(6 * np.cos(angles), 2 * np.sin(angles) + 0.5).max()
    assert known.value == pytest.approx(brute, rel=1e-8)


@pytest.mark.parametrize(
    "network",
    [
        chain((1, 12, 12), Conv2d(out_channels=2, kernel_size=5), Tanh(), LPPool2d(kernel_size=8, stride=1, p=2.0)),
        chain((1, 12, 12), Conv2d(out_channels=2, kernel_size=5), ReLU(), LPPool2d(kernel_size=8, stride=1, p=2.0)),
        chain((1, 12, 12), Conv2d(out_channels=2, kernel_size=5), LPPool2d(kernel_size=8, stride=1, p=3.0)),
    ],
)
def test_a_unit_that_is_no_norm_of_linear_responses_has_no_closed_form(network: Network) -> None:
    last = network.graph.nodes[-1].id
    assert the_closed_form(UnitPath(network, last), Unit(last, 0), 1.0) is None


def test_the_climb_keeps_the_norm_goes_up_and_stays_where_the_unit_looks() -> None:
    network = chain((2, 16, 18), Conv2d(out_channels=3, kernel_size=5), Tanh(), Conv2d(out_channels=4, kernel_size=3))
    path = UnitPath(network, "m3")
    unit = Unit("m3", 2, (4, 7))
    assert path.box(unit) == (slice(4, 11), slice(7, 14))
    ascent = climbed(path, unit, 3.0)
    assert np.linalg.norm(ascent.pictures[0]) == pytest.approx(3.0)
    assert (np.diff(ascent.traces[0]) >= 0).all()
    assert ascent.values[0] > ascent.traces[0][0]
    assert ascent.values[0] == path.forward(ascent.pictures)[0, 2, 4, 7]
    outside = ascent.pictures[0].copy()
    outside[:, 4:11, 7:14] = 0
    assert not outside.any()


def test_a_unit_climbs_alike_alone_and_in_company() -> None:
    path = UnitPath(complex_cells(), "m2")
    together = Ascent(path, [Unit("m2", each) for each in range(3)], 1.0)
    for _ in range(20):
        together.advance()
    alone = Ascent(path, [Unit("m2", 1)], 1.0)
    for _ in range(20):
        alone.advance()
    np.testing.assert_allclose(together.pictures[1], alone.pictures[0], rtol=1e-6, atol=1e-9)


def test_seeds_are_noise_of_their_own_and_repeat() -> None:
    path = UnitPath(complex_cells(), "m2")
    first, again, other = (Ascent(path, [Unit("m2", 0)], 1.0, seed).pictures for seed in (0, 0, 1))
    assert (first == again).all()
    assert not np.allclose(first, other)


def test_a_unit_that_nothing_moves_is_told_silent() -> None:
    network = chain((1, 8, 8), Conv2d(out_channels=1, kernel_size=3), ReLU())
    network.parameters_of("m1")["bias"].value[...] = -1000
    ascent = climbed(UnitPath(network, "m2"), Unit("m2", 0))
    assert ascent.is_silent[0]


def test_jitter_climbs_for_a_fixed_time() -> None:
    ascent = Ascent(UnitPath(complex_cells(), "m2"), [Unit("m2", 0)], 1.0, jitter=2)
    while not ascent.is_over:
        ascent.advance()
    assert len(ascent.traces[0]) == MOST_ITERATIONS + 1
    assert ascent.values[0] > 2 * ascent.traces[0][0]


def test_a_place_outside_and_a_loss_are_refused() -> None:
    path = UnitPath(complex_cells(), "m2")
    with pytest.raises(ValueError, match="no unit"):
        path.box(Unit("m2", 12))
    with pytest.raises(ValueError, match="loss"):
        UnitPath(path.network, "m9")


def test_frames_come_one_by_one_and_the_next_climb_goes_on_from_the_last() -> None:
    moment = moment_of("lenet-5")
    inquiry = FindStimulus(Unit("m8", 3))
    frames = [each for each in answers_of(inquiry, moment) if isinstance(each, Stimulus)]
    last = frames[-1]
    assert [len(each.trace) for each in frames] == list(range(1, len(frames) + 1))
    assert len(last.frames) == len(last.trace)
    assert last.has_converged
    assert not last.picture.flags.writeable
    expected = typical_norm(moment.run, last.box)
    assert np.linalg.norm(last.picture) == pytest.approx(expected, rel=1e-5)
    moment.run.program.forward(last.picture[None])
    assert moment.run.program.output("m8")[(0, *Unit("m8", 3).index((16, 5, 5)))] == pytest.approx(last.value, rel=1e-4)
    again = [each for each in answers_of(inquiry, moment) if isinstance(each, Stimulus)]
    assert again[0].trace[-1] == pytest.approx(last.value, rel=1e-4)
    assert not again[0].frames


def test_the_gallery_has_the_initial_weights_on_one_side() -> None:
    moment = moment_of("two-stage-digits")
    run = moment.run
    kept = run.network.parameters.copy()
    np.testing.assert_array_equal(first_network(run).parameters, kept)
    try:
        run.network.parameters[...] *= 0.5
        np.testing.assert_array_equal(first_network(run).parameters, kept)
        galleries = {}
        for kind in (FindGallery, FindFirstGallery):
            found = answers_of(kind("m6", (0, 3, 5)), moment)[-1]
            assert isinstance(found, Gallery)
            assert found.done == 3
            galleries[kind] = found
        first, now = galleries[FindFirstGallery], galleries[FindGallery]
        assert first.filters is not None
        assert now.filters is not None
        np.testing.assert_allclose(first.filters, 2 * now.filters, rtol=1e-6)
        assert first.filters.shape == (3, 5, 5)
        assert all(a > b for a, b in zip(first.values, now.values, strict=True))
        alone = answers_of(FindStimulus(Unit("m6", 3)), moment)[-1]
        assert isinstance(alone, Stimulus)
        assert alone.value == pytest.approx(now.values[1], rel=1e-3)
    finally:
        run.network.parameters[...] = kept


def test_filters_are_those_of_the_bank_before() -> None:
    moment = moment_of("lenet-5")
    network = moment.run.network
    first = filters_of(network, "m5")
    assert first is not None
    np.testing.assert_array_equal(first, network.parameters_of("m2")["weight"].value[:, 0])
    second = filters_of(network, "m8")
    assert second is not None
    assert second.shape == (16, 5, 5)
    assert filters_of(network, "m1") is None
    assert filters_of(network, "m13") is None
