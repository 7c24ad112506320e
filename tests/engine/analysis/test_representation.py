"""Principal components, embeddings and paths: against numpy's SVD, closed forms, and the network itself."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import pytest
from moments import answer_of, moment_of
from scipy import ndimage

from convnet_studio.engine.analysis.embedding import AskEmbedding, Embedding, separation
from convnet_studio.engine.analysis.manifold import (
    CHANGES,
    ROTATE,
    SCALE,
    SHIFT,
    AskManifoldPath,
    ManifoldPath,
    changed,
    shape_of,
)
from convnet_studio.engine.analysis.principal import Components, principal_components


def result_of(work: Generator[None, None, Components]) -> Components:
    while True:
        try:
            next(work)
        except StopIteration as end:
            found = end.value
            assert isinstance(found, Components)
            return found


def test_components_are_those_of_a_singular_value_decomposition() -> None:
    random = np.random.default_rng(2)
    samples = random.normal(size=(60, 400)) @ np.diag(np.geomspace(5, 0.1, 400)) + 3
    found = result_of(principal_components(samples))
    centred = samples - samples.mean(axis=0)
    u, values, _ = np.linalg.svd(centred, full_matrices=False)
    assert found.explained == pytest.approx(values[:2] ** 2 / (values**2).sum(), rel=1e-3)
    for axis in range(2):
        expected = u[:, axis] * values[axis]
        sign = np.sign(expected @ found.places[:, axis])
        assert found.places[:, axis] * sign == pytest.approx(expected, abs=0.02 * values[0])


def test_separation_of_a_closed_form() -> None:
    samples = np.array([[0.0], [2.0], [10.0], [12.0]])  # means 1 and 11, variance 1 within each
    assert separation(samples, np.array([0, 0, 1, 1])) == pytest.approx(25)
    assert np.isnan(separation(samples, np.zeros(4, int)))


def test_an_embedding_is_of_the_modules_output() -> None:
    moment = moment_of("tiny-digits")
    module_id = next(n.id for n in moment.run.network.graph.nodes if type(n.module).__name__ == "Conv2d")
    found = answer_of(AskEmbedding(module_id, most=50), moment)
    assert isinstance(found, Embedding)
    shown = moment.run.material.test_indices(50)
    outputs = moment.run.twin().forward(moment.run.material.pictures[shown])[module_id].reshape(50, -1)
    values = np.linalg.svd(outputs - outputs.mean(axis=0), compute_uv=False)
    assert found.explained == pytest.approx(values[:2] ** 2 / (values**2).sum(), rel=1e-2)
    assert np.array_equal(found.labels, moment.run.material.labels[shown])
    with pytest.raises(ValueError, match="does not compute"):
        answer_of(AskEmbedding("nobody"), moment)


def test_a_line_is_flat_and_a_half_circle_is_not() -> None:
    line = np.linspace(0, 1, 20)[:, None] * np.array([[3.0, 4.0, 12.0]])
    assert shape_of(line) == pytest.approx((13.0, 1.0, 0.0), abs=1e-5)
    angles = np.linspace(0, np.pi, 181)
    length, flatness, turn = shape_of(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert (length, flatness, turn) == pytest.approx((np.pi, 2 / np.pi, 1.0), rel=1e-3)


def test_changes_of_a_picture() -> None:
    picture = np.zeros((1, 9, 9), np.float32)
    picture[0, 4, 6] = 1
    assert changed(picture, ROTATE, 0)[0] == pytest.approx(picture[0])
    assert changed(picture, SHIFT, 1 / 9)[0, 4, 7] == pytest.approx(1, abs=1e-5)
    turned = changed(picture, ROTATE, 90)[0]
    assert turned[[2, 6], 4].max() == pytest.approx(1, abs=1e-5)
    wide = np.zeros((1, 9, 9), np.float32)
    wide[0, 3:6, 3:6] = 1
    assert changed(wide, SCALE, 0.4).sum() > 1.5 * wide.sum()


@pytest.mark.parametrize(("change", "amount"), [(ROTATE, 27.0), (SHIFT, 0.13), (SCALE, -0.3), (SCALE, 0.25)])
def test_changes_are_those_of_scipy(change: str, amount: float) -> None:
    picture = np.random.default_rng(3).random((2, 11, 9), np.float32)
    middle, angle = np.array([5.0, 4.0]), np.deg2rad(amount)
    matrix, moved = np.eye(2), np.zeros(2)
    if change == ROTATE:
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    elif change == SCALE:
        matrix = matrix / (1 + amount)
    else:
        moved = np.array([0, -amount * 9])
    padded = np.pad(picture, ((0, 0), (8, 8), (8, 8)), constant_values=0.25)
    whole = [
        ndimage.affine_transform(each, matrix, (middle + 8) - matrix @ (middle + 8) + moved, order=1)[8:-8, 8:-8]
        for each in padded
    ]
    assert changed(picture, change, amount, 0.25) == pytest.approx(np.array(whole), abs=1e-5)


@pytest.mark.parametrize("change", CHANGES)
def test_a_path_goes_through_every_module(change: str) -> None:
    moment = moment_of("tiny-digits")
    found = answer_of(AskManifoldPath(change, steps=9), moment)
    assert isinstance(found, ManifoldPath)
    assert found.pictures[4] == pytest.approx(moment.picture, abs=1e-6)  # the middle is the picture itself
    outputs = moment.run.twin().forward(found.pictures)
    for module_id, curve in found.curves.items():
        expected = shape_of(outputs[module_id].reshape(9, -1).astype(np.float64))
        assert (curve.length, curve.flatness, curve.turn) == pytest.approx(expected, rel=1e-3)
        assert 0 <= curve.flatness <= 1
