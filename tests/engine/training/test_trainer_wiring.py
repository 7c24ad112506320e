"""Training of networks with pairs, shared weights, recurrent wires and Dropout: the same again, and back by undo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from trainer_bench import CLASSES, DATASETS, TINY, Notes, losses_of, make_trainer, of_type, run_script, spec

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.spec import Link, NetworkSpec, Project
from convnet_studio.engine.training.control import Control, Edit, Look, Play, Reset, Rewind, StepBatch, StepEpoch, Stop
from convnet_studio.engine.training.events import NetworkChanged, Rewound, StateChanged, Stepped, Tested
from convnet_studio.engine.training.material import Material, draw_partners
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot, mask_of

engines = pytest.mark.usefixtures("engine")

TWINS = replace(
    TINY,
    network=NetworkSpec(
        (
            spec("in", "Input"), spec("other", "Input", picture="partner"), spec("f", "Flatten"), spec("g", "Flatten"),
            spec("a", "Linear", out_features=2), replace(spec("b", "Linear", out_features=2), shares="a"),
            spec("pair", "ContrastiveLoss"),
        ),
        (
            Link("in", "f"), Link("other", "g"), Link("f", "a"), Link("g", "b"), Link("a", "pair", 0),
            Link("b", "pair", 1),
        ),
    ),
)  # fmt: skip
RECURRENT = replace(
    TINY,
    network=NetworkSpec(
        (
            spec("in", "Input"), spec("x", "Conv2d", out_channels=3, kernel_size=3, padding=1), spec("sum", "Add"),
            spec("h", "Tanh"), spec("w", "Conv2d", out_channels=3, kernel_size=3, padding=1), spec("flat", "Flatten"),
            spec("drop", "Dropout"), spec("fc", "Linear", out_features=CLASSES), spec("log", "LogSoftmax"),
            spec("loss", "NLLLoss"),
        ),
        (
            Link("in", "x"), Link("x", "sum", 0), Link("w", "sum", 1, is_recurrent=True), Link("sum", "h"),
            Link("h", "w"), Link("h", "flat"), Link("flat", "drop"), Link("drop", "fc"), Link("fc", "log"),
            Link("log", "loss"),
        ),
        unfold=3,
    ),
)  # fmt: skip


def test_half_of_the_partners_are_of_the_same_class_and_none_is_the_sample_itself() -> None:
    labels = np.random.default_rng(0).integers(0, 10, 4000)
    partners = draw_partners(labels, np.random.default_rng(1))
    assert (labels == labels[partners]).mean() == pytest.approx(0.5, abs=0.03)
    assert not (partners == np.arange(4000)).any()
    others = labels[partners][labels != labels[partners]]
    assert np.bincount(others).min() > 0.7 * len(others) / 10
    same = partners[(labels == 3) & (labels[partners] == 3)]
    assert len(np.unique(same)) > 0.5 * len(same)


@pytest.mark.parametrize("labels", [[0], [1, 1], [0, 1], [0, 0, 1], [2, 0, 0, 2, 1]])
def test_partners_of_a_few_samples(labels: list[int]) -> None:
    for seed in range(20):
        partners = draw_partners(np.array(labels), np.random.default_rng(seed))
        assert ((partners >= 0) & (partners < len(labels))).all()
        assert len(labels) == 1 or (partners != np.arange(len(labels))).all()


def test_partners_are_of_the_same_split_and_the_tested_ones_stay() -> None:
    material = Material(DATASETS["patches"])
    first, again, later = material.partners(1, 0), material.partners(1, 0), material.partners(1, 1)
    cut = material.train_count
    np.testing.assert_array_equal(first, again)
    assert (first[:cut] < cut).all()
    assert (first[cut:] >= cut).all()
    assert (first[:cut] != later[:cut]).any()
    np.testing.assert_array_equal(first[cut:], later[cut:])
    assert (material.partners(2, 0)[:cut] != first[:cut]).any()


@engines
def test_twins_learn_to_tell_pairs_and_have_no_error() -> None:
    events = run_script(Play(), project=TWINS)
    tested = of_type(events, Tested)
    assert tested[-1].loss < 0.6 * tested[0].loss
    assert all(np.isnan(each.error) and not each.confusion.size for each in tested)
    assert all(np.isnan(each.error) for each in of_type(events, Stepped))


@engines
@pytest.mark.parametrize("project", [TWINS, RECURRENT], ids=["twins", "recurrent with dropout"])
def test_the_same_again_is_the_same_also_after_going_back(project: Project) -> None:
    script = [StepBatch(), StepBatch(), StepEpoch(), StepBatch()]
    first = losses_of(run_script(*script, project=project))
    assert losses_of(run_script(*script, project=project)) == first
    assert losses_of(run_script(*script, Reset(), *script, project=project)) == first + first
    back = losses_of(run_script(StepEpoch(), StepBatch(), Rewind(), StepBatch(), project=project))
    assert len(back) == 7 + 1 + 1
    assert back[-1] in back[:-1], "from the checkpoint on, the same again"


@engines
def test_partners_are_changed_by_chance_as_in_their_own_pass() -> None:
    """What a pair was before the network went back must not show in the pictures it is compared with."""
    project = edits.set_data(TWINS, shift=2)
    straight = losses_of(run_script(StepEpoch(), StepEpoch(), project=project))
    events = run_script(StepEpoch(), *[StepBatch()] * 3, Rewind(), StepEpoch(), StepEpoch(), project=project)
    (back,) = of_type(events, Rewound)
    again = losses_of(events)[7 + 3 :]
    assert len(again) >= 7
    assert again[: len(straight) - back.step] == straight[back.step :][: len(again)]


@engines
def test_undo_of_sharing_brings_each_its_own_weights_back() -> None:
    modules = tuple(replace(each, shares="") for each in TWINS.network.modules)
    alone = replace(TWINS, network=replace(TWINS.network, modules=modules))
    shared = edits.share_weights(alone, "b", "a")
    notes = Notes()
    events = run_script(
        StepEpoch(), notes.fetch(), Edit(shared), notes.fetch(), StepBatch(), notes.fetch(), Edit(alone), notes.fetch(),
        project=alone,
    )  # fmt: skip
    own, both, trained, undone = notes.weights
    assert (own["a"]["weight"] != own["b"]["weight"]).any()
    np.testing.assert_array_equal(both["a"]["weight"], own["a"]["weight"])
    assert (trained["a"]["weight"] != both["a"]["weight"]).any()
    np.testing.assert_array_equal(undone["b"]["weight"], own["b"]["weight"])
    np.testing.assert_array_equal(undone["a"]["weight"], trained["a"]["weight"])
    assert of_type(events, NetworkChanged)[-1].restored == ("b",)


@engines
def test_weights_of_its_own_again_begin_as_a_copy() -> None:
    alone = edits.unshare_weights(TWINS, "b")
    shared = edits.share_weights(alone, "b", "a")
    notes = Notes()
    run_script(
        StepBatch(), Edit(shared), StepEpoch(), notes.fetch(), Edit(edits.unshare_weights(shared, "b")), notes.fetch(),
        StepBatch(), notes.fetch(), project=alone,
    )  # fmt: skip
    together, parted, trained = notes.weights
    for name in ("weight", "bias"):
        np.testing.assert_array_equal(parted["b"][name], together["a"][name])
    assert (trained["a"]["weight"] != trained["b"]["weight"]).any()


@engines
def test_weights_of_a_deleted_owner_go_on() -> None:
    notes = Notes()
    after = edits.delete_modules(TWINS, ["a"])
    run_script(StepEpoch(), notes.fetch(), Edit(after), notes.fetch(), Edit(TWINS), notes.fetch(), project=TWINS)
    before, without, undone = notes.weights
    np.testing.assert_array_equal(without["b"]["weight"], before["a"]["weight"])
    np.testing.assert_array_equal(undone["a"]["weight"], before["a"]["weight"])


@engines
def test_steps_of_time_change_and_weights_stay() -> None:
    notes = Notes()
    events = run_script(
        StepEpoch(), notes.fetch(), Edit(edits.set_unfold(RECURRENT, 5)), notes.fetch(), StepBatch(), project=RECURRENT
    )
    assert of_type(events, NetworkChanged)[-1].kept == ("x", "w", "fc")
    np.testing.assert_array_equal(notes.weights[0]["w"]["weight"], notes.weights[1]["w"]["weight"])
    assert set(notes.weights[0]) == {"x", "w", "fc"}


def snapshot_of(project: Project, probes: Probes) -> Snapshot:
    control = Control()
    control.put(Look(None, probes))
    control.ask_snapshot()
    for event in make_trainer().run(project, control):
        if isinstance(event, Tested):
            control.put(Stop())
        assert not isinstance(event, StateChanged) or not event.why
    found = control.mailbox.take()
    assert found is not None
    return found


@engines
def test_a_snapshot_shows_the_last_step_of_time_and_who_is_silent() -> None:
    shown = snapshot_of(RECURRENT, Probes(frozenset({"h", "drop", "flat", mask_of("drop"), mask_of("h")})))
    assert set(shown.outputs) == {"h", "drop", "flat", mask_of("drop")}
    np.testing.assert_array_equal(shown.outputs["drop"], shown.outputs["flat"])
    mask = shown.outputs[mask_of("drop")]
    assert set(np.unique(mask)) == {0, 1}
    assert shown.loss == shown.losses["loss"]


@engines
def test_a_snapshot_of_twins_compares_with_another_class() -> None:
    shown = snapshot_of(TWINS, Probes(frozenset({"in", "other"}), frozenset({"a", "b"})))
    assert (shown.outputs["in"] != shown.outputs["other"]).any()
    np.testing.assert_array_equal(shown.parameters["a"]["weight"], shown.parameters["b"]["weight"])
    assert shown.scores is None
    assert shown.loss > 0
