"""Whole networks, random ones too, beside PyTorch: 20 steps from equal weights follow its losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from small_networks import LENET, Drawn, assert_follows_numpy, chain, data, graph

from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.module import Module, SettingValue, Shape, ShapeProblem
from convnet_studio.engine.nn.modules.linear import Linear
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram, Program, ReferenceProgram
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project

pytest.importorskip("torch", reason="PyTorch is not installed: parity is left out")
from torch_networks import assert_follows_torch

pytestmark = pytest.mark.parity
SHAPE: Shape = (2, 12, 12)
CLASSES = 4


def drawn(text: str, unfold: int = 1, shape: Shape = SHAPE) -> Network:
    """A network from lines ``id Kind name=value ... < source source~ ...``; ``~`` marks a recurrent wire."""
    modules, links = [], []
    for line in filter(None, map(str.strip, text.splitlines())):
        left, _, sources = line.partition("<")
        module_id, kind, *settings = left.split()
        shares = next((each[1:] for each in settings if each.startswith("=")), "")
        chosen = dict(each.split("=") for each in settings if not each.startswith("="))
        values: dict[str, SettingValue] = {name: number(value) for name, value in chosen.items()}
        modules.append(ModuleSpec(module_id, kind, values, shares=shares))
        for port, source in enumerate(sources.split()):
            links.append(Link(source.rstrip("~"), module_id, port, source.endswith("~")))
    project = Project(network=NetworkSpec(tuple(modules), tuple(links), unfold))
    network = build_network(project, shape, CLASSES)
    assert not network.graph.problems, network.graph.problems
    assert {each.id for each in modules} <= set(network.nodes)
    initialize(network, seed=1)
    return network


def number(text: str) -> SettingValue:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


CLASSIFIER = """
    flat Flatten < {0}
    scores Linear out_features=4 < flat
    log LogSoftmax < scores
    loss NLLLoss < log
"""
SKIP = """
    in Input
    a Conv2d out_channels=5 kernel_size=3 padding=1 < in
    b Tanh < a
    c Conv2d out_channels=5 kernel_size=3 padding=1 < b
    sum Add < a c
    d ReLU < sum
""" + CLASSIFIER.format("d")
SCALES = """
    in Input
    a Conv2d out_channels=6 kernel_size=3 < in
    b ReLU < a
    p MaxPool2d < b
    c Conv2d out_channels=4 kernel_size=3 < p
    q AvgPool2d kernel_size=3 stride=3 < c
    f Flatten < p
    g Flatten < q
    both Concat < f g
    scores Linear out_features=4 < both
    log LogSoftmax < scores
    loss NLLLoss < log
"""
GATED = """
    in Input
    a Conv2d out_channels=3 kernel_size=3 < in
    gate Conv2d out_channels=3 kernel_size=3 < in
    t Tanh < gate
    y Multiply inputs=3 < a t a
""" + CLASSIFIER.format("y")
AUTOENCODER = """
    in Input
    a Conv2d out_channels=4 kernel_size=3 padding=1 < in
    code Tanh < a
    small AvgPool2d < code
    list Flatten < small
    wide Linear out_features=72 < list
    maps Reshape shape=2x6x6 < wide
    large Upsample < maps
    again MSELoss compared_with=wire < large in
    sparse L1Penalty weight=0.01 < code
"""
SIAMESE = """
    in Input
    other Input picture=partner
    a Conv2d out_channels=4 kernel_size=5 < in
    a2 Conv2d out_channels=4 kernel_size=5 =a < other
    b Tanh < a
    b2 Tanh < a2
    f Flatten < b
    f2 Flatten < b2
    g Linear out_features=3 < f
    g2 Linear out_features=3 =g < f2
    pair ContrastiveLoss margin=2 < g g2
"""
TWO_LOSSES = """
    in Input
    a Conv2d out_channels=5 kernel_size=5 < in
    b Tanh < a
    flat Flatten < b
    s Linear out_features=4 < flat
    e EuclideanLoss weight=0.25 < s
    log LogSoftmax < s
    loss NLLLoss weight=0.5 < log
    t Linear out_features=4 < flat
    m MSELoss weight=3 < t
    w EuclideanLoss compared_with=wire weight=0.1 < s t
"""
RECURRENT = """
    in Input
    x Conv2d out_channels=5 kernel_size=3 padding=1 < in
    sum Add < x w~
    h Tanh < sum
    w Conv2d out_channels=5 kernel_size=3 padding=1 < h
""" + CLASSIFIER.format("h")
TIED = """
    in Input
    a Conv2d out_channels=2 kernel_size=3 padding=1 < in
    b Tanh < a
    c Conv2d out_channels=2 kernel_size=3 padding=1 =a < b
    d Tanh < c
    e Conv2d out_channels=2 kernel_size=3 padding=1 =a < d
    sum Add inputs=3 < b d e
""" + CLASSIFIER.format("sum")
SILENT = """
    in Input
    a Conv2d out_channels=6 kernel_size=3 < in
    b ReLU < a
    drop Dropout p=0.3 < b
    flat Flatten < drop
    wide Linear out_features=20 < flat
    more Dropout < wide
    scores Linear out_features=4 < more
    log LogSoftmax < scores
    loss NLLLoss < log
"""
WHOLE = """
    in Input
    a Conv2d out_channels=5 kernel_size=5 < in
    b Tanh < a
    p LPPool2d inside=sum < b
    scores Conv2d out_channels=4 kernel_size=4 < p
    log LogSoftmax < scores
    loss NLLLoss < log
"""
NETWORKS: dict[str, Callable[[], Network]] = {
    "lenet": lambda: chain(LENET, (1, 28, 28)),
    "skip": lambda: drawn(SKIP),
    "scales": lambda: drawn(SCALES),
    "gated": lambda: drawn(GATED),
    "autoencoder": lambda: drawn(AUTOENCODER),
    "siamese": lambda: drawn(SIAMESE),
    "several losses": lambda: drawn(TWO_LOSSES),
    "recurrent": lambda: drawn(RECURRENT, unfold=4),
    "tied weights": lambda: drawn(TIED),
    "dropout": lambda: drawn(SILENT),
    "scores as maps": lambda: drawn(WHOLE),
}


@pytest.mark.parametrize("program_class", [CompiledProgram, ReferenceProgram])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_twenty_steps_of_whole_networks_follow_pytorch(
    name: str, program_class: Callable[[Network, int], Program]
) -> None:
    network = NETWORKS[name]()
    program = program_class(network, 10)
    try:
        assert_follows_torch(network, program, data(network))
    finally:
        program.close()


MENU: list[Drawn] = [
    ("Conv2d", {"out_channels": 3, "kernel_size": 3, "padding": 1}), ("Conv2d", {"out_channels": 2}),
    ("Tanh", {}), ("ReLU", {}), ("Abs", {}), ("MaxPool2d", {}), ("AvgPool2d", {}), ("Upsample", {}),
    ("Add", {}), ("Add", {"inputs": 3}), ("Multiply", {}), ("Concat", {}), ("Dropout", {"p": 0.2}),
]  # fmt: skip
Drawing = tuple[dict[str, Drawn], list[tuple[str, str, int]]]
"""Modules by id and wires, as `graph` takes them."""


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """A directed acyclic graph: every module takes some before it, one output may go to many, and all are used."""
    modules: dict[str, Drawn] = {"in": ("Input", {})}
    links: list[tuple[str, str, int]] = []
    shapes: dict[str, Shape] = {"in": SHAPE}
    unused = {"in"}

    def add(kind: str, settings: dict[str, SettingValue], sources: list[str], largest: float = math.inf) -> str:
        module = Module.registry[kind](**settings)
        shape = module.output_shape(*(shapes[each] for each in sources))
        if math.prod(shape) > largest:
            raise ShapeProblem("too large", "take another")
        name = f"{len(modules)}{kind}"
        modules[name], shapes[name] = (kind, settings), shape
        links.extend((source, name, port) for port, source in enumerate(sources))
        unused.difference_update(sources)
        unused.add(name)
        return name

    add(*MENU[0], ["in"])  # so that gradients through most of what follows matter
    for kind, chosen in draw(st.lists(st.sampled_from(MENU), min_size=6, max_size=12)):
        ports = Module.registry[kind](**chosen).port_count()
        first = draw(st.sampled_from(list(shapes)))
        alike = [each for each in shapes if shapes[each] == shapes[first]]  # what can be added to it
        sources = [first, *(draw(st.sampled_from(alike)) for _ in range(ports - 1))]
        with suppress(ShapeProblem):
            add(kind, chosen, sources, largest=1000)
    ends = [add("Flatten", {}, [each]) for each in sorted(unused)]
    while len(ends) > 1:
        ends = [add("Concat", {"inputs": len(ends[:8])}, ends[:8]), *ends[8:]]
    bounded = add("Tanh", {}, ends)  # products of products grow, and training that runs away enlarges any rounding
    add("LogSoftmax", {}, [add("Linear", {"out_features": CLASSES}, [bounded])])
    modules["loss"] = ("NLLLoss", {})
    links.append((list(shapes)[-1], "loss", 0))
    return modules, links


drawn_at_random = settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate])
"""Without making failures smaller, which takes minutes: they are small."""


@drawn_at_random
@given(drawings())
def test_twenty_steps_of_random_graphs_follow_pytorch(drawing: Drawing) -> None:
    network = graph(*drawing, SHAPE, CLASSES)
    program = CompiledProgram(network, 7)
    try:
        features = next(node.input_shapes[0][0] for node in network.graph.nodes if isinstance(node.module, Linear))
        assert_follows_torch(network, program, data(network), rate=min(0.02, 8 / features))
    finally:
        program.close()


@drawn_at_random
@given(drawings(), st.integers(1, 2))
def test_random_graphs_compute_what_their_numpy_code_does(drawing: Drawing, threads: int) -> None:
    networks = [graph(*drawing, SHAPE, CLASSES) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 9, threads, tolerance=2e-5)
