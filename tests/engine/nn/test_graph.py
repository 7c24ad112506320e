"""The graph of an unfinished drawing: what can compute does, and every problem is told once, at its cause."""

from __future__ import annotations

from drawings import TWO_STAGE_DIGITS, chain, make

from convnet_studio.engine.nn.cost import Cost, costs, total_cost
from convnet_studio.engine.nn.graph import Graph, Link, Node, resolve
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, ShapeProblem

SHAPE = (1, 28, 28)


def graph(modules: dict[str, Module | Loss], links: list[Link]) -> Graph:
    return resolve(modules, links, SHAPE, 10)


def told(found: Graph) -> list[tuple[str, str]]:
    return [(each.where, each.what) for each in found.problems]


def test_two_stage_digits_shapes_and_signs() -> None:
    found = graph(*chain(*TWO_STAGE_DIGITS))
    assert not found.problems
    shapes = [node.shape for node in found.nodes]
    assert shapes == [
        *[(1, 28, 28)] * 2,
        *[(8, 24, 24)] * 3,
        (8, 12, 12),
        *[(16, 8, 8)] * 2,
        (16, 4, 4),
        (256,),
        *[(10,)] * 2,
        (),
    ]
    positive = {node.id for node in found.nodes if node.non_negative}
    assert positive == {"input", "abs-4", "lppool2d-5", "lppool2d-8", "flatten-9"}


def test_two_stage_digits_cost() -> None:
    found = graph(*chain(*TWO_STAGE_DIGITS))
    each = costs(found.nodes)
    counts = {name: (cost.parameters, cost.multiply_accumulates) for name, cost in each.items()}
    assert counts["localcontrastnorm-1"] == (0, 2 * 2 * 9 * 28 * 28 + 28 * 28)
    assert counts["conv2d-2"] == (208, 24 * 24 * 8 * 25)
    assert counts["lppool2d-5"] == (0, 24 * 24 * 8)
    assert counts["conv2d-6"] == (3216, 8 * 8 * 16 * 8 * 25)
    assert counts["linear-10"] == (2570, 2560)
    assert each["nllloss-12"] == Cost()
    total = total_cost(found.nodes)
    assert total == sum(each.values(), Cost())
    assert total.parameters == 5994


def test_the_cost_of_what_is_whole_is_known_where_the_rest_is_not() -> None:
    found = graph(*chain(("Conv2d", {}), ("Linear", {})))
    assert told(found) == [("linear-2", "Linear takes a list of numbers, not maps")]
    total = total_cost(found.nodes)
    assert (total.parameters, total.multiply_accumulates) == (208, 24 * 24 * 8 * 25)


def test_a_problem_is_told_once_at_its_cause() -> None:
    found = graph(
        *chain(("Conv2d", {"kernel_size": 30}), ("Tanh", {}), ("Conv2d", {"kernel_size": 40}), ("NLLLoss", {}))
    )
    assert told(found) == [("conv2d-1", "Kernel 30 is larger than the 28×28 map")]
    (problem,) = found.problems
    assert (problem.fix, dict(problem.change)) == ("use 27 or less", {"kernel_size": 27})
    assert [node.id for node in found.nodes] == ["input"]


def test_a_missing_input_is_told_where_the_wire_should_go() -> None:
    modules, links = chain(("Tanh", {}), ("Abs", {}), ("ReLU", {}))
    found = graph(modules, [link for link in links if link[1] != "abs-2"])
    assert told(found) == [("abs-2", "It has no input")]
    assert [node.id for node in found.nodes] == ["input", "tanh-1"]


def test_every_module_of_a_loop_is_told_and_none_behind_it() -> None:
    modules, _ = chain(("Tanh", {}), ("Abs", {}), ("ReLU", {}), ("Flatten", {}))
    links = [("tanh-1", "abs-2", 0), ("abs-2", "tanh-1", 0), ("abs-2", "relu-3", 0), ("input", "flatten-4", 0)]
    found = graph(modules, links)
    assert sorted(told(found)) == [
        ("abs-2", "This module is part of a loop"),
        ("tanh-1", "This module is part of a loop"),
    ]
    assert [node.id for node in found.nodes] == ["input", "flatten-4"]


def test_a_module_fed_by_itself_is_a_loop() -> None:
    found = graph({"input": make("Input"), "tanh": make("Tanh")}, [("tanh", "tanh", 0)])
    assert told(found) == [("tanh", "This module is part of a loop")]


def test_a_loss_feeds_nothing() -> None:
    found = graph(*chain(("Flatten", {}), ("Linear", {}), ("MSELoss", {}), ("Tanh", {})))
    assert told(found) == [("tanh-4", "A loss gives its number to nothing")]


def test_a_loss_that_does_not_fit_the_classes_is_told() -> None:
    found = graph(*chain(("Flatten", {}), ("Linear", {"out_features": 8}), ("MSELoss", {})))
    assert told(found) == [("mseloss-3", "The loss needs 10 numbers, one for each class, but gets 8")]
    assert found.problems[0].fix == "set Outputs of the last Linear to 10"
    assert not found.problems[0].change


def test_a_module_that_is_not_admitted_is_told_and_what_follows_waits() -> None:
    def admit(node: Node) -> None:
        if node.shape == (7,):
            raise ShapeProblem("It is odd", "make it even")

    drawn = (("Flatten", {}), ("Linear", {"out_features": 8}), ("Linear", {"out_features": 7}), ("Tanh", {}))
    found = resolve(*chain(*drawn), SHAPE, 10, admit=lambda: admit)
    assert [(each.where, each.what, each.fix) for each in found.problems] == [("linear-3", "It is odd", "make it even")]
    assert [node.id for node in found.nodes] == ["input", "flatten-1", "linear-2"]


def test_order_does_not_depend_on_the_order_of_drawing() -> None:
    modules, links = chain(*TWO_STAGE_DIGITS)
    backwards = dict(reversed(modules.items()))
    assert [node.id for node in graph(backwards, links[::-1]).nodes] == list(modules)
