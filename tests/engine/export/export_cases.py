"""Projects and networks for the tests of exports, made from the registries alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
from module_cases import Case

import convnet_studio.engine.export.forms  # noqa: F401 - fills the registry
from convnet_studio.engine.export.form import Form
from convnet_studio.engine.export.outline import Outline, outline_of
from convnet_studio.engine.nn.module import Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project

CLASSES = 10


def project_of(case: Case) -> Project:
    """An Input, and behind it the module of a case, all of whose ports it feeds."""
    modules = ModuleSpec("m1", "Input"), ModuleSpec("m2", case.kind, dict(case.settings))
    links = [Link("m1", "m2", port) for port in range(len(case.input_shapes))]
    if case.kind == "Input":
        modules, links = modules[1:], []
    return Project("one module", NetworkSpec(modules, tuple(links)), next_id=3)


def network_of(project: Project, shape: Shape, classes: int = CLASSES, seed: int = 3) -> Network:
    """The network with parameters that are drawn far enough from 0 that each of them counts."""
    network = build_network(project, shape, classes)
    assert not network.graph.problems, network.graph.problems
    random = np.random.default_rng(seed)
    network.parameters[:] = random.uniform(0.2, 0.6, network.parameters.size) * random.choice(
        [-1, 1], network.parameters.size
    )
    return network


def weights_of(network: Network) -> dict[str, dict[str, np.ndarray]]:
    return {
        each: {name: parameter.value.copy() for name, parameter in network.parameters_of(each).items()}
        for each in network.slices
    }


def outline_with(project: Project, network: Network) -> Outline:
    return outline_of(project, weights_of(network), (network.input_shape, network.classes))


def load_pytorch(outline: Outline, folder: Path) -> tuple[ModuleType, object]:
    """The exported code as a module, and its network with the exported weights."""
    form = Form.registry["pytorch"]()
    written = form.write(outline)
    assert not written.gaps, written.gaps
    (folder / "net.py").write_text(str(written.content), encoding="utf-8")
    (folder / "net.npz").write_bytes(form.files_beside(outline)[".npz"])
    spec = importlib.util.spec_from_file_location("exported_net", folder / "net.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net = module.Net()
    module.load_weights(net, folder / "net.npz")
    return module, net
