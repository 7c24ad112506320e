"""Compiled path: the program's values and slopes of units are those of the numpy path, and it is let go of."""

from __future__ import annotations

import numpy as np
import pytest
from runs import moment_of

from convnet_studio.engine.analysis.compiled_path import CompiledPath
from convnet_studio.engine.analysis.optimal_stimulus import FindGallery, FindStimulus
from convnet_studio.engine.analysis.unit import Unit, UnitPath
from convnet_studio.engine.nn.chance import RandomModule
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram, ReferenceProgram, compile_set
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.presets import load_preset


def network_of(preset: str) -> Network:
    run = moment_of(preset).run
    dataset = run.material.dataset
    network = build_network(load_preset(preset), dataset.input_shape, dataset.classes)
    initialize(network, 5)
    network.parameters += np.linspace(-0.02, 0.02, network.parameters.size, dtype=np.float32)
    return network


@pytest.mark.parametrize(
    ("preset", "module"),
    [("lenet-5", "m9"), ("lenet-5", "m13"), ("two-stage-digits", "m6"), ("tiny-digits", "m2"), ("one-one-one", "m6")],
)
@pytest.mark.parametrize("make", [CompiledProgram, ReferenceProgram])
def test_values_and_slopes_are_those_of_numpy(preset: str, module: str, make: type[CompiledProgram]) -> None:
    compile_set()
    network = network_of(preset)
    plain, path = UnitPath(network, module), CompiledPath(network, module, make, 3)
    units = [Unit(module, channel) for channel in range(min(3, plain.shape[0]))]
    random = np.random.default_rng(2)
    try:
        for count in (len(units), 1):  # the last of a batch that is not full
            pictures = random.normal(size=(count, *network.input_shape)).astype(np.float32)
            values, slopes = plain.values_and_slopes(pictures, units[-count:])
            found, steep = path.values_and_slopes(pictures, units[-count:])
            assert np.abs(slopes).max() > 0
            np.testing.assert_allclose(found, values, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(steep, slopes, rtol=1e-3, atol=1e-4 * float(np.abs(slopes).max()))
    finally:
        path.close()


def test_what_draws_by_chance_is_left_to_numpy() -> None:
    """A program would silence units in its backward pass."""
    modules: dict[str, Module] = {"x": Module.registry["Input"](), "list": Module.registry["Flatten"]()}
    modules |= {"drop": Module.registry["Dropout"](p=0.5), "sum": Module.registry["Linear"](out_features=2)}
    links = [("x", "list", 0), ("list", "drop", 0), ("drop", "sum", 0)]
    network = Network(modules, links, (1, 4, 4), 0)
    assert any(isinstance(each, RandomModule) for each in modules.values())
    initialize(network, 1)
    path = CompiledPath(network, "sum", CompiledProgram, 1)
    picture = np.ones((1, 1, 4, 4), np.float32)
    values, slopes = path.values_and_slopes(picture, [Unit("sum", 1)])
    weight, bias = (each.value for each in network.parameters_of("sum").values())
    assert values == pytest.approx(weight[1].sum() + bias[1], rel=1e-5)
    np.testing.assert_allclose(slopes.ravel(), weight[1], rtol=1e-5)
    path.close()


@pytest.mark.parametrize("inquiry", [FindStimulus(Unit("m6", 0)), FindGallery("m6", (0, 1, 2, 3, 4))], ids=str)
def test_a_dropped_climb_lets_go_of_its_program(
    inquiry: FindStimulus | FindGallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(ReferenceProgram, "close", lambda self: closed.append(True))
    work = inquiry.work(moment_of("two-stage-digits"))
    for _ in range(6):
        next(work)
    assert not closed
    del work
    assert closed == [True]
