"""Snapshots: what is asked for and nothing else, as copies, at rest and in training, without disturbing it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trainer_bench
from trainer_bench import (
    DATASETS,
    TINY,
    ScriptedControl,
    chain,
    losses_of,
    make_trainer,
    of_type,
    run_script,
    spec,
    with_training,
    without,
)

from convnet_studio.engine.nn.modules.tanh import Tanh
from convnet_studio.engine.project.spec import Link, NetworkSpec, Project
from convnet_studio.engine.training.control import Control, Edit, Fetch, Look, Play, StepEpoch, Stop, Wish
from convnet_studio.engine.training.events import Event, Failed, Stepped
from convnet_studio.engine.training.probes import ProbePicture, Probes
from convnet_studio.engine.training.snapshot import Mailbox, Snapshot

pytestmark = pytest.mark.usefixtures("engine")


def snapshot_after(*wishes: Wish, project: Project = TINY) -> Snapshot | None:
    """The snapshot that a resting trainer makes after these wishes."""
    control = ScriptedControl([])
    for wish in wishes:
        control.put(wish)
    events = make_trainer().run(project, control)
    control.ask_snapshot()
    list(events)
    return control.mailbox.take()


ALL = Probes(frozenset({"in", "conv", "tanh", "fc", "log", "loss", "gone"}), frozenset({"conv", "gone"}))


def test_it_holds_what_was_asked_for_of_the_first_test_sample() -> None:
    snapshot = snapshot_after(Look(None, ALL))
    assert snapshot is not None
    assert snapshot.outputs.keys() == {"in", "conv", "tanh", "fc", "log"}
    assert snapshot.parameters.keys() == {"conv"}
    assert snapshot.parameters["conv"]["weight"].shape == (4, 1, 3, 3)
    test = DATASETS["patches"].test
    np.testing.assert_array_equal(snapshot.picture, test.pictures[0])
    assert snapshot.label == test.labels[0]
    assert snapshot.outputs["conv"].shape == (4, 4, 4)
    np.testing.assert_allclose(snapshot.outputs["tanh"], np.tanh(snapshot.outputs["conv"]), rtol=1e-5)
    assert snapshot.scores is not None
    np.testing.assert_array_equal(snapshot.scores, snapshot.outputs["log"])
    assert snapshot.loss == pytest.approx(-snapshot.scores[snapshot.label])


def test_nothing_is_captured_unasked() -> None:
    snapshot = snapshot_after()
    assert snapshot is not None
    assert not snapshot.outputs
    assert not snapshot.parameters


def test_gradients_are_those_of_the_picture_and_only_where_asked_for() -> None:
    asked = frozenset({"in", "conv", "tanh", "log", "loss", "gone"})
    snapshot = snapshot_after(Look(None, Probes(frozenset({"log"}), gradients=asked)))
    assert snapshot is not None
    assert snapshot.gradients.keys() == {"in", "conv", "tanh", "log"}
    expected = np.zeros(3, np.float32)
    expected[snapshot.label] = -1  # the loss is minus the label's logarithm
    np.testing.assert_array_equal(snapshot.gradients["log"], expected)
    assert snapshot.gradients["conv"].shape == (4, 4, 4)
    assert not snapshot.gradients["conv"].flags.writeable
    drawn = ProbePicture(snapshot.picture, -1)
    unlabelled = snapshot_after(Look(drawn, Probes(gradients=asked)))
    assert unlabelled is not None
    assert not unlabelled.gradients


def test_arrays_are_read_only_copies() -> None:
    snapshot = snapshot_after(Look(None, ALL))
    assert snapshot is not None
    arrays = [snapshot.picture, *snapshot.outputs.values(), *snapshot.parameters["conv"].values(), snapshot.scores]
    for array in arrays:
        assert array is not None
        assert not array.flags.writeable
        assert array.base is None
        assert array.dtype == np.float32


def test_a_chosen_picture_is_shown_unless_its_shape_does_not_fit() -> None:
    picture = np.full((1, 6, 6), 0.5, np.float32)
    snapshot = snapshot_after(Look(ProbePicture(picture), Probes(outputs=frozenset({"in"}))))
    assert snapshot is not None
    np.testing.assert_array_equal(snapshot.outputs["in"], picture)
    assert snapshot.label == -1
    assert np.isnan(snapshot.loss)
    snapshot = snapshot_after(Look(ProbePicture(picture[:, :3], 1), Probes()))
    assert snapshot is not None
    np.testing.assert_array_equal(snapshot.picture, DATASETS["patches"].test.pictures[0])


def test_a_loss_that_asks_for_no_label_is_shown_without_one() -> None:
    modules = (spec("in", "Input"), spec("conv", "Conv2d", padding=2, out_channels=1))
    links = (Link("in", "conv"), Link("conv", "loss", 0), Link("in", "loss", 1))
    painted = NetworkSpec((*modules, spec("loss", "MSELoss", compared_with="wire")), links)
    picture = ProbePicture(np.full((1, 6, 6), 0.5, np.float32))
    snapshot = snapshot_after(Look(picture, ALL), project=replace(TINY, network=painted))
    assert snapshot is not None
    distance = np.square(snapshot.outputs["conv"] - picture.picture).mean()
    assert snapshot.loss == snapshot.losses["loss"] == pytest.approx(distance)


def test_what_is_whole_is_shown_where_the_rest_has_problems() -> None:
    snapshot = snapshot_after(Look(None, ALL), project=without(TINY, "flat"))
    assert snapshot is not None
    assert snapshot.outputs.keys() == {"in", "conv", "tanh"}
    assert snapshot.scores is None
    empty = snapshot_after(Look(None, ALL), project=replace(TINY, network=chain()))
    assert empty is not None
    assert not empty.outputs


def _train_with_questions(questions: bool) -> list[Event]:
    control = Control()
    control.put(Look(None, ALL))
    control.put(Play())
    events: list[Event] = []
    for event in make_trainer().run(with_training(TINY, epochs=20), control):
        events.append(event)
        if questions:
            control.ask_snapshot()
        if isinstance(event, Stepped) and event.epoch >= 20:
            control.put(Stop())
    assert (control.mailbox.take() is not None) == questions
    return events


def test_snapshots_leave_training_bit_identical() -> None:
    assert losses_of(_train_with_questions(True)) == losses_of(_train_with_questions(False))


def test_an_error_in_a_module_is_told_once_with_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Tanh, x: np.ndarray) -> np.ndarray:
        raise RuntimeError("out of order")

    monkeypatch.setattr(Tanh, "forward", broken)
    monkeypatch.setattr(trainer_bench, "compiled", False)
    control = ScriptedControl([])
    questions = 0

    def ask_again(weights: object) -> None:
        nonlocal questions
        questions += 1
        control.ask_snapshot()

    for _ in range(3):
        control.put(Fetch(ask_again))
    events = list(make_trainer().run(without(TINY, "loss"), control))
    failed = of_type(events, Failed)
    assert questions == 3
    assert [event.where for event in failed] == ["tanh"]
    assert failed[0].why == "RuntimeError: out of order."
    assert "Traceback" in failed[0].details
    assert control.mailbox.take() is None
    assert not control.mailbox.is_asked


def test_an_error_in_training_rests_and_an_edit_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Tanh, grad_output: np.ndarray) -> np.ndarray:
        raise RuntimeError("out of order")

    monkeypatch.setattr(Tanh, "backward", broken)
    monkeypatch.setattr(trainer_bench, "compiled", False)
    events = run_script(Play(), Edit(without(TINY, "tanh")), StepEpoch())
    assert [event.where for event in of_type(events, Failed)] == ["tanh"]
    assert len(losses_of(events)) == 7


def test_the_mailbox_keeps_only_the_newest() -> None:
    mailbox = Mailbox()
    first, second = (Snapshot(1, step, 0.0, np.zeros((1, 1, 1)), 0) for step in (1, 2))
    mailbox.ask()
    mailbox.put(first)
    mailbox.put(second)
    assert not mailbox.is_asked
    assert mailbox.take() is second
    assert mailbox.take() is None


def test_looking_at_gradients_does_not_disturb_training() -> None:
    plain = losses_of(run_script([Play()]))
    control_free = losses_of(run_script([Look(None, Probes(gradients=frozenset({"conv"}))), Play()]))
    assert plain == control_free
