"""Occlusion: scores are those of pictures in which a square is hidden by hand."""

from __future__ import annotations

import numpy as np
import pytest
from runs import answers_of, chain, moment_of

from convnet_studio.engine.analysis.occlusion import BLACK, GREY, MEAN, Occlude, OcclusionMap, hidden
from convnet_studio.engine.nn.losses.cross_entropy_loss import CrossEntropyLoss
from convnet_studio.engine.nn.losses.multi_margin_loss import MultiMarginLoss
from convnet_studio.engine.nn.losses.nll_loss import NLLLoss
from convnet_studio.engine.nn.modules.input import Input
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.training.inquiry import Moment


@pytest.mark.parametrize("fill", [GREY, MEAN, BLACK])
def test_scores_are_those_of_hidden_pictures(fill: str) -> None:
    moment = moment_of("lenet-5")
    picture = moment.picture
    found = answers_of(Occlude(label=3, size=8, step=3, fill=fill), moment)
    last = found[-1]
    assert isinstance(last, OcclusionMap)
    assert last.scores.shape == (10, 10)
    assert last.are_probabilities
    value = {GREY: (picture.min() + picture.max()) / 2, BLACK: 0.0}.get(fill, last.fill)
    assert last.fill == pytest.approx(float(value))
    if fill == MEAN:
        assert last.fill == pytest.approx(float(moment.run.material.pictures[:500].mean()))
    network = moment.run.twin()
    source = network.graph.nodes[-1].sources[0]
    for row, column in ((0, 0), (4, 5), (9, 9)):
        covered = picture.copy()
        top, left = 3 * row - 3, 3 * column - 3
        covered[:, max(top, 0) : top + 8, max(left, 0) : left + 8] = value
        scores = network.forward(covered[None])[source][0]
        assert last.scores[row, column] == pytest.approx(float(np.exp(scores[3])), rel=1e-4)
        assert last.answers[row, column] == scores.argmax()
    assert last.whole == pytest.approx(float(np.exp(network.forward(picture[None])[source][0, 3])), rel=1e-4)
    first = found[0]
    assert isinstance(first, OcclusionMap)
    assert np.isnan(first.scores[-1, -1])
    assert first.answers[-1, -1] == -1


def test_the_class_is_that_of_the_picture_unless_chosen() -> None:
    moment = moment_of("lenet-5")
    own = answers_of(Occlude(step=14), moment)[-1]
    assert isinstance(own, OcclusionMap)
    assert own.label == moment.label
    unknown = answers_of(Occlude(step=14), Moment(moment.run, moment.picture, -1))[-1]
    assert isinstance(unknown, OcclusionMap)
    assert unknown.label == moment.run.network.forward(moment.picture[None])["m16"][0].argmax()


def test_a_square_around_a_pixel() -> None:
    covered = hidden(np.ones((1, 6, 7)), (2, 3), 3, 0.5)
    assert (covered[0, 1:4, 2:5] == 0.5).all()
    assert covered.sum() == 6 * 7 - 9 * 0.5


def test_scores_become_probabilities_where_they_have_that_meaning() -> None:
    scores = np.array([[1.0, 2.0, 4.0]])

    def network(loss: object) -> Network:
        return Network({"a": Input(), "b": loss}, [("a", "b", 0)], (3,), 3)  # type: ignore[dict-item]

    shares = np.exp(scores) / np.exp(scores).sum()
    found = network(CrossEntropyLoss()).probabilities(scores)
    assert found is not None
    np.testing.assert_allclose(found, shares)
    found = network(NLLLoss()).probabilities(np.log(shares))
    assert found is not None
    np.testing.assert_allclose(found, shares)
    assert network(NLLLoss()).probabilities(scores) is None  # these are no logarithms of shares
    assert network(MultiMarginLoss()).probabilities(scores) is None


def test_a_network_without_classes_is_told_in_a_sentence() -> None:
    moment = moment_of("photo-autoencoder")
    with pytest.raises(ValueError, match="names no class"):
        answers_of(Occlude(), moment)
    assert chain((3,)).judge is None
