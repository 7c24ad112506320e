"""Problems: each is told once, at the module that causes it, and a click on the mend mends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.presets import load_preset, new_project
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project, TrainingSpec
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.project.validate import Problem, problems

SHAPE = (1, 28, 28)


def told(project: Project) -> list[tuple[str, str]]:
    return [(each.where, each.what) for each in problems(project, SHAPE, 10)]


def with_module(project: Project, module: ModuleSpec) -> Project:
    """`project` with one of its modules as given, whatever edits would say of it."""
    modules = tuple(module if each.id == module.id else each for each in project.network.modules)
    return replace(project, network=NetworkSpec(modules, project.network.links))


def test_a_whole_network_has_none(chain: Project) -> None:
    assert told(chain) == []


def test_a_new_project_lacks_a_loss() -> None:
    (problem,) = problems(new_project(), SHAPE, 10)
    assert problem == Problem("", "There is no loss, so nothing can be learned", "drag NLLLoss to the end")


def test_an_empty_canvas_lacks_both_ends() -> None:
    assert [what for _, what in told(Project())] == [
        "There is no Input, so no picture enters the network",
        "There is no loss, so nothing can be learned",
    ]


def test_an_unknown_kind_is_one_problem_and_what_follows_it_none(chain: Project) -> None:
    project = with_module(chain, ModuleSpec("m2", "FancyNorm", {"depth": 3}))
    assert told(project) == [("m2", "This version does not know the module FancyNorm")]
    assert [each.id for each in build_network(project, SHAPE, 10).graph.nodes] == ["m1"]


def test_a_bad_setting_is_mended_by_its_change(chain: Project) -> None:
    project = with_module(chain, ModuleSpec("m3", "Linear", {"out_features": -3}))
    (problem,) = problems(project, SHAPE, 10)
    assert problem == Problem("m3", "Outputs is -3: it must be at least 1", "use 10", {"out_features": 10})
    mended = edits.apply_change(project, problem.where, problem.change)
    assert told(mended) == []


def test_a_setting_that_is_not_there_is_told(chain: Project) -> None:
    project = with_module(chain, ModuleSpec("m3", "Linear", {"depth": 1}))
    assert told(project) == [("m3", "Linear has no setting 'depth'")]


def test_a_kernel_too_large_is_mended_by_its_change() -> None:
    project = edits.set_setting(load_preset("two-stage-digits"), "m7", "kernel_size", 15)
    (problem,) = problems(project, SHAPE, 10)
    assert problem.where == "m7"
    assert problem.change
    assert told(edits.apply_change(project, "m7", problem.change)) == []


def test_a_cut_wire_is_told_on_both_sides(chain: Project) -> None:
    project = edits.delete_links(chain, [Link("m2", "m3")])
    assert told(project) == [("m2", "Its output goes nowhere"), ("m3", "It has no input")]


def test_a_missing_last_module_is_told_at_the_loss(chain: Project) -> None:
    project = edits.delete_modules(chain, ["m1", "m2", "m3", "m4"])
    assert told(project) == [("", "There is no Input, so no picture enters the network"), ("m5", "It has no input")]


def test_a_second_input_is_told_at_the_second(chain: Project) -> None:
    project, second = edits.insert_module(chain, "Input", (0, 0))
    assert told(project) == [(second, "There is an Input already, with the same pictures")]


def test_a_wrong_number_of_outputs_is_told_at_the_loss(chain: Project) -> None:
    project = edits.set_setting(chain, "m3", "out_features", 9)
    assert [where for where, _ in told(project)] == ["m5"]


@pytest.mark.parametrize(
    ("training", "what"),
    [
        (TrainingSpec("Adagio"), "This version does not know the optimizer Adagio"),
        (TrainingSpec(optimizer_settings={"momentum": 5.0}), "The optimizer's setting momentum can't be 5.0"),
        (TrainingSpec(optimizer_settings={"speed": 5.0}), "The optimizer's setting speed can't be 5.0"),
    ],
)
def test_an_optimizer_that_can_not_be(chain: Project, training: TrainingSpec, what: str) -> None:
    assert told(replace(chain, training=training)) == [("", what)]


def test_summary_counts_and_shows_problems_where_they_stand() -> None:
    project = load_preset("two-stage-digits")
    whole = summarize(project, SHAPE, 10)
    assert whole.parameters == 5_994
    assert whole.modules["m3"].shape == (8, 24, 24)
    assert (whole.modules["m3"].parameters, whole.modules["m7"].parameters) == (208, 3_216)
    assert whole.modules["m3"].multiply_accumulates == 8 * 25 * 24 * 24
    assert whole.modules["m5"].non_negative
    assert not whole.modules["m3"].non_negative
    assert whole.modules["m13"].shape == ()
    cut = summarize(edits.delete_links(project, [Link("m6", "m7")]), SHAPE, 10)
    assert cut.modules["m7"].shape is None
    assert [each.what for each in cut.modules["m7"].problems] == ["It has no input"]
    assert cut.parameters == 208
    assert cut.problems == ()
