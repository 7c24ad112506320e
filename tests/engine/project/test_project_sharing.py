"""Weights that modules share: who may, what becomes of them, what is told, what is written down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.invariants import check_invariants
from convnet_studio.engine.project.json_format import project_from_text, project_to_text
from convnet_studio.engine.project.sharing import can_share_with
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.project.validate import problems

SHAPE = (1, 12, 12)
THREE = Project(
    "three convolutions",
    NetworkSpec(
        (
            ModuleSpec("m1", "Input"),
            *(ModuleSpec(f"m{i}", "Conv2d", {"out_channels": 1, "kernel_size": 3, "padding": 1}) for i in (2, 3, 4)),
            ModuleSpec("m5", "Flatten"),
            ModuleSpec("m6", "Linear", {"out_features": 10}),
            ModuleSpec("m7", "NLLLoss"),
        ),
        tuple(Link(f"m{i}", f"m{i + 1}") for i in range(1, 7)),
    ),
    next_id=8,
)


def shares(project: Project) -> dict[str, str]:
    return {each.id: each.shares for each in project.network.modules if each.shares}


def copies(project: Project) -> dict[str, str]:
    return {each.id: each.copy_of for each in project.network.modules if each.copy_of}


def test_modules_that_share_have_one_set_of_numbers() -> None:
    shared = edits.share_weights(edits.share_weights(THREE, "m3", "m2"), "m4", "m3")
    assert shares(shared) == {"m3": "m2", "m4": "m2"}, "the owner is the one that has weights of its own"
    network = build_network(shared, SHAPE, 10)
    alone = build_network(THREE, SHAPE, 10)
    assert alone.parameters.size - network.parameters.size == 2 * 10
    assert list(network.slices) == ["m2", "m6"]
    initialize(network, 1)
    value = network.parameters_of("m2")["weight"].value
    assert value.any()
    value[...] = 7
    assert (network.parameters_of("m4")["weight"].value == 7).all()
    network.parameters_of("m3")["bias"].grad[...] = 5
    assert (network.parameters_of("m2")["bias"].grad == 5).all()


def test_shared_parameters_count_once() -> None:
    shared = edits.share_weights(THREE, "m3", "m2")
    before, after = summarize(THREE, SHAPE, 10), summarize(shared, SHAPE, 10)
    assert before.parameters - after.parameters == 10
    assert (after.modules["m2"].parameters, after.modules["m3"].parameters) == (10, 0)
    assert after.multiply_accumulates == before.multiply_accumulates


def test_whoever_shared_with_one_that_now_shares_follows_it() -> None:
    project = edits.share_weights(edits.share_weights(THREE, "m4", "m3"), "m3", "m2")
    assert shares(project) == {"m3": "m2", "m4": "m2"}


def test_its_own_again_is_a_copy() -> None:
    project = edits.unshare_weights(edits.share_weights(THREE, "m3", "m2"), "m3")
    assert not shares(project)
    assert copies(project) == {"m3": "m2"}
    with pytest.raises(ValueError, match="has weights of its own already"):
        edits.unshare_weights(project, "m3")


@pytest.mark.parametrize(
    ("module", "owner", "words"),
    [
        ("m2", "m6", "a module of its own kind, Conv2d, not with Linear"),
        ("m5", "m5", "has these weights already"),
        ("m2", "m2", "has these weights already"),
    ],
)
def test_sharing_that_cannot_be_is_refused(module: str, owner: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        edits.share_weights(THREE, module, owner)


def test_a_module_without_weights_shares_none() -> None:
    two, other = edits.insert_module(THREE, "Flatten", (0, 0))
    with pytest.raises(ValueError, match="has no weights that could be shared"):
        edits.share_weights(two, other, "m5")
    assert not can_share_with(two, other)
    assert [each.id for each in can_share_with(THREE, "m3")] == ["m2", "m4"]


def test_the_weights_of_a_deleted_module_go_on_in_the_first_that_shared_them() -> None:
    shared = edits.share_weights(edits.share_weights(THREE, "m3", "m2"), "m4", "m2")
    for after in (edits.delete_modules(shared, ["m2"]), edits.replace_module(shared, "m2", "LocallyConnected2d")):
        check_invariants(after)
        assert shares(after) == {"m4": "m3"}
        assert copies(after) == {"m3": "m2"}
    both = edits.delete_modules(shared, ["m2", "m3"])
    assert not shares(both)
    assert copies(both) == {"m4": "m2"}


def test_a_copy_shares_with_the_copy_of_the_owner_or_with_the_owner() -> None:
    shared = edits.share_weights(THREE, "m3", "m2")
    twice, (first, second) = edits.duplicate_modules(shared, ["m2", "m3"])
    assert shares(twice) == {"m3": "m2", second: first}
    alone, (copy,) = edits.duplicate_modules(shared, ["m3"])
    assert shares(alone) == {"m3": "m2", copy: "m2"}
    elsewhere, (pasted,) = edits.paste_modules(Project(), edits.copy_modules(shared, ["m3"]))
    assert not shares(elsewhere)
    assert pasted == "m1"


def test_weights_of_another_shape_are_told_where_they_are_shared() -> None:
    shared = edits.set_setting(edits.share_weights(THREE, "m4", "m2"), "m4", "kernel_size", 5)
    (problem,) = problems(shared, SHAPE, 10)
    assert problem.where == "m4"
    assert problem.what == "Its weight would be 1×1×5×5, but that of the module it shares weights with is 1×1×3×3"
    assert "weights of its own" in problem.fix
    assert summarize(shared, SHAPE, 10).modules["m4"].shape is None
    wider = edits.set_setting(edits.share_weights(THREE, "m3", "m2"), "m2", "out_channels", 2)
    assert [each.where for each in problems(wider, SHAPE, 10)] == ["m3"], "its input has two channels now"


def test_an_owner_that_cannot_compute_is_told() -> None:
    cut = edits.delete_links(edits.share_weights(THREE, "m4", "m2"), [Link("m3", "m4"), Link("m1", "m2")])
    cut = edits.connect(cut, "m1", "m4")
    told = {each.where: each.what for each in problems(cut, SHAPE, 10)}
    assert told == {"m2": "It has no input", "m4": "It shares the weights of a module that can't compute"}


def test_files_keep_what_is_shared_and_refuse_what_cannot_be() -> None:
    project = edits.unshare_weights(edits.share_weights(edits.share_weights(THREE, "m3", "m2"), "m4", "m2"), "m4")
    assert project_from_text(project_to_text(project)).project == project
    text = project_to_text(project)
    for wrong, words in (
        ("m9", "'m9', which is not there"),
        ("m3", "'m3', which has none of its own"),
        ("m6", "'m6', which is no Conv2d"),
        ("m 2", "'m 2', which is no id of a module"),
    ):
        with pytest.raises(ValueError, match=words):
            project_from_text(text.replace('"shares": "m2"', f'"shares": "{wrong}"'))


def test_an_unknown_kind_keeps_what_it_shared() -> None:
    first, second = ModuleSpec("m8", "FancyConv"), ModuleSpec("m9", "FancyConv", shares="m8")
    network = replace(THREE.network, modules=(*THREE.network.modules, first, second))
    project = replace(THREE, network=network, next_id=10)
    assert project_from_text(project_to_text(project)).project == project
