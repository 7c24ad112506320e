"""The model judges a wire: what may be connected, and why not."""

from __future__ import annotations

import pytest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.invariants import check_invariants
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project


def test_a_good_wire_has_nothing_against_it(chain: Project) -> None:
    project, tanh = edits.insert_module(chain, "Tanh", (0, 0))
    assert edits.can_connect(project, "m3", tanh) is None
    after = edits.connect(project, "m3", tanh)
    assert Link("m3", tanh) in after.network.links
    assert len(after.network.links) == len(project.network.links) + 1


def test_a_wire_takes_the_place_of_the_one_that_ends_there(chain: Project) -> None:
    after = edits.connect(chain, "m1", "m4")
    assert Link("m3", "m4") not in after.network.links
    assert Link("m1", "m4") in after.network.links
    check_invariants(after)


def test_the_same_wire_again_changes_nothing(chain: Project) -> None:
    assert edits.connect(chain, "m2", "m3") is chain


def test_a_wire_that_replaces_the_way_to_a_loop_is_still_a_loop(chain: Project) -> None:
    assert "loop" in str(edits.can_connect(chain, "m4", "m2"))


@pytest.mark.parametrize(
    ("source", "target", "port", "words"),
    [
        ("m3", "m3", 0, "can't feed itself"),
        ("m5", "m3", 0, "is a loss, and gives its number to nothing"),
        ("m2", "m1", 0, "takes no wire: its pictures come from the data set"),
        ("m3", "m2", 0, "would close a loop"),
        ("m4", "m2", 0, "would close a loop"),
        ("m1", "m3", 1, "has 1 input: there is none with number 2"),
        ("m1", "m3", -1, "has 1 input"),
        ("m1", "m9", 0, "There is no module 'm9'"),
        ("m9", "m1", 0, "There is no module 'm9'"),
    ],
)
def test_a_bad_wire_is_refused_in_words(chain: Project, source: str, target: str, port: int, words: str) -> None:
    reason = edits.can_connect(chain, source, target, port)
    assert reason is not None
    assert words in reason
    assert reason.endswith(".")
    with pytest.raises(ValueError, match="input" if port else words):
        edits.connect(chain, source, target, port)


@pytest.mark.parametrize(
    ("modules", "links", "next_id", "words"),
    [
        ([("m1", "Tanh"), ("m1", "Tanh")], [], 2, "Two modules have the id 'm1'"),
        ([("m5", "Tanh")], [], 5, "next_id is 5"),
        ([("../m5", "Tanh")], [], 5, "letters and digits"),
        ([("a.b", "Tanh")], [], 5, "letters and digits"),
        ([("m1", "")], [], 5, "is empty"),
        ([("m1", "Tanh")], [("m1", "m2", 0)], 5, "ends nowhere"),
        ([("m1", "Tanh"), ("m2", "Tanh")], [("m1", "m2", 1)], 5, "port 1, which Tanh does not have"),
        ([("m1", "Tanh"), ("m2", "Tanh")], [("m1", "m2", -1)], 5, "does not have"),
        ([("m1", "Tanh"), ("m2", "Input")], [("m1", "m2", 0)], 5, "which Input does not have"),
        ([("m1", "NLLLoss"), ("m2", "Tanh")], [("m1", "m2", 0)], 5, "starts at a loss"),
        ([("m1", "Tanh"), ("m2", "Tanh")], [("m1", "m2", 0), ("m1", "m2", 0)], 5, "the second one"),
        ([("m1", "Tanh"), ("m2", "Tanh")], [("m1", "m2", 0), ("m2", "m1", 0)], 5, "form a loop"),
        ([("m1", "Tanh")], [("m1", "m1", 0)], 5, "form a loop"),
    ],
)
def test_invariants_bite(
    modules: list[tuple[str, str]], links: list[tuple[str, str, int]], next_id: int, words: str
) -> None:
    network = NetworkSpec(tuple(ModuleSpec(*each) for each in modules), tuple(Link(*each) for each in links))
    with pytest.raises(ValueError, match=words):
        check_invariants(Project(network=network, next_id=next_id))


def test_invariants_mind_the_settings_of_training_and_modules(chain: Project) -> None:
    with pytest.raises(ValueError, match="does not have"):
        check_invariants(Project(network=NetworkSpec((ModuleSpec("m1", "Tanh", {"depth": 1}),)), next_id=2))
    with pytest.raises(ValueError, match="position"):
        check_invariants(Project(network=NetworkSpec((ModuleSpec("m1", "Tanh", position=(1e9, 0)),)), next_id=2))
    check_invariants(chain)


def test_neighbours_in_a_chain_change_places(chain: Project) -> None:
    link = next(each for each in chain.network.links if each.source == "m2")
    after = edits.swap(chain, link)
    check_invariants(after)
    ends = {(each.source, each.target) for each in after.network.links}
    before = {(each.source, each.target) for each in chain.network.links}
    assert {("m1", "m3"), ("m3", "m2")} <= ends
    assert len(ends) == len(before)
    places = {each.id: each.position for each in chain.network.modules}
    assert after.network.module("m2").position == places["m3"]
    assert after.network.module("m3").position == places["m2"]
    back = next(each for each in after.network.links if each.source == "m3" and each.target == "m2")
    assert set(edits.swap(after, back).network.links) == set(chain.network.links)


@pytest.mark.parametrize(
    ("source", "words"),
    [("m1", "gets its pictures from the data set"), ("m4", "is a loss"), ("m9", "no such wire")],
)
def test_what_can_t_change_places_says_why(chain: Project, source: str, words: str) -> None:
    link = next((each for each in chain.network.links if each.source == source), Link("m9", "m9"))
    assert words in str(edits.can_swap(chain, link))
    with pytest.raises(ValueError, match=words):
        edits.swap(chain, link)


def test_only_a_plain_chain_changes_places(chain: Project) -> None:
    project, other = edits.insert_module(chain, "Tanh", (0, 0))
    project = edits.connect(project, "m2", other)
    link = next(each for each in project.network.links if each.source == "m2")
    assert "feeds several modules" in str(edits.can_swap(project, link))
    project, add = edits.insert_module(chain, "Add", (0, 0))
    project = edits.connect(edits.connect(project, "m2", add), "m3", add, 1)
    link = next(each for each in project.network.links if each.target == add and each.source == "m3")
    assert "several" in str(edits.can_swap(project, link))
    unfed, tanh = edits.insert_module(chain, "Tanh", (0, 0))
    unfed, last = edits.insert_module(unfed, "Abs", (0, 0))
    unfed = edits.connect(unfed, tanh, last)
    assert "no wires at its inputs" in str(edits.can_swap(unfed, Link(tanh, last)))
