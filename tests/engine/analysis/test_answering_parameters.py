"""Questions about what the network answers are asked of the parameters that it answers with, such as a mean over its
past, and not of those that training moves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import moments
import numpy as np
import pytest

from convnet_studio.engine.analysis.answers import AskAnswers
from convnet_studio.engine.analysis.deconvnet import Attribute
from convnet_studio.engine.analysis.embedding import AskEmbedding
from convnet_studio.engine.analysis.manifold import AskManifoldPath
from convnet_studio.engine.analysis.occlusion import Occlude
from convnet_studio.engine.analysis.optimal_stimulus import FindGallery, FindStimulus
from convnet_studio.engine.analysis.top_patches import FindTopPatches
from convnet_studio.engine.analysis.tuning import MeasureTuning
from convnet_studio.engine.analysis.unit import Unit
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.edits import set_training
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.inquiry import Inquiry, Moment

FIRST = "m2"
QUESTIONS: dict[str, Callable[[], Inquiry]] = {
    "answers": AskAnswers,
    "attribution": lambda: Attribute(Unit(FIRST, 0)),
    "embedding": lambda: AskEmbedding(FIRST, most=30),
    "manifold": lambda: AskManifoldPath(steps=5),
    "occlusion": lambda: Occlude(step=8),
    "stimulus": lambda: FindStimulus(Unit(FIRST, 0)),
    "gallery": lambda: FindGallery(FIRST, (0, 1)),
    "patches": lambda: FindTopPatches(FIRST),
    "tuning": lambda: MeasureTuning(FIRST),
}


@pytest.fixture(scope="module")
def pair() -> tuple[Moment, Moment]:
    """A run whose answer is a mean of its past, and one that answers with that mean as its own parameters."""
    project = load_preset("tiny-digits")
    averaging = moments.moment_of(
        set_training(project, optimizer="ASGD", optimizer_settings={"start": 0, "decay": 0.0}, rate=0.3)
    )
    for _ in range(10):
        averaging.run.train(8, 1, 1e9, lambda: True)
    plain = moments.moment_of(project)
    plain.run.network.parameters[...] = averaging.answering_parameters()
    assert np.abs(averaging.run.network.parameters - plain.run.network.parameters).max() > 0.01
    return averaging, plain


def numbers(answer: object) -> list[Array]:
    """All arrays and numbers of an answer, in order."""
    if isinstance(answer, np.ndarray):
        return [answer]
    if isinstance(answer, (float, int)):
        return [np.array(answer)]
    if dataclasses.is_dataclass(answer):
        parts = [getattr(answer, field.name) for field in dataclasses.fields(answer)]
    elif isinstance(answer, dict):
        parts = list(answer.values())
    else:
        parts = list(answer) if isinstance(answer, (tuple, list)) else []
    return [each for part in parts for each in numbers(part)]


@pytest.mark.parametrize("name", QUESTIONS)
def test_asked_of_the_parameters_that_answer(pair: tuple[Moment, Moment], name: str) -> None:
    averaging, plain = (numbers(moments.answer_of(QUESTIONS[name](), moment)) for moment in pair)
    assert len(averaging) == len(plain) > 0
    for found, expected in zip(averaging, plain, strict=True):
        np.testing.assert_array_equal(found, expected)
