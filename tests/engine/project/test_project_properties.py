"""Whatever sequence of edits: the invariants hold, old values stay, and file format and undo give back the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.invariants import check_invariants
from convnet_studio.engine.project.json_format import project_from_text, project_to_text
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project, StageSpec
from convnet_studio.engine.project.stage_inserts import insert_in_slot, insert_stage_on_link
from convnet_studio.engine.project.stages import load_stage, stage_names
from convnet_studio.engine.project.summary import summarize

KINDS = (
    "Input", "Conv2d", "Linear", "Tanh", "MaxPool2d", "LPPool2d", "LocalContrastNorm", "Flatten", "NLLLoss", "Add",
    "Concat", "MSELoss",
)  # fmt: skip
START = Project(
    "start",
    NetworkSpec(
        (
            ModuleSpec("m1", "Input"),
            ModuleSpec("m2", "FancyAdd", {"depth": 2.5, "kind": "x"}),
            ModuleSpec("m3", "Conv2d"),
            ModuleSpec("m4", "Conv2d", shares="m3"),
            ModuleSpec("m5", "Add", copy_of="m2"),
        ),
        (Link("m1", "m2", 3), Link("m2", "m3"), Link("m1", "m4"), Link("m4", "m5"), Link("m5", "m5", 1, True)),
        unfold=2,
        stages=(StageSpec("s6", ("m3", "m5"), "two"),),
    ),
    next_id=7,
)

Draw = Callable[[st.SearchStrategy[Any]], Any]
coordinates = st.floats(-1e6, 1e6)
positions = st.tuples(coordinates, coordinates)
setting_values = st.one_of(
    st.integers(-2, 40), st.floats(allow_nan=True), st.booleans(), st.sampled_from(["mean", "sum", "wire"])
)

learning_values = st.one_of(st.floats(-1, 5), st.booleans(), st.sampled_from(["He", "Gabor", "none"]))
data_values = st.one_of(st.integers(-1, 3), st.floats(0, 1), st.booleans(), st.sampled_from(["LCN", "none", "x"]))


def _ids(draw: Draw, project: Project) -> list[str]:
    known = [each.id for each in project.network.modules]
    return draw(st.lists(st.sampled_from([*known, "m999"]), max_size=4, unique=True))


def _id(draw: Draw, project: Project) -> str:
    known = [each.id for each in project.network.modules]
    return draw(st.sampled_from([*known, "m999"]))


def _stage_id(draw: Draw, project: Project) -> str:
    return draw(st.sampled_from([*(each.id for each in project.network.stages), "s999"]))


def _links(draw: Draw, project: Project) -> list[Link]:
    return draw(st.lists(st.sampled_from([*project.network.links, Link("m1", "m999")]), max_size=2))


EDITS: dict[str, Callable[[Draw, Project], Project]] = {
    "set_learning": lambda draw, p: edits.set_learning(
        p,
        _id(draw, p),
        **{draw(st.sampled_from(["rate", "frozen", "initializer", "depth"])): draw(learning_values)},
    ),
    "set_data": lambda draw, p: edits.set_data(
        p, **{draw(st.sampled_from(["normalization", "shift", "flip", "scale", "blur"])): draw(data_values)}
    ),
    "set_training": lambda draw, p: edits.set_training(
        p,
        **draw(
            st.sampled_from(
                [
                    {"schedule": "step"},
                    {"schedule": "constant"},
                    {"schedule_settings": {"gamma": 0.5}},
                    {"l2": 0.1, "penalties_from": 2},
                    {"optimizer": "Adam"},
                    {"optimizer_settings": {"beta1": 0.5}},
                ]
            )
        ),
    ),
    "insert": lambda draw, p: edits.insert_module(p, draw(st.sampled_from(KINDS)), draw(positions))[0],
    "insert_on_link": lambda draw, p: edits.insert_on_link(
        p,
        draw(st.sampled_from([*p.network.links, Link("m1", "m999")])),
        draw(st.sampled_from(KINDS)),
        draw(positions),
        make_room=draw(st.floats(0, 300)),
    )[0],
    "delete": lambda draw, p: edits.delete_modules(p, _ids(draw, p)),
    "delete_links": lambda draw, p: edits.delete_links(p, _links(draw, p)),
    "connect": lambda draw, p: edits.connect(p, _id(draw, p), _id(draw, p), draw(st.integers(-1, 2))),
    "connect_recurrent": lambda draw, p: edits.connect(p, _id(draw, p), _id(draw, p), draw(st.integers(0, 2)), True),
    "connect_one_more": lambda draw, p: edits.connect_one_more(p, _id(draw, p), _id(draw, p), draw(st.booleans())),
    "set_recurrent": lambda draw, p: edits.set_recurrent(
        p, draw(st.sampled_from([*p.network.links, Link("m1", "m999")])), draw(st.booleans())
    ),
    "set_unfold": lambda draw, p: edits.set_unfold(p, draw(st.integers(0, 17))),
    "share": lambda draw, p: edits.share_weights(p, _id(draw, p), _id(draw, p)),
    "unshare": lambda draw, p: edits.unshare_weights(p, _id(draw, p)),
    "set": lambda draw, p: edits.set_setting(
        p,
        _id(draw, p),
        draw(st.sampled_from(["kernel_size", "p", "inside", "depth", "inputs", "compared_with"])),
        draw(setting_values),
    ),
    "rename": lambda draw, p: edits.rename_module(p, _id(draw, p), draw(st.text(max_size=110))),
    "rename_project": lambda draw, p: edits.rename_project(p, draw(st.text(max_size=20))),
    "move": lambda draw, p: edits.move_modules(p, {each: draw(positions) for each in _ids(draw, p)}),
    "dataset": lambda draw, p: edits.set_dataset(p, draw(st.sampled_from(["mnist_10k", "digits_8x8"]))),
    "training": lambda draw, p: edits.set_training(
        p, rate=draw(st.floats(0, 1)), optimizer_settings={"momentum": draw(st.floats(0, 0.9))}
    ),
    "into_link": lambda draw, p: edits.move_into_link(
        p, draw(st.sampled_from([*p.network.links, Link("m1", "m999")])), _id(draw, p), draw(positions)
    ),
    "renew": lambda draw, p: edits.renew_module(p, _id(draw, p))[0],
    "replace": lambda draw, p: edits.replace_module(p, _id(draw, p), draw(st.sampled_from(KINDS))),
    "group": lambda draw, p: edits.group_stage(p, _ids(draw, p), draw(st.text(max_size=9)))[0],
    "ungroup": lambda draw, p: edits.ungroup_stage(p, _stage_id(draw, p)),
    "join": lambda draw, p: edits.join_stage(p, _ids(draw, p), _stage_id(draw, p)),
    "leave": lambda draw, p: edits.leave_stage(p, _ids(draw, p)),
    "fold": lambda draw, p: edits.fold_stage(p, _stage_id(draw, p), draw(st.booleans())),
    "freeze": lambda draw, p: edits.freeze_modules(p, _ids(draw, p), draw(st.booleans())),
    "slot": lambda draw, p: insert_in_slot(p, _stage_id(draw, p), draw(st.sampled_from(KINDS)), draw(positions))[0],
    "stage_on_link": lambda draw, p: insert_stage_on_link(
        p,
        draw(st.sampled_from([*p.network.links, Link("m1", "m999")])),
        load_stage(draw(st.sampled_from(stage_names()))),
        draw(positions),
        draw(st.floats(0, 900)),
    )[0],
    "duplicate": lambda draw, p: edits.duplicate_modules(p, _ids(draw, p), draw(positions))[0],
}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_sequence_of_edits(data: st.DataObject) -> None:
    project, history = START, []
    for _ in range(data.draw(st.integers(1, 12))):
        edit = EDITS[data.draw(st.sampled_from(sorted(EDITS)))]
        before = project_to_text(project)
        history.append((project, before))
        try:
            project = edit(data.draw, project)
        except (ValueError, KeyError) as error:
            sentence = str(error.args[0])
            assert sentence.endswith("."), sentence
            assert "\n" not in sentence
        check_invariants(project)
        summarize(project, (1, 28, 28), 10)
    for earlier, text in history:
        assert project_to_text(earlier) == text, "an edit changed the value it was given"
    parsed = project_from_text(project_to_text(project))
    assert parsed.project == project
    assert parsed.project.next_id == project.next_id
    assert project_to_text(parsed.project) == project_to_text(project)


def complaint(text: str) -> str:
    """What the reader says of `text`; a full stop alone where it is a good project."""
    try:
        check_invariants(project_from_text(text).project)
    except ValueError as error:
        return str(error)
    return "."


@given(st.text(max_size=100))
def test_any_text_is_a_project_or_one_sentence(text: str) -> None:
    assert complaint(text).endswith(".")


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_value_in_the_place_of_any_other_is_a_project_or_one_sentence(data: st.DataObject) -> None:
    tree = json.loads(project_to_text(START))
    at: Any = tree
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = data.draw(st.sampled_from(keys))
        if not (isinstance(at[key], dict | list) and at[key] and data.draw(st.booleans())):
            break
        at = at[key]
    at[key] = data.draw(json_values)
    sentence = complaint(json.dumps(tree))
    assert sentence.endswith(".")
    assert "\n" not in sentence
