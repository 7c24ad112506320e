"""Recurrent wires: where they may run, what a loop needs, what is told, and that the last step is what one sees."""

from __future__ import annotations

import pytest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.json_format import project_from_text, project_to_text
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.project.validate import problems

SHAPE = (6,)
BACK = Link("m4", "m3", 1, is_recurrent=True)
OPEN = Project(
    "open",
    NetworkSpec(
        (
            ModuleSpec("m1", "Input"), ModuleSpec("m2", "Linear", {"out_features": 10}), ModuleSpec("m3", "Add"),
            ModuleSpec("m4", "Linear", {"out_features": 10}), ModuleSpec("m5", "NLLLoss"),
        ),
        (Link("m1", "m2"), Link("m2", "m3"), Link("m3", "m4"), Link("m4", "m5")),
    ),
    next_id=6,
)  # fmt: skip


def looped(steps: int = 3) -> Project:
    return edits.set_unfold(edits.connect(OPEN, "m4", "m3", 1, is_recurrent=True), steps)


def test_a_loop_needs_a_recurrent_wire() -> None:
    assert edits.can_connect(OPEN, "m4", "m3", 1) == (
        "This would close a loop: nothing can wait for its own result. "
        "Make the wire recurrent: it then brings the result of the step before."
    )
    assert edits.can_connect(OPEN, "m4", "m2") == (
        "This would close a loop: nothing can wait for its own result. "
        "Lead the wire into an Add: as a recurrent one it brings the result of the step before."
    )
    assert edits.can_connect(OPEN, "m4", "m3", 1, is_recurrent=True) is None
    assert edits.can_connect(OPEN, "m3", "m3", 1, is_recurrent=True) is None
    refusal = edits.can_connect(OPEN, "m4", "m2", is_recurrent=True)
    assert refusal is not None
    assert refusal.startswith("Linear can't take a recurrent wire")
    assert looped().network.links[-1] == BACK


def test_a_wire_changes_its_nature_where_it_may() -> None:
    project = looped()
    with pytest.raises(ValueError, match="This would close a loop"):
        edits.set_recurrent(project, BACK, is_recurrent=False)
    other = edits.set_recurrent(project, Link("m2", "m3"), is_recurrent=True)
    assert Link("m2", "m3", 0, True) in other.network.links
    assert edits.set_recurrent(other, Link("m2", "m3", 0, True), is_recurrent=False).network == project.network
    with pytest.raises(ValueError, match="can't take a recurrent wire"):
        edits.set_recurrent(project, Link("m3", "m4"), is_recurrent=True)


@pytest.mark.parametrize("steps", [0, 17, 2.5])
def test_steps_of_time_keep_their_bounds(steps: float) -> None:
    with pytest.raises(ValueError, match="Steps of time is"):
        edits.set_unfold(OPEN, steps)


def test_a_recurrent_wire_holds_through_insert_and_heals_with_its_chain() -> None:
    inserted, new_id = edits.insert_on_link(looped(), BACK, "Tanh", (0, 0))
    assert Link("m4", new_id) in inserted.network.links
    assert Link(new_id, "m3", 1, True) in inserted.network.links
    assert set(edits.delete_modules(inserted, [new_id]).network.links) == set(looped().network.links)
    without = edits.delete_modules(looped(), ["m4"])
    assert set(without.network.links) == {
        Link("m1", "m2"),
        Link("m2", "m3"),
        Link("m3", "m3", 1, True),
        Link("m3", "m5"),
    }


def test_only_the_first_step_does_without_and_the_last_is_seen() -> None:
    network = build_network(looped(3), SHAPE, 10)
    assert not network.graph.problems
    assert list(network.slices) == ["m2", "m4"]
    assert network.nodes["m3@0"].sources == ("m2",)
    assert network.nodes["m3@1"].sources == ("m2", "m4@0")
    assert network.nodes["m3"].sources == ("m2", "m4@1")
    assert network.nodes["m4@1"].shares == "m4"
    assert network.nodes["m5"].sources == ("m4",)


def test_costs_count_all_steps_and_parameters_once() -> None:
    once, thrice = summarize(looped(1), SHAPE, 10), summarize(looped(3), SHAPE, 10)
    assert once.parameters == thrice.parameters == 70 + 110
    assert once.modules["m4"].multiply_accumulates == 100
    assert thrice.modules["m4"].multiply_accumulates == 300
    assert thrice.multiply_accumulates == 60 + 300
    assert set(thrice.modules) == {each.id for each in OPEN.network.modules}


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_problems_stand_at_the_modules_as_drawn_and_once(steps: int) -> None:
    assert not problems(looped(steps), SHAPE, 10)
    wrong = edits.set_setting(edits.connect(looped(steps), "m2", "m5"), "m4", "out_features", 7)
    told = problems(wrong, SHAPE, 10)
    if steps > 1:
        assert [(each.where, each.what) for each in told] == [
            ("m3", "Add needs inputs of one shape, but input 1 is 10 and input 2 is 7")
        ]
    cut = edits.delete_links(looped(steps), [Link("m3", "m4")])
    assert ("m4", "It has no input") in [(each.where, each.what) for each in problems(cut, SHAPE, 10)]


def test_an_add_that_nothing_reaches_at_first_is_told() -> None:
    cut = edits.delete_links(looped(), [Link("m2", "m3")])
    told = {each.where: each.what for each in problems(edits.set_setting(cut, "m3", "inputs", 2), SHAPE, 10)}
    assert told["m3"] == "Its input 1 of 2 has no wire"
    both = edits.connect(cut, "m3", "m3", 0, is_recurrent=True)
    told = {each.where: each.what for each in problems(both, SHAPE, 10)}
    assert told["m3"] == "Nothing reaches it at the first step: it needs a wire that is not recurrent"


def test_a_file_may_hold_what_a_gesture_may_not_and_is_told() -> None:
    text = project_to_text(looped()).replace(
        '"target": "m4", "port": 0', '"target": "m4", "port": 0, "is_recurrent": true'
    )
    project = project_from_text(text).project
    told = {each.where: each.what for each in problems(project, SHAPE, 10)}
    assert told["m4"].startswith("It can't take a recurrent wire")


def test_files_keep_recurrent_wires_and_steps_and_refuse_loops() -> None:
    project = looped(5)
    text = project_to_text(project)
    assert project_from_text(text).project == project
    with pytest.raises(ValueError, match="one wire of every loop must be recurrent"):
        project_from_text(text.replace(', "is_recurrent": true', ""))
    with pytest.raises(ValueError, match="Steps of time is 99: it must be at most 16"):
        project_from_text(text.replace('"unfold": 5', '"unfold": 99'))


def test_one_more_input() -> None:
    full = edits.connect(OPEN, "m1", "m3", 1)
    more = edits.connect_one_more(full, "m2", "m3")
    assert more.network.module("m3").settings["inputs"] == 3
    assert Link("m2", "m3", 2) in more.network.links
    assert edits.connect_one_more(OPEN, "m1", "m3").network == full.network
    with pytest.raises(ValueError, match="has no free input"):
        edits.connect_one_more(OPEN, "m1", "m4")
    for _ in range(5):
        more = edits.connect_one_more(more, "m2", "m3")
    with pytest.raises(ValueError, match="Inputs is 9: it must be at most 8"):
        edits.connect_one_more(more, "m2", "m3")


def test_fewer_inputs_take_their_wires_out() -> None:
    three = edits.connect_one_more(edits.connect(OPEN, "m1", "m3", 1), "m2", "m3")
    two = edits.set_setting(three, "m3", "inputs", 2)
    assert set(two.network.links) == set(three.network.links) - {Link("m2", "m3", 2)}
    wire = edits.set_setting(edits.replace_module(OPEN, "m5", "MSELoss"), "m5", "compared_with", "wire")
    wired = edits.connect(wire, "m1", "m5", 1)
    assert Link("m1", "m5", 1) not in edits.set_setting(wired, "m5", "compared_with", "label").network.links


def test_pairs_need_an_input_for_the_partner() -> None:
    pair = edits.replace_module(OPEN, "m5", "ContrastiveLoss")
    pair = edits.connect(pair, "m2", "m5", 1)
    told = {each.where: each.what for each in problems(edits.delete_links(pair, []), SHAPE, 10)}
    assert told["m5"] == "It compares pairs, but no Input shows the partner"
    more, other = edits.insert_module(pair, "Input", (0, 0))
    told = {each.where: each.fix for each in problems(more, SHAPE, 10)}
    assert "set Picture to partner" in told[other]
    mended = problems(edits.set_setting(more, other, "picture", "partner"), SHAPE, 10)
    assert [(each.where, each.what) for each in mended][-1] == (other, "Its output goes nowhere")
