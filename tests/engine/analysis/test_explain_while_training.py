"""Explain while training goes on: every number of an answer is of the moment at which the work began."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from fractions import Fraction

import moments
import numpy as np
import pytest

from convnet_studio.engine.analysis.explain import Explain, Explained, Reach, Reached
from convnet_studio.engine.analysis.explanation import Explanation, Place, What
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.project.edits import set_training
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.engine.training.inquiry import Moment

RATE = 0.2
"""So large that no two steps have nearly the same weights."""


def fast(project: Project) -> Moment:
    return moments.moment_of(set_training(project, rate=RATE))


def with_dropout() -> Project:
    project = load_preset("tiny-digits")
    modules = (
        ModuleSpec("a", "Input"),
        ModuleSpec("b", "Flatten"),
        ModuleSpec("c", "Linear", {"out_features": 12}),
        ModuleSpec("d", "Dropout"),
        ModuleSpec("e", "Tanh"),
        ModuleSpec("f", "Linear", {"out_features": 10}),
        ModuleSpec("g", "CrossEntropyLoss"),
    )
    ids = [each.id for each in modules]
    links = tuple(Link(a, b, 0) for a, b in itertools.pairwise(ids))
    return dataclasses.replace(project, network=NetworkSpec(modules, links))


def train(moment: Moment) -> None:
    """One step."""
    moment.run.train(8, 1, 1e9, lambda: True)


def last_of(inquiry: Explain, moment: Moment, trains: bool) -> Explanation:
    """The last answer, a step of training after every piece of the work, if `trains`."""
    found: Explained | None = None
    for each in inquiry.work(moment):
        found = each or found
        if trains:
            train(moment)
    assert found is not None
    return found.explanation


def places(moment: Moment) -> Iterator[Place]:
    for node in moment.run.network.graph.nodes:
        if isinstance(node.module, Loss):
            yield Place(node.id, What.LOSS)
            continue
        middle = tuple(size // 2 for size in node.shape)
        yield Place(node.id, What.OUTPUT, middle)
        yield Place(node.id, What.OUTPUT_GRADIENT, middle)
        if isinstance(node.module, Module):
            for name, each in node.module.parameters().items():
                for what in (What.PARAMETER, What.PARAMETER_GRADIENT):
                    yield Place(node.id, what, tuple(size // 2 for size in each.value.shape), name)


@pytest.mark.parametrize("project", [load_preset("tiny-digits"), with_dropout()], ids=["digits", "dropout"])
def test_a_step_between_any_two_pieces_changes_nothing(project: Project) -> None:
    moment = fast(project)
    compared = measured = 0
    for place in places(moment):
        before = moment.run.network.parameters.copy()
        step = moment.run.network.clock.step
        inquiry = Explain(place, measures=True)
        try:
            expected = last_of(inquiry, moment, trains=False)
        except ValueError:
            continue
        found = last_of(inquiry, moment, trains=True)
        moment.run.network.parameters[...] = before
        moment.run.network.clock.step = step
        assert found.stored == expected.stored
        rounding = found.rounding()
        assert rounding is not None
        assert abs(rounding) <= Fraction(found.bound()), (place, float(rounding), found.bound())
        assert found.rounding() == expected.rounding()
        assert found.measured == expected.measured or np.isnan(expected.measured)
        compared += 1
        measured += bool(np.isfinite(found.measured))
    assert compared > 20
    assert measured > 5


def test_no_gradients_of_a_picture_without_a_class() -> None:
    known = moments.moment_of("tiny-digits")
    unknown = Moment(known.run, known.picture, -1)
    linear = next(n for n in known.run.network.graph.nodes if type(n.module).__name__ == "Linear")
    for place in (
        Place(linear.id, What.OUTPUT_GRADIENT, (0,)),
        Place(linear.id, What.PARAMETER_GRADIENT, (0,), "bias"),
    ):
        with pytest.raises(ValueError, match=r"^The class of this picture is not known, so it has no loss and no grad"):
            moments.answer_of(Explain(place), unknown)
    assert moments.answer_of(Explain(Place(linear.id, What.OUTPUT, (0,))), unknown)


def test_a_shared_weight_reaches_the_outputs_of_all_that_use_it() -> None:
    project = load_preset("tiny-digits")
    convolution = {"out_channels": 1, "kernel_size": 3}
    modules = (
        ModuleSpec("in", "Input"),
        ModuleSpec("a", "Conv2d", convolution),
        ModuleSpec("b", "Conv2d", convolution, shares="a"),
    )
    links = (Link("in", "a", 0), Link("a", "b", 0))
    moment = moments.moment_of(dataclasses.replace(project, network=NetworkSpec(modules, links)))
    for module_id in ("a", "b"):
        reached = moments.answer_of(Reach(Place(module_id, What.PARAMETER, (0, 0, 1, 1), "weight")), moment)
        assert isinstance(reached, Reached)
        assert {name: bool(mask.all()) for name, mask in reached.cone.items()} == {"a": True, "b": True}
        assert reached.footprint["in"].any()
