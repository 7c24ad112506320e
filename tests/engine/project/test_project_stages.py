"""Stages: grouping, what becomes of them in other edits, slots, and the ready ones."""

from __future__ import annotations

import pytest

import convnet_studio.engine.data.datasets  # noqa: F401
from convnet_studio.engine.data.dataset import DatasetFile
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.build import build_module, resolve_project
from convnet_studio.engine.project.clipping import clip, clipping_from_text, clipping_to_text, paste
from convnet_studio.engine.project.invariants import check_invariants
from convnet_studio.engine.project.json_format import project_from_text, project_to_text
from convnet_studio.engine.project.kinds import is_loss
from convnet_studio.engine.project.presets import load_preset, new_project, preset_names
from convnet_studio.engine.project.spec import Link, Project, StageSpec
from convnet_studio.engine.project.stage_edits import SLOTS, in_order, modules_by_slot, wire_of_slot
from convnet_studio.engine.project.stage_inserts import (
    insert_in_slot,
    insert_stage,
    insert_stage_behind,
    insert_stage_on_link,
    move_into_slot,
    why_not_insert_stage,
)
from convnet_studio.engine.project.stages import load_stage, stage_names
from convnet_studio.engine.project.validate import problems


@pytest.fixture
def digits() -> Project:
    """Its stages: s14 of m2 to m6, s15 of m7 to m9, s16 of m10 to m13."""
    return load_preset("two-stage-digits")


def kinds(project: Project, ids: tuple[str, ...]) -> list[str]:
    return [project.network.module(each).kind for each in ids]


def test_grouped_modules_leave_the_stage_they_were_in(digits: Project) -> None:
    after, stage_id = edits.group_stage(digits, {"m6", "m5"}, "  Two \n pieces ")
    assert after.network.stage(stage_id) == StageSpec("s17", ("m5", "m6"), "Two pieces")
    assert after.network.stage("s14").modules == ("m2", "m3", "m4")
    assert after.network.stage_of("m5") == after.network.stage(stage_id)
    assert after.network.modules == digits.network.modules
    check_invariants(after)


def test_a_stage_without_modules_is_gone(digits: Project) -> None:
    after = edits.leave_stage(digits, ["m7", "m8", "m9"])
    assert [each.id for each in after.network.stages] == ["s14", "s16"]
    deleted = edits.delete_modules(digits, ["m7", "m8", "m9", "m5"])
    assert [each.modules for each in deleted.network.stages] == [
        ("m2", "m3", "m4", "m6"), ("m10", "m11", "m12", "m13"),
    ]  # fmt: skip
    check_invariants(deleted)


def test_what_is_put_into_a_wire_inside_joins_the_stage(digits: Project) -> None:
    after, inside = edits.insert_on_link(digits, Link("m4", "m5"), "ReLU", (0, 0))
    assert after.network.stage("s14").modules == ("m2", "m3", "m4", inside, "m5", "m6")
    after, between = edits.insert_on_link(after, Link("m6", "m7"), "ReLU", (0, 0))
    assert after.network.stage_of(between) is None


def test_a_copy_of_all_its_modules_is_a_stage_too(digits: Project) -> None:
    folded = edits.fold_stage(digits, "s15", True)
    after, new_ids = edits.duplicate_modules(folded, ["m7", "m8", "m9", "m2"])
    copy = after.network.stages[-1]
    assert (copy.name, copy.is_folded) == ("Stage 2", True)
    assert kinds(after, copy.modules) == ["Conv2d", "Tanh", "LPPool2d"]
    assert set(copy.modules) < set(new_ids)
    assert len(after.network.stages) == 4
    check_invariants(after)


def test_what_is_copied_as_text_keeps_its_stages(digits: Project) -> None:
    copied = clipping_from_text(clipping_to_text(clip(digits, digits.network.stage("s15").modules)))
    after, new_ids, _ = paste(new_project(), copied, (0, 0))
    (stage,) = after.network.stages
    assert (stage.modules, stage.name) == (new_ids, "Stage 2")


def test_names_folding_and_ungrouping(digits: Project) -> None:
    after = edits.rename_stage(edits.fold_stage(digits, "s14", True), "s14", "Eyes")
    assert (after.network.stages[0].name, after.network.stages[0].is_folded) == ("Eyes", True)
    assert project_from_text(project_to_text(after)).project == after
    assert [each.id for each in edits.ungroup_stage(after, "s14").network.stages] == ["s15", "s16"]
    with pytest.raises(ValueError, match="at most 100"):
        edits.rename_stage(digits, "s14", "x" * 101)
    with pytest.raises(ValueError, match="needs at least one module"):
        edits.group_stage(digits, [])
    with pytest.raises(KeyError, match="no stage 's99'"):
        edits.fold_stage(digits, "s99", True)


def test_freezing_a_stage_freezes_what_can_learn(digits: Project) -> None:
    after = edits.freeze_modules(digits, digits.network.stage("s14").modules, True)
    assert {each.id for each in after.network.modules if each.learning.frozen} == {"m3", "m6"}
    assert edits.freeze_modules(after, ["m3", "m6"], False) == digits


def test_freezing_shared_weights_freezes_their_owner(digits: Project) -> None:
    twin, (copy,) = edits.duplicate_modules(digits, ["m3"])
    twin = edits.share_weights(twin, copy, "m3")
    after = edits.freeze_modules(twin, [copy], True)
    assert {each.id for each in after.network.modules if each.learning.frozen} == {"m3"}


def test_modules_stand_in_the_order_of_their_wires() -> None:
    project = new_project()
    ids = []
    for kind in ("Tanh", "Conv2d", "MaxPool2d"):
        project, new_id = edits.insert_module(project, kind, (0, 0))
        ids.append(new_id)
    tanh, conv, pool = ids
    for source, target in (("m1", conv), (conv, tanh), (tanh, pool)):
        project = edits.connect(project, source, target)
    assert in_order(project, ids) == (conv, tanh, pool)


def test_slots(digits: Project) -> None:
    slots = modules_by_slot(digits, digits.network.stage("s14"))
    assert [slots[each] for each in SLOTS] == [("m2",), ("m3",), ("m4", "m5"), ("m6",)]
    second = digits.network.stage("s15")
    assert modules_by_slot(digits, second)[SLOTS[0]] == ()
    assert wire_of_slot(digits, second, "LocalContrastNorm") == Link("m6", "m7")
    assert wire_of_slot(digits, second, "Abs") == Link("m8", "m9")
    assert wire_of_slot(digits, second, "Flatten") is None


def test_a_module_put_into_an_empty_slot_belongs_to_the_stage(digits: Project) -> None:
    after, new_id = insert_in_slot(digits, "s15", "LocalContrastNorm", (0, 0))
    assert after.network.stage("s15").modules == (new_id, "m7", "m8", "m9")
    assert {Link("m6", new_id), Link(new_id, "m7")} <= set(after.network.links)
    assert not problems(after, (1, 28, 28), 10)
    with pytest.raises(ValueError, match="fits into no slot"):
        insert_in_slot(digits, "s15", "Flatten", (0, 0))


def test_a_stage_without_wires_takes_modules_at_its_open_ends() -> None:
    alone, ids = insert_stage(new_project(), load_stage("1990-stage"), (0, 0))
    after, norm = insert_in_slot(alone, alone.network.stages[0].id, "SubtractiveNorm", (0, 0))
    assert Link(norm, ids[0]) in after.network.links
    after, tanh = insert_in_slot(after, alone.network.stages[0].id, "Tanh", (0, 0))
    assert Link(ids[-1], tanh) in after.network.links
    assert after.network.stages[0].modules == (norm, *ids, tanh)


def test_a_loose_module_moves_into_its_slot_and_a_wired_one_only_joins(digits: Project) -> None:
    loose, norm = edits.insert_module(digits, "LocalContrastNorm", (900, 700))
    after = move_into_slot(loose, "s15", norm, (40, 348), 177)
    assert after.network.stage("s15").modules == (norm, "m7", "m8", "m9")
    assert {Link("m6", norm), Link(norm, "m7")} <= set(after.network.links)
    assert after.network.module(norm).position == (40, 348)
    assert after.network.module("m7").position[0] == digits.network.module("m7").position[0] + 177
    alone = edits.leave_stage(digits, ["m9"])
    after = move_into_slot(alone, "s15", "m9", digits.network.module("m9").position)
    assert after == digits
    with pytest.raises(ValueError, match="fits into no slot"):
        move_into_slot(digits, "s15", "m10", (0, 0))


def test_the_slot_of_a_stage_that_normalizes_last() -> None:
    after, ids = insert_stage_behind(new_project(), load_stage("torch7-stage"), "m1", (200, 160))
    after = edits.delete_modules(after, [ids[1]])
    link = wire_of_slot(after, after.network.stages[0], "Tanh")
    assert link == Link(ids[0], ids[2]), "behind the filter bank, not behind the norm at the end"


@pytest.mark.parametrize("name", stage_names())
def test_ready_stages_compute_as_they_come(name: str) -> None:
    ready = load_stage(name)
    assert ready.description
    (stage,) = ready.network.stages
    assert stage.modules == tuple(each.id for each in ready.network.modules)
    assert stage.name
    assert all(build_module(each) is not None for each in ready.network.modules)
    after, ids = insert_stage_behind(new_project(), ready, "m1", (200.0, 160.0))
    assert after.network.module(ids[0]).position == (200.0, 160.0)
    assert kinds(after, after.network.stages[0].modules) == [each.kind for each in ready.network.modules]
    shapes = {node.id: node.shape for node in resolve_project(after, (1, 28, 28), 10).nodes}
    assert all(each in shapes for each in ids)


def test_a_ready_stage_in_a_wire_makes_room(digits: Project) -> None:
    ready, link = load_stage("torch7-stage"), Link("m6", "m7")
    place = digits.network.module("m7").position
    after, ids = insert_stage_on_link(digits, link, ready, place, make_room=700)
    assert {Link("m6", ids[0]), Link(ids[-1], "m7")} <= set(after.network.links)
    assert link not in after.network.links
    assert after.network.module("m7").position == (place[0] + 700, place[1])
    assert after.network.module("m6").position == digits.network.module("m6").position
    head = load_stage("classifier-head")
    assert any(is_loss(each.kind) for each in head.network.modules)
    assert "can't stand between" in (why_not_insert_stage(digits, link, head) or "")
    with pytest.raises(ValueError, match="no such wire"):
        insert_stage_on_link(after, link, ready, place)


BY_HAND = {name for name in preset_names() if DatasetFile.registry[load_preset(name).data.dataset].is_signed}
"""Networks on a few plain numbers, which are followed number by number: there is nothing to group."""


@pytest.mark.parametrize("name", sorted(set(preset_names()) - BY_HAND - {"two-layer", "photo-autoencoder"}))
def test_presets_are_made_of_stages(name: str) -> None:
    stages = load_preset(name).network.stages
    assert [each.name for each in stages] == [*(f"Stage {n + 1}" for n in range(len(stages) - 1)), "Classifier"]


@pytest.mark.parametrize(
    ("stages", "sentence"),
    [
        ((StageSpec("s5", ()),), "no modules"),
        ((StageSpec("s5", ("m77",)),), "not there"),
        ((StageSpec("s5", ("m1",)), StageSpec("s6", ("m1",))), "in two stages"),
        ((StageSpec("s5", ("m1",)), StageSpec("s5", ("m2",))), "Two stages have the id"),
        ((StageSpec("s99", ("m1",)),), "next_id is"),
        ((StageSpec("a b", ("m1",)),), "letters and digits"),
    ],
)
def test_what_no_file_may_hold(digits: Project, stages: tuple[StageSpec, ...], sentence: str) -> None:
    text = project_to_text(digits).replace('"next_id": 17', '"next_id": 20')
    listed = project_to_text(digits)
    begin, end = listed.index('"stages"'), listed.index('"data"')
    bad = ", ".join(
        f'{{"id": "{each.id}", "modules": {list(each.modules)!r}}}'.replace("'", '"') for each in stages
    )  # fmt: skip
    assert '"next_id": 20' in text
    text = text.replace(listed[begin:end], f'"stages": [{bad}],\n  ')
    with pytest.raises(ValueError, match=sentence):
        project_from_text(text)
