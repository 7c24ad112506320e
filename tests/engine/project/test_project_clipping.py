"""Clippings: what is copied as text, and what a text may not do to the project it is pasted into."""

from __future__ import annotations

import json

import pytest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.clipping import clip, clipping_from_text, clipping_to_text, paste
from convnet_studio.engine.project.invariants import check_invariants
from convnet_studio.engine.project.json_format import project_to_text
from convnet_studio.engine.project.notes_edits import add_note
from convnet_studio.engine.project.spec import Link, Project


def test_modules_wires_and_notes_go_through_text(chain: Project) -> None:
    noted, note_id = add_note(chain, "two\nlines", (400, 0))
    named = edits.set_setting(edits.rename_module(noted, "m3", "head"), "m3", "out_features", 7)
    text = clipping_to_text(clip(named, ["m2", "m3"], [note_id]))
    json.loads(text)
    clipping = clipping_from_text(text)
    assert clipping.corner == (400.0, 0.0)
    after, (flat, linear), (note,) = paste(named, clipping, (50, 60))
    check_invariants(after)
    assert Link(flat, linear) in after.network.links
    assert len(after.network.links) == len(chain.network.links) + 1
    assert after.network.module(linear).name == "head"
    assert after.network.module(linear).settings["out_features"] == 7
    assert after.network.module(flat).position == (450.0, 100.0)
    assert after.notes[-1].id == note
    assert (after.notes[-1].text, after.notes[-1].position) == ("two\nlines", (450.0, 60.0))


def test_shared_weights_come_along_only_inside_the_clipping(make_chain) -> None:
    shared = edits.share_weights(make_chain("Input", "Linear", "Linear", "Linear"), "m3", "m2")
    both = clipping_from_text(clipping_to_text(clip(shared, ["m2", "m3"])))
    after, (owner, user), _ = paste(Project(), both, (0, 0))
    assert after.network.module(user).shares == owner
    alone = clipping_from_text(clipping_to_text(clip(shared, ["m3"])))
    elsewhere, (pasted,), _ = paste(make_chain("Input", "Linear"), alone, (0, 0))
    assert elsewhere.network.module(pasted).shares == ""


def test_recurrent_wires_bring_their_steps_of_time(make_chain) -> None:
    looped = edits.connect(make_chain("Input", "Add", "Tanh"), "m3", "m2", 1, True)
    looped = edits.set_unfold(looped, 5)
    text = clipping_to_text(clip(looped, ["m2", "m3"]))
    after, _, _ = paste(Project(), clipping_from_text(text), (0, 0))
    assert after.network.unfold == 5
    assert any(link.is_recurrent for link in after.network.links)


def test_a_whole_project_can_be_pasted(chain: Project) -> None:
    after, new_ids, _ = paste(Project(), clipping_from_text(project_to_text(chain)), (0, 0))
    assert [after.network.module(each).kind for each in new_ids] == [each.kind for each in chain.network.modules]


@pytest.mark.parametrize(
    "text", ["", "hello", "[1, 2]", '{"a": 1}', "def f():\n  return {}", '{"modules"' + "x" * 10**7]
)
def test_a_text_that_is_not_ours_gets_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^The clipboard holds no modules: [^\n]*\.$"):
        clipping_from_text(text)


def test_an_empty_project_is_nothing_to_paste() -> None:
    with pytest.raises(ValueError, match="holds no modules"):
        clipping_from_text(project_to_text(Project()))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda data: data.pop("format_version"), "format_version is missing"),
        (lambda data: data["modules"][0].update(position=["a", 0]), "must be a finite number"),
        (lambda data: data["links"].append({"source": "m1", "target": "m99"}), "ends nowhere"),
        (lambda data: data.update(modules=data["modules"] * 501), "at most 1,000"),
    ],
)
def test_a_spoiled_clipping_says_what_is_wrong(chain: Project, spoil, words: str) -> None:
    data = json.loads(clipping_to_text(clip(chain, ["m1", "m2"])))
    spoil(data)
    with pytest.raises(ValueError, match=words) as refusal:
        clipping_from_text(json.dumps(data))
    assert str(refusal.value).startswith("The text in the clipboard can't be pasted: ")
    assert "project.json" not in str(refusal.value)


def test_a_broken_off_text_names_no_file(chain: Project) -> None:
    text = clipping_to_text(clip(chain, ["m1", "m2"]))
    with pytest.raises(ValueError, match="can't be pasted: the text breaks off"):
        clipping_from_text(text[: len(text) // 2])


def test_what_this_version_does_not_know_is_told() -> None:
    text = '{"format_version": 1, "name": "x", "next_id": 3, "modules": [{"id": "m1", "kind": "FancyNorm"}]}'
    assert "FancyNorm" in clipping_from_text(text).warnings[0]
