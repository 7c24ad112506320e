"""Costs against the numbers that papers and the tutorial print, and against counting."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import Drawn, chain
from module_cases import Case, all_cases

from convnet_studio.engine.nn.cost import Cost, costs, total_cost
from convnet_studio.engine.nn.graph import Node, resolve
from convnet_studio.engine.nn.module import Array, Family, Module, Shape

CASES = all_cases()


def nodes_of(shape: Shape, *drawn: Drawn) -> tuple[Node, ...]:
    graph = resolve(*chain(*drawn), shape, 10)
    assert not graph.problems
    return graph.nodes


def conv(maps: int, kernel: int, **more: int | str) -> Drawn:
    return "Conv2d", {"out_channels": maps, "kernel_size": kernel, **more}


def pool(kind: str, size: int, stride: int | None = None) -> Drawn:
    return kind, {"kernel_size": size, "stride": stride or size}


def linear(outputs: int) -> Drawn:
    return "Linear", {"out_features": outputs}


def by_filter_bank(nodes: tuple[Node, ...]) -> list[int]:
    """Multiply-accumulates of each filter bank."""
    each = costs(nodes)
    banks = [n for n in nodes if isinstance(n.module, Module) and n.module.family is Family.FILTER_BANK]
    return [each[node.id].multiply_accumulates for node in banks]


def test_alexnet_counted_only() -> None:
    """Krizhevsky, Sutskever and Hinton, ImageNet classification (2012), on 227x227 pixels as its sizes need.

    Parameters with biases. Multiply-accumulates of the filters, those of conv 2, 4 and 5 in two groups: 724.4 M; the
    832 M that the tutorial prints are sums of truncated numbers with conv 4 whole, which makes 836.5 M.
    """

    def drawn(conv_4: str) -> tuple[Node, ...]:
        two, relu, max_pool = {"table": "groups 2"}, ("ReLU", {}), ("MaxPool2d", {"kernel_size": 3, "stride": 2})
        return nodes_of(
            (3, 227, 227),
            conv(96, 11, stride=4), relu, max_pool,
            conv(256, 5, padding=2, **two), relu, max_pool,
            conv(384, 3, padding=1), relu, conv(384, 3, padding=1, table=conv_4), relu,
            conv(256, 3, padding=1, **two), relu, max_pool,
            ("Flatten", {}), linear(4096), relu, linear(4096), relu, linear(1000),
        )  # fmt: skip

    nodes = drawn("groups 2")
    millions = [round(each / 1e6, 1) for each in by_filter_bank(nodes)]
    assert millions == [105.4, 223.9, 149.5, 112.1, 74.8, 37.7, 16.8, 4.1]
    assert total_cost(nodes).parameters == 60_965_224
    assert round(sum(by_filter_bank(nodes)) / 1e6, 1) == 724.4
    assert round(sum(by_filter_bank(drawn("full"))) / 1e6, 1) == 836.5


def test_pooling_that_learns_nothing_has_a_connection_to_each_input_of_its_window() -> None:
    nodes = nodes_of((1, 32, 32), conv(6, 5), pool("AvgPool2d", 2))
    each = list(costs(nodes).values())[1:]
    assert [(cost.parameters, cost.connections) for cost in each] == [(156, 122_304), (0, 4 * 6 * 14 * 14)]


def test_backward_costs_twice_the_forward_and_once_where_nothing_before_learns() -> None:
    nodes = nodes_of((1, 12, 12), pool("AvgPool2d", 2), conv(4, 3), ("Tanh", {}), conv(5, 3), pool("AvgPool2d", 2))
    found = [(cost.multiply_accumulates, cost.backward_multiply_accumulates) for cost in costs(nodes).values()]
    first, second = 4 * 16 * 9, 5 * 4 * 4 * 9
    assert found == [(0, 0), (144, 0), (first, first), (0, 0), (second, 2 * second), (20, 20)]


def test_bytes_are_inputs_outputs_and_parameters() -> None:
    cost = costs(nodes_of((2, 6, 6), conv(3, 3)))["conv2d-1"]
    assert cost.bytes_moved == 4 * (2 * 36 + 3 * 16 + 3 * 2 * 9 + 3)


def test_costs_add_up() -> None:
    assert Cost(1, 2, 3, 4, 5) + Cost(10, 20, 30, 40, 50) == Cost(11, 22, 33, 44, 55)


@pytest.mark.parametrize("case", [c for c in CASES if c.kind in ("Conv2d", "Linear")], ids=str)
def test_connections_are_the_uses_of_weights_and_biases(case: Case) -> None:
    """Counted by computing with ones: every use of a number then adds one to some output."""
    module = case.module()
    for each in module.parameters().values():
        each.value[...] = 1
    inputs: list[Array] = [np.ones((1, *shape)) for shape in case.input_shapes]
    if case.kind == "Conv2d" and dict(case.settings).get("padding"):
        assert module.connections(*case.input_shapes) > module.forward(*inputs).sum()  # zeros are multiplied too
    else:
        assert module.connections(*case.input_shapes) == module.forward(*inputs).sum()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_module_states_whole_counts(case: Case) -> None:
    module = case.module()
    counts = (
        module.multiply_accumulates(*case.input_shapes),
        module.connections(*case.input_shapes),
        *module.backward_multiply_accumulates(*case.input_shapes),
    )
    assert all(isinstance(each, int) and each >= 0 for each in counts)
