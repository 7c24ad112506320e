"""The answers to all test pictures agree with the engine's own measurement, and leave training as it was."""

from __future__ import annotations

import numpy as np
import pytest
from moments import answer_of, moment_of

from convnet_studio.engine.analysis.answers import Answers, AskAnswers


def test_guesses_losses_and_confusion_are_the_engines() -> None:
    moment = moment_of("tiny-digits")
    run = moment.run
    answers = answer_of(AskAnswers(), moment)
    assert isinstance(answers, Answers)
    assert run.program is not None
    measured = run.program.evaluate(run.material.test_indices())
    assert np.array_equal(answers.guesses, measured.guesses)
    assert answers.losses.mean() == pytest.approx(measured.loss, rel=1e-5)
    assert answers.confusion.sum() == run.material.test_count
    assert answers.confusion.sum() - np.trace(answers.confusion) == measured.errors == len(answers.wrong())
    assert np.all(np.diff(answers.losses[answers.wrong()]) <= 0)
    label, guess = (int(each[answers.wrong()[0]]) for each in (answers.labels, answers.guesses))
    assert len(answers.of_cell(label, guess)) == answers.confusion[label, guess]
    assert answers.of_cell(label, guess)[0] == answers.wrong()[0]


def test_all_answers_are_by_the_weights_of_one_moment_though_training_goes_on() -> None:
    expected = answer_of(AskAnswers(200), moment_of("tiny-digits"))
    fresh = moment_of("tiny-digits")
    before = float(fresh.run.network.parameters[0])
    found = None
    for step, each in enumerate(AskAnswers(200).work(fresh), 1):
        found = each if each is not None else found
        fresh.run.network.parameters += 0.01
        assert fresh.run.network.parameters[0] == pytest.approx(before + 0.01 * step, rel=1e-4)  # none was undone
    assert isinstance(found, Answers)
    assert isinstance(expected, Answers)
    assert np.array_equal(found.losses, expected.losses)


def test_a_network_without_a_judge_has_no_answers() -> None:
    moment = moment_of("photo-autoencoder")
    with pytest.raises(ValueError, match="No loss of this network judges classes"):
        answer_of(AskAnswers(), moment)
