"""What a network takes is estimated, and one too large is refused with the numbers before anything is allocated."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from convnet_studio.engine.nn.module import ShapeProblem
from convnet_studio.engine.program import CompiledProgram, compile_set
from convnet_studio.engine.project import memory
from convnet_studio.engine.project.build import build_network, build_optimizer
from convnet_studio.engine.project.memory import SETTING, Memory, MemoryGate, estimate, machine_memory, memory_limit
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project, TrainingSpec
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.project.validate import problems

SHAPE = (1, 28, 28)


def wide_network(layers: int) -> Project:
    """Many Linear modules of 4096 outputs: 16.8 million parameters each."""
    kinds = ["Input", "Flatten", *["Linear"] * layers, "LogSoftmax", "NLLLoss"]
    modules = [
        ModuleSpec(f"m{i}", kind, {"out_features": 4096} if kind == "Linear" else {}) for i, kind in enumerate(kinds)
    ]
    modules[-3] = ModuleSpec(modules[-3].id, "Linear", {"out_features": 10})
    links = tuple(Link(a.id, b.id) for a, b in pairwise(modules))
    return Project("wide", NetworkSpec(tuple(modules), links))


def test_a_network_too_large_is_refused_before_anything_is_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "0.1")
    project = wide_network(2000)
    tracemalloc.start()
    try:
        found = problems(project, SHAPE, 10)
        network = build_network(project, SHAPE, 10)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (problem,) = found
    assert problem.where == "m2"
    assert problem.fix == f"make it smaller, or allow more by {SETTING}"
    assert [node.id for node in network.graph.nodes] == ["m0", "m1"]
    assert network.parameters.size == 0
    assert most < 30e6, "values of the drawing only, none of its 33 billion parameters"


def test_modules_take_part_as_long_as_all_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "1")
    found = problems(wide_network(20), SHAPE, 10)
    (problem,) = found
    fitting = summarize(wide_network(20), SHAPE, 10)
    assert fitting.modules[problem.where].problems == (problem,)
    assert 0 < estimate(fitting.parameters, 0, TrainingSpec()).total < 1e9
    assert (problem.where, fitting.parameters) == ("m4", 4096 * 785 + 4096 * 4097)
    assert problem.what == (
        "With it, 36,777,984 parameters and 13,856 outputs would take 1.6 GB of memory, but 1.0 GB are allowed"
    )
    monkeypatch.setenv(SETTING, "100")
    assert not problems(wide_network(20), SHAPE, 10)


def test_a_network_that_was_refused_trains_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    from convnet_studio.headless import HeadlessTraining, TrainingError

    monkeypatch.setenv(SETTING, "0.001")
    with pytest.raises(
        TrainingError, match=r"can't train yet\. .*MB of memory, but 1\.0 MB are allowed \(make it smaller"
    ):
        HeadlessTraining(load_preset("two-layer")).run()


def test_the_gate_counts_all_that_came_before() -> None:
    network = build_network(load_preset("two-layer"), SHAPE, 10)
    *before, last = [node for node in network.graph.nodes if node.shape][:-1]
    values = sum(int(np.prod(node.shape)) for node in (*before, last))
    gate = MemoryGate(TrainingSpec(), estimate(network.parameters.size, values, TrainingSpec()).total - 1)
    for node in before:
        gate(node)
    with pytest.raises(ShapeProblem, match="With it, 238,510 parameters"):
        gate(last)


def test_what_an_estimate_consists_of() -> None:
    found = estimate(1_000, 0, TrainingSpec("SGD", {"momentum": 0.9}))
    assert found == Memory(4_000, 4_000, 16_000, 4_000, 16_000, 0)
    assert found.total == 44_000


@pytest.mark.parametrize("preset", ["lenet-5", "two-layer", "two-stage-digits"])
@pytest.mark.parametrize("batch_size", [16, 128])
def test_the_estimate_is_near_what_is_allocated(preset: str, batch_size: int) -> None:
    compile_set()
    project = load_preset(preset)
    training = replace(project.training, batch_size=batch_size)
    pictures = np.zeros((batch_size, *SHAPE), np.float32)
    tracemalloc.start()
    try:
        network, optimizer = build_network(project, SHAPE, 10), build_optimizer(training)
        program = CompiledProgram(network, batch_size, threads=2)
        program.set_data(pictures, np.zeros(batch_size, np.int64))
        program.step(np.arange(batch_size), optimizer)
        program.forward(pictures[:1])
        copies = [(network.parameters.copy(), network.parameters.copy()) for _ in range(2)]
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        program.close()
    assert len(copies) == memory.CHECKPOINTS_KEPT
    values = sum(int(np.prod(node.shape)) for node in network.graph.nodes)
    assert 0.8 < estimate(network.parameters.size, values, training).total / used < 1.5


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    assert 100e6 < memory_limit() == machine_memory() // 2
    monkeypatch.setenv(SETTING, "2.5")
    assert memory_limit() == 2_500_000_000
    for wrong in ("much", "0", "-1", "nan", "inf"):
        monkeypatch.setenv(SETTING, wrong)
        with pytest.raises(ValueError, match=rf"{SETTING} is '{wrong}': it must be a number of gigabytes above 0\."):
            memory_limit()
