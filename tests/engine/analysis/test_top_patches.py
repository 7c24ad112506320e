"""Top patches: those found by sorting all answers at once."""

from __future__ import annotations

import numpy as np
import pytest
from runs import answers_of, moment_of

from convnet_studio.engine.analysis.top_patches import COUNT, TEST, TRAINING, FindTopPatches, Strongest, TopPatches
from convnet_studio.engine.training.inquiry import Moment


@pytest.fixture(scope="module")
def moment() -> Moment:
    return moment_of("tiny-digits")


@pytest.mark.parametrize("split", [TEST, TRAINING])
def test_the_strongest_answers_of_all_pictures(moment: Moment, split: str) -> None:
    run = moment.run
    module = next(node.id for node in run.network.graph.nodes if len(node.shape) == 3 and node.sources)
    found = answers_of(FindTopPatches(module, split), moment)[-1]
    assert isinstance(found, TopPatches)
    start, end = (0, run.material.train_count) if split == TRAINING else (run.material.train_count, None)
    pictures = run.material.pictures[start:end]
    assert (found.seen, found.total) == (len(pictures), len(pictures))
    outputs = run.twin().forward(pictures)[module]
    strongest = outputs.reshape(*outputs.shape[:2], -1).max(axis=2)
    for channel in range(outputs.shape[1]):
        expected = np.sort(strongest[:, channel])[::-1][:COUNT]
        np.testing.assert_allclose(found.values[channel], expected, rtol=1e-5, atol=1e-6)
        for rank in range(COUNT):
            picture, place = found.pictures[channel, rank], found.places[channel, rank]
            value = outputs[picture - start, channel, place[0], place[1]]
            assert value == pytest.approx(found.values[channel, rank], rel=1e-5)
            assert found.labels[channel, rank] == run.material.labels[picture]


def test_a_patch_is_all_that_the_unit_sees(moment: Moment) -> None:
    run = moment.run
    module = next(node.id for node in run.network.graph.nodes if type(node.module).__name__ == "Conv2d")
    found = answers_of(FindTopPatches(module), moment)[-1]
    assert isinstance(found, TopPatches)
    weights = run.network.parameters_of(module)
    for channel in (0, 1):
        patches = found.patches(channel, run.material.pictures)
        for rank, patch in enumerate(patches):
            answer = (weights["weight"].value[channel] * patch).sum() + weights["bias"].value[channel]
            assert answer == pytest.approx(found.values[channel, rank], rel=1e-4)


def test_of_equals_the_first_and_nothing_where_there_is_none() -> None:
    strongest = Strongest(maps=1, axes=0, count=3)
    strongest.take(np.array([5, 6]), np.array([[1.0], [np.nan]], np.float32))
    strongest.take(np.array([7, 8]), np.array([[1.0], [2.0]], np.float32))
    np.testing.assert_array_equal(strongest.pictures, [[8, 5, 7]])
    np.testing.assert_array_equal(strongest.values, [[2, 1, 1]])
    few = Strongest(maps=1, axes=2, count=3)
    few.take(np.array([0]), np.arange(4.0).reshape(1, 1, 2, 2))
    np.testing.assert_array_equal(few.pictures, [[0, -1, -1]])
    np.testing.assert_array_equal(few.places[0, 0], [1, 1])
