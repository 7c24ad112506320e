"""Costs against the numbers that papers and the tutorial print, and against counting."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import Drawn, chain
from module_cases import Case, all_cases

from convnet_studio.engine.nn.cost import Cost, costs, parameter_count, total_cost
from convnet_studio.engine.nn.graph import Node, resolve
from convnet_studio.engine.nn.module import Array, Family, Module, Shape

CASES = all_cases()


def nodes_of(shape: Shape, *drawn: Drawn) -> tuple[Node, ...]:
    graph = resolve(*chain(*drawn), shape, 10)
    assert not graph.problems
    return graph.nodes


def conv(maps: int, kernel: int, **more: int) -> Drawn:
    return "Conv2d", {"out_channels": maps, "kernel_size": kernel, **more}


def pool(kind: str, size: int, stride: int | None = None) -> Drawn:
    return kind, {"kernel_size": size, "stride": stride or size}


def linear(outputs: int) -> Drawn:
    return "Linear", {"out_features": outputs}


def filters_only(nodes: tuple[Node, ...]) -> int:
    each = costs(nodes)
    banks = [n for n in nodes if isinstance(n.module, Module) and n.module.family is Family.FILTER_BANK]
    return sum(each[node.id].multiply_accumulates for node in banks)


def test_the_two_layer_net_of_the_tutorial() -> None:
    nodes = nodes_of((3, 32, 32), ("Flatten", {}), linear(1500), ("Tanh", {}), linear(10))
    total = total_cost(nodes)
    assert total.parameters == total.connections == 4_624_510
    assert total.multiply_accumulates == 3072 * 1500 + 1500 * 10


def test_the_three_stage_net_of_the_tutorial() -> None:
    stage = (("Tanh", {}), pool("LPPool2d", 2), ("SubtractiveNorm", {"kernel_size": 5}))
    ends = (("Flatten", {}), linear(128), ("Tanh", {}), linear(10))
    nodes = nodes_of((3, 32, 32), conv(64, 5), *stage, conv(64, 5), *stage, *ends)
    assert [parameter_count(node) for node in nodes if parameter_count(node)] == [4_864, 102_464, 204_928, 1_290]
    assert total_cost(nodes).parameters == 313_546


def test_layers_of_lenet_5_as_its_paper_counts_them() -> None:
    """C1 and S2, C5 and F6; S2's gain and bias are its module's own, so that its connections are four a unit here."""
    nodes = nodes_of((1, 32, 32), conv(6, 5), pool("AvgPool2d", 2))
    each = list(costs(nodes).values())[1:]
    assert [(cost.parameters, cost.connections) for cost in each] == [(156, 122_304), (0, 5_880 - 6 * 14 * 14)]
    nodes = nodes_of((16, 5, 5), conv(120, 5), ("Flatten", {}), linear(84))
    each = [cost for cost in costs(nodes).values() if cost.parameters]
    assert [(cost.parameters, cost.connections) for cost in each] == [(48_120, 48_120), (10_164, 10_164)]


@pytest.mark.parametrize(("side", "printed"), [(96, 3_385_600 + 67_712), (480, 90_630_400 + 1_812_608)])
def test_the_first_stage_of_lenet_7_counts_one_for_each_input_of_a_pooling_window(side: int, printed: int) -> None:
    nodes = nodes_of((2, side, side), conv(8, 5), pool("AvgPool2d", 4))
    assert total_cost(nodes).multiply_accumulates == printed


def test_filters_of_the_83x83_net_before_its_connection_table() -> None:
    nodes = nodes_of((1, 83, 83), conv(64, 9), pool("AvgPool2d", 10, 5))
    assert nodes[-1].shape == (64, 14, 14)
    assert filters_only(nodes) == 29_160_000
    assert total_cost(nodes).multiply_accumulates == 29_160_000 + 64 * 14 * 14 * 100
    (last,) = [cost for cost in costs(nodes_of((256,), linear(101))).values() if cost.parameters]
    assert (last.parameters, last.multiply_accumulates) == (25_957, 25_856)


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
