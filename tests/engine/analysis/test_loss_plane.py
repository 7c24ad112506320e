"""Planes through the loss: exact at the centre and everywhere, directions of the right length, true distances."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from convnet_studio.engine.analysis.loss_plane import (
    PRINCIPAL,
    RANDOM,
    WHOLE,
    FindLossPlane,
    FindPlace,
    Place,
    Plane,
    PlaneLoss,
    principal_directions,
    random_directions,
)
from convnet_studio.engine.analysis.one_one_one import OneOneOne
from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import ReferenceProgram
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.inquiry import Moment
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.run import Run

PROJECT = load_preset("tiny-digits")


def a_run() -> Run:
    return Run(7, PROJECT, Material(load_dataset(PROJECT.data.dataset)), ReferenceProgram)


@pytest.fixture
def run() -> Iterator[Run]:
    made = a_run()
    yield made
    made.close()


def trained(run: Run, checkpoints: int) -> Run:
    for _ in range(checkpoints):
        run.train(8, 4, 10.0, lambda: False)
        run.take_checkpoint()
    return run


def moment_of(run: Run) -> Moment:
    sample = run.material.first_test_sample
    return Moment(run, sample.picture, sample.label)


def answers(inquiry: FindLossPlane, run: Run) -> list[PlaneLoss]:
    return [each for each in inquiry.work(moment_of(run)) if isinstance(each, PlaneLoss)]


def a_network() -> Network:
    dataset = load_dataset(PROJECT.data.dataset)
    network = build_network(PROJECT, dataset.input_shape, dataset.classes)
    initialize(network, 3)
    return network


def loss_at(run: Run, parameters: np.ndarray, samples: int) -> float:
    """By the numpy network itself, over the same samples."""
    chosen = np.linspace(0, run.material.train_count - 1, samples).round().astype(int)
    twin = run.twin()
    twin.parameters[...] = parameters
    twin.forward(run.material.pictures[chosen])
    return float(twin.loss(run.material.labels[chosen]).mean())


@pytest.mark.parametrize("kind", [RANDOM, PRINCIPAL])
def test_every_value_is_the_networks_loss_there(run: Run, kind: str) -> None:
    trained(run, 6)
    found = answers(FindLossPlane(kind, points=9, samples=100), run)[-1]
    assert found.done == 1
    assert found.samples == 100
    assert found.values is not None
    plane = found.plane
    assert np.array_equal(plane.center, run.network.parameters)
    assert found.loss == pytest.approx(loss_at(run, run.network.parameters, 100), rel=1e-5)
    for row, column in ((0, 0), (8, 3), (4, 4), (2, 7)):
        alpha = plane.alphas[0] + column / 8 * (plane.alphas[1] - plane.alphas[0])
        beta = plane.betas[0] + row / 8 * (plane.betas[1] - plane.betas[0])
        weights = plane.center + alpha * plane.directions[0] + beta * plane.directions[1]
        assert found.values[row, column] == pytest.approx(loss_at(run, weights, 100), rel=1e-5)
    if kind == RANDOM:
        assert found.values[4, 4] == pytest.approx(found.loss, rel=1e-6)


def test_coarse_grids_come_first_and_are_part_of_the_fine_one(run: Run) -> None:
    found = answers(FindLossPlane(points=9, samples=20), run)
    grids = [each.values for each in found if each.values is not None]
    sizes = list(dict.fromkeys(len(each) for each in grids))
    assert sizes == [3, 5, 9]
    assert np.array_equal(grids[-1][::4, ::4], grids[0])
    assert all(np.isfinite(each).all() for each in grids)
    shares = [each.done for each in found]
    assert shares == sorted(shares)


def test_training_is_left_alone(run: Run) -> None:
    before = run.network.parameters.copy()
    answers(FindLossPlane(points=5, samples=20), run)
    assert np.array_equal(run.network.parameters, before)


def test_training_may_go_on_meanwhile(run: Run) -> None:
    """The plane stays where it was begun."""
    expected = answers(FindLossPlane(points=5, samples=20), run)[-1]
    other = a_run()
    found = []
    for number, each in enumerate(FindLossPlane(points=5, samples=20).work(moment_of(other))):
        if number % 10 == 5:
            other.train(8, 1, 1.0, lambda: False)
        found.append(each)
    other.close()
    last = [each for each in found if isinstance(each, PlaneLoss)][-1]
    assert last.values is not None
    assert np.array_equal(last.values, expected.values)  # type: ignore[arg-type]


def test_a_dropped_question_lets_go_of_its_program(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(ReferenceProgram, "close", lambda self: closed.append(True))
    work = FindLossPlane(points=9, samples=20).work(moment_of(run))
    for _ in range(20):
        next(work)
    del work
    assert closed == [True]


def test_filters_of_random_directions_are_as_long_as_the_networks() -> None:
    network = a_network()
    directions = random_directions(network, 5)
    assert not np.allclose(directions[0], directions[1])
    start = network.parameters.__array_interface__["data"][0]
    seen = np.zeros(network.parameters.size, bool)
    for module_id in network.slices:
        for each in network.parameters_of(module_id).values():
            offset = (each.value.__array_interface__["data"][0] - start) // each.value.itemsize
            part = slice(offset, offset + each.value.size)
            seen[part] = True
            for direction in directions[:, part]:
                if each.value.ndim < 2:
                    assert not direction.any()
                    continue
                own, theirs = (np.linalg.norm(a.reshape(len(each.value), -1), axis=1) for a in (direction, each.value))
                assert np.allclose(own, theirs, rtol=1e-5)
    assert seen.any()


@pytest.mark.parametrize("kind", [RANDOM, PRINCIPAL])
def test_the_plane_of_two_weights_is_the_surface_in_closed_form(kind: str) -> None:
    project = load_preset("one-one-one")
    run = Run(1, project, Material(load_dataset(project.data.dataset)), ReferenceProgram)
    try:
        w0, w1 = (float(each) for each in run.network.parameters)
        found = answers(FindLossPlane(kind, points=9), run)[-1]
    finally:
        run.close()
    plane, surface = found.plane, OneOneOne()
    assert plane.kind == WHOLE
    assert (plane.alphas, plane.betas) == ((-3, 3), (-3, 3))
    axis = np.linspace(-3, 3, 9)
    np.testing.assert_allclose(found.values, surface.loss(axis[None], axis[:, None]), rtol=1e-5, atol=1e-9)
    assert found.loss == pytest.approx(float(surface.loss(w0, w1)), rel=1e-5)
    (place,) = plane.way
    assert (place.alpha, place.beta, place.distance) == pytest.approx((w0, w1, 0))


def test_frozen_modules_are_not_moved() -> None:
    network = a_network()
    module_id = next(iter(network.slices))
    network.learning = {module_id: Learning(frozen=True)}
    assert not random_directions(network, 5)[:, network.slices[module_id]].any()


def test_principal_directions_are_those_of_a_singular_value_decomposition() -> None:
    random = np.random.default_rng(2)
    center = random.standard_normal(300).astype(np.float32)
    places = [center + random.standard_normal(300).astype(np.float32) * scale for scale in (3.0, 2.0, 1.0, 0.5)]
    found = [each for each in principal_directions(places, center) if each is not None]
    directions, shares = found[-1]
    _, values, axes = np.linalg.svd(np.stack(places).astype(np.float64) - center, full_matrices=False)
    assert np.allclose(np.abs(np.sum(directions * axes[:2], axis=1)), 1, atol=1e-5)
    assert np.allclose(shares, values[:2] ** 2 / (values**2).sum(), rtol=1e-5)


@pytest.mark.parametrize("count", [0, 2])
def test_a_run_that_has_not_gone_far_says_so(count: int) -> None:
    center = np.zeros(10, np.float32)
    with pytest.raises(ValueError, match="let it train"):
        list(principal_directions([np.ones(10, np.float32)] * count, center))


def test_a_run_along_one_line_says_so() -> None:
    center, line = np.zeros(10, np.float32), np.arange(10, dtype=np.float32)
    with pytest.raises(ValueError, match="one line"):
        list(principal_directions([line, 2 * line, 3 * line], center))


def test_places_are_nearest_points_with_their_distance() -> None:
    random = np.random.default_rng(4)
    center = random.standard_normal(50).astype(np.float32)
    directions = random.standard_normal((2, 50)).astype(np.float32)
    plane = Plane(1, 10, center, directions, (-1, 1), (-1, 1), RANDOM)
    beside = random.standard_normal(50)
    beside -= directions.T @ np.linalg.lstsq(directions @ directions.T, directions @ beside, rcond=None)[0]
    weights = center + 0.3 * directions[0] - 0.7 * directions[1] + beside
    place = plane.place(12, weights)
    assert (place.alpha, place.beta) == pytest.approx((0.3, -0.7), abs=1e-4)
    assert place.distance == pytest.approx(np.linalg.norm(beside), rel=1e-4)
    assert place.travelled == pytest.approx(np.linalg.norm(weights - center), rel=1e-4)


def test_the_way_of_the_run_ends_at_the_centre(run: Run) -> None:
    trained(run, 5)
    plane = answers(FindLossPlane(PRINCIPAL, points=5, samples=20), run)[-1].plane
    steps = [each.step for each in plane.way]
    assert steps == sorted(set(steps))
    assert len(steps) >= 5
    last = plane.way[-1]
    assert (last.step, last.distance, last.travelled) == (run.course.step, 0, 0)
    assert all(plane.alphas[0] < each.alpha < plane.alphas[1] for each in plane.way)
    assert all(plane.betas[0] < each.beta < plane.betas[1] for each in plane.way)
    assert sum(plane.shares) > 0.5


def test_where_the_run_is_now(run: Run) -> None:
    plane = answers(FindLossPlane(points=5, samples=20), run)[-1].plane
    (before,) = FindPlace(plane).work(moment_of(run))
    assert isinstance(before, Place)
    assert before.travelled == 0
    trained(run, 1)
    (after,) = FindPlace(plane).work(moment_of(run))
    assert isinstance(after, Place)
    assert after.step == run.course.step
    assert 0 < after.distance <= after.travelled
    assert FindPlace(plane) == FindPlace(plane)


def test_a_plane_of_another_run_says_so(run: Run) -> None:
    plane = Plane(99, 0, run.network.parameters, np.zeros((2, 3), np.float32), (-1, 1), (-1, 1), RANDOM)
    with pytest.raises(ValueError, match="compute it anew"):
        list(FindPlace(plane).work(moment_of(run)))
