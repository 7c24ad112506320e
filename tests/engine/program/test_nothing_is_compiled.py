"""Building, editing and training any network compiles nothing: numba's compiler is taken away meanwhile."""

from __future__ import annotations

import numpy as np
import pytest
from numba.core.compiler import CompilerBase
from random_networks import random_network
from small_networks import data, sgd

import convnet_studio.engine.data.datasets  # noqa: F401 - fills the registry
from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.kernels.move import transpose
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram
from convnet_studio.engine.program.cache import compiled_set
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.presets import load_preset, preset_names


@pytest.fixture(autouse=True)
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever compiles fails."""
    compiled_set()

    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("Something was compiled.")

    monkeypatch.setattr(CompilerBase, "__init__", refuse)


def train(network: Network) -> None:
    program = CompiledProgram(network, 3, threads=2)
    try:
        program.set_data(*data(network))
        with np.errstate(all="ignore"):
            assert program.step(range(3), sgd(rate=1e-4)).count == 3
            program.forward(data(network)[0][:2])
    finally:
        program.close()


def test_the_compiler_is_away() -> None:
    with pytest.raises(AssertionError, match="compiled"):
        transpose.compile()


@pytest.mark.parametrize("name", preset_names())
def test_presets(name: str) -> None:
    project = load_preset(name)
    dataset = load_dataset(project.data.dataset)
    train(build_network(project, dataset.input_shape, dataset.classes))


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_random_networks(first: int) -> None:
    kinds: set[str] = set()
    for seed in range(first, first + 20):
        network = random_network(seed)
        assert not network.graph.problems
        train(network)
        kinds |= {type(node.module).__name__ for node in network.graph.nodes}
    assert len(kinds) > 10
