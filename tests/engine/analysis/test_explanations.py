"""Explanations: over all kinds and random networks, terms that add up exactly to what the engine stored."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from module_cases import Case as ModuleCase
from module_cases import all_cases
from random_networks import random_network

from convnet_studio.engine.analysis.arithmetic_text import exact_decimal, last_line, summed, written
from convnet_studio.engine.analysis.explain import explain
from convnet_studio.engine.analysis.explanation import Explanation, Place, What, exact_sum
from convnet_studio.engine.analysis.measured_slope import measured_slope
from convnet_studio.engine.analysis.passes import Pass, copied_parameters, pass_of
from convnet_studio.engine.analysis.rule import Case, as_a_whole, explain_case, has_rule
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram
from convnet_studio.engine.training.probes import ProbePicture

SEEDS = range(15)
GRADIENTS = (What.OUTPUT_GRADIENT, What.PARAMETER_GRADIENT)


def assert_adds_up(found: Explanation) -> None:
    """The terms and the rounding are the stored number, and the rounding is no larger than K roundings make it."""
    total, rounding = found.last.total(), found.rounding()
    assert total is not None
    assert rounding is not None
    assert total + rounding == Fraction(found.stored)
    assert abs(rounding) <= Fraction(found.bound()), (found.place, found.stored, float(rounding), found.bound())


def node_of(case: ModuleCase, module: Module, shape: tuple[int, ...]) -> Node:
    sources = tuple(f"source {port}" for port in range(len(case.input_shapes)))
    return Node("m", module, sources, case.input_shapes, shape, False)


@pytest.mark.parametrize("kind", sorted(Module.registry))
def test_every_kind_adds_up(kind: str) -> None:
    count = 0
    for case in all_cases():
        if case.kind != kind:
            continue
        module, inputs = case.module(np.float32), case.inputs(np.float32)
        output = module.forward(*inputs)[0]
        parameters = {name: each.value for name, each in module.parameters().items()}
        random = np.random.default_rng(zlib.crc32(str(case).encode()))
        for flat in random.permutation(output.size)[:3]:
            index = tuple(map(int, np.unravel_index(flat, output.shape)))
            made = explain_case(
                Case(node_of(case, module, output.shape), tuple(each[0] for each in inputs), parameters, index)
            )
            stored = float(output[index])
            assert_adds_up(
                Explanation(Place("m", What.OUTPUT, index), stored, made.steps, made.roundings, slack=made.slack)
            )
            count += 1
    assert count >= 3


def test_no_rule_asks_the_module_for_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terms that are what the module's code gives could not differ from it."""

    def refuse(_: Case) -> float:
        raise AssertionError("the answer, not how it came about")

    monkeypatch.setattr(Case, "computed", refuse)
    for case in (each for each in all_cases() if has_rule(each.kind)):
        module, inputs = case.module(np.float32), case.inputs(np.float32)
        output = module.forward(*inputs)[0]
        parameters = {name: each.value for name, each in module.parameters().items()}
        index = tuple(size // 2 for size in output.shape)
        made = explain_case(
            Case(node_of(case, module, output.shape), tuple(each[0] for each in inputs), parameters, index)
        )
        assert made.slack == 0 or case.kind == "Formula"  # all sizes on the way are terms


@pytest.mark.parametrize("kind", sorted(Loss.registry))
@pytest.mark.parametrize("size", [1e-3, 1.0, 30.0])
def test_losses_are_bounded_by_what_their_terms_round_to(kind: str, size: float) -> None:
    random = np.random.default_rng(zlib.crc32(kind.encode()))
    for settings in ({}, {"p": 2}, {"margin": 20.0}):
        if set(settings) - set(Loss.registry[kind]().settings()):
            continue
        loss = Loss.registry[kind](**settings)
        for label in (0, 1):
            inputs = [size * random.standard_normal(10).astype(np.float32) for _ in range(loss.port_count())]
            shapes = tuple(each.shape for each in inputs)
            target = loss.target(np.array([label]), *shapes)
            made = explain_case(Case(Node("m", loss, ("a", "b"), shapes, (), False), tuple(inputs), {}, (), target))
            stored = float(loss.forward(*(each[None] for each in inputs), target)[0])
            found = Explanation(Place("m", What.LOSS), stored, made.steps, made.roundings, slack=made.slack)
            assert_adds_up(found)
            assert found.slack == 0
            assert found.roundings <= 10 + 16


def test_a_formula_is_bounded_by_the_sizes_of_its_steps() -> None:
    module = Module.registry["Formula"](expression="(x + 10000) - 10000")
    x = np.array([[0.1]], np.float32)
    node = Node("m", module, ("a",), ((1,),), (1,), False)
    made = explain_case(Case(node, (x[0],), {}, (0,)))
    assert 10_000 < made.slack < 20_001
    stored = float(np.float32(np.float32(0.1) + np.float32(10000)) - np.float32(10000))
    assert stored != pytest.approx(0.1, rel=1e-4)
    assert_adds_up(Explanation(Place("m", What.OUTPUT, (0,)), stored, made.steps, made.roundings, slack=made.slack))
    plain = Module.registry["Formula"](expression="2 * x")
    made = explain_case(Case(Node("m", plain, ("a",), ((1,),), (1,), False), (x[0],), {}, (0,)))
    assert made.slack == pytest.approx(0.2)


@pytest.mark.parametrize("kind", ["Conv2d", "LPPool2d", "Softmax"])
def test_a_kind_without_a_rule_is_explained_as_a_whole(kind: str) -> None:
    case = next(each for each in all_cases() if each.kind == kind)
    module, inputs = case.module(np.float32), case.inputs(np.float32)
    output = module.forward(*inputs)[0]
    index = tuple(size // 2 for size in output.shape)
    parameters = {name: each.value for name, each in module.parameters().items()}
    made = as_a_whole(Case(node_of(case, module, output.shape), tuple(each[0] for each in inputs), parameters, index))
    assert_adds_up(Explanation(Place("m", What.OUTPUT, index), float(output[index]), made.steps, made.roundings))
    assert any(len(group.columns) for group in made.steps[0].groups)


def shown_network(seed: int) -> tuple[Network, Network, CompiledProgram, ProbePicture]:
    """A random network, the same in float64, its program, and a picture."""
    network, random = random_network(seed), np.random.default_rng(seed)
    modules = {node.id: type(node.module)(**node.module.settings()) for node in network.graph.nodes}
    links = [(source, node.id, port) for node in network.graph.nodes for port, source in enumerate(node.sources)]
    twin = Network(modules, links, network.input_shape, network.classes, np.float64)
    twin.parameters[...] = network.parameters
    picture = random.random(network.input_shape, np.float32)
    program = CompiledProgram(network, 2)
    program.set_data(picture[None], np.zeros(1, np.int64))
    return network, twin, program, ProbePicture(picture, int(random.integers(10)))


def places_of(network: Network, random: np.random.Generator) -> Iterator[Place]:
    """Random numbers of all sorts."""

    def somewhere(shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(int(random.integers(size)) for size in shape)

    for node in network.graph.nodes:
        if isinstance(node.module, Loss):
            yield Place(node.id, What.LOSS)
            continue
        yield Place(node.id, What.OUTPUT, somewhere(node.shape))
        yield Place(node.id, What.OUTPUT, somewhere(node.shape))
        yield Place(node.id, What.OUTPUT_GRADIENT, somewhere(node.shape))
        for name, each in network.parameters_of(node.id).items():
            yield Place(node.id, What.PARAMETER, somewhere(each.value.shape), name)
            yield Place(node.id, What.PARAMETER_GRADIENT, somewhere(each.value.shape), name)


def explained(shown: Pass, place: Place) -> Explanation | None:
    """The explanation; None where there is no such number."""
    try:
        *_, found = explain(shown, place)
    except ValueError:
        if place.what in GRADIENTS:
            return None
        raise
    assert found is not None
    return found


def slope_of(twin: Network, shown: Pass, place: Place) -> float:
    """What `measured_slope` returns; it leaves all parameters as they were."""
    before, work = twin.parameters.copy(), measured_slope(twin, shown, place)
    while True:
        try:
            next(work)
        except StopIteration as end:
            assert (twin.parameters == before).all()
            return float(end.value)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_of_a_random_network_adds_up(seed: int) -> None:
    network, twin, program, probe = shown_network(seed)
    compared = 0
    with np.errstate(all="ignore"):
        for place in places_of(network, np.random.default_rng(seed)):
            shown = pass_of(network, program, probe, None, place)
            found = explained(shown, place)
            if found is None or not np.isfinite(found.stored):
                continue
            assert_adds_up(found)
            compared += 1
            if place.what in GRADIENTS:
                slope = slope_of(twin, shown, place)
                array = (
                    shown.gradients[place.module_id]
                    if place.what is What.OUTPUT_GRADIENT
                    else network.parameters_of(place.module_id)[place.name].grad
                )
                # One rounding of each term, all that a sum of float32 can promise where its terms cancel.
                rounded = np.finfo(np.float32).eps * sum(np.abs(each.values).sum() for each in found.last.groups)
                if np.isfinite(slope):  # not at a kink
                    allowed = max(1e-4 * max(float(np.abs(array).max()), 1e-6), rounded)
                    assert abs(slope - found.stored) <= allowed, place
    program.close()
    assert compared >= 8


def test_printed_numbers_add_up_exactly_in_full_and_in_short() -> None:
    network, _, program, probe = shown_network(3)
    linear = next(node.id for node in network.graph.nodes if type(node.module).__name__ == "Linear")
    for place in (Place(linear, What.OUTPUT, (3,)), Place("loss", What.LOSS)):
        found = explained(pass_of(network, program, probe, None, place), place)
        assert found is not None
        for is_full in (True, False):
            lines = written(found, "here", is_full, str).split("\n")
            start = lines.index(found.last.formula) + 1
            end = next(number for number, line in enumerate(lines) if "stored value" in line)
            numbers = [Decimal(line.split()[0]) for line in lines[start:end]]
            assert len(numbers) == sum(len(group.values) for group in found.last.groups) + 1
            assert sum(map(Fraction, numbers)) == Fraction(Decimal(lines[end].split()[1]))
        printed = summed(found, 9)
        assert printed is not None
        assert Decimal(printed[0]) + Decimal(printed[1]) == Decimal(printed[2])
        assert Fraction(Decimal(last_line(found, None)[1])) == found.rounding()
    program.close()


def test_sums_are_exact_where_floats_are_not() -> None:
    assert exact_sum([1e300, 1.0, -1e300, 2.0**-1074]) == 1 + Fraction(1, 2**1074)
    assert exact_sum([1.0, float("nan")]) is None
    assert exact_decimal(Fraction(0.1)) == "0.1000000000000000055511151231257827021181583404541015625"
    assert exact_decimal(-3.0) == "-3"


def test_a_convolution_by_hand() -> None:
    module = Module.registry["Conv2d"](out_channels=1, kernel_size=2, padding=1)
    network = Network({"in": Module.registry["Input"](), "conv": module}, [("in", "conv", 0)], (1, 2, 2), 0)
    network.parameters[...] = [1, 2, 3, 4, 0.5]  # the kernel row by row, and the bias
    picture = np.array([[[5, 6], [7, 8]]], np.float32)
    outputs = {name: each[0] for name, each in network.forward(picture[None]).items()}
    shown = Pass(network, picture, picture, -1, -1, outputs, parameters=copied_parameters(network, ["conv"]))
    corner = explained(shown, Place("conv", What.OUTPUT, (0, 0, 0)))
    middle = explained(shown, Place("conv", What.OUTPUT, (0, 1, 1)))
    assert corner is not None
    assert middle is not None
    assert [group.values.tolist() for group in corner.last.groups] == [[0, 0, 0, 20], [0.5]]
    assert [group.values.tolist() for group in middle.last.groups] == [[5, 12, 21, 32], [0.5]]
    x, w = middle.last.groups[0].columns
    assert x.place(2) == Place("in", What.OUTPUT, (0, 1, 0))
    assert w.place(2) == Place("conv", What.PARAMETER, (0, 0, 1, 0), "weight")
    assert corner.last.groups[0].columns[0].place(0) is None  # padding is stored nowhere
    assert (middle.stored, middle.rounding()) == (70.5, 0)
