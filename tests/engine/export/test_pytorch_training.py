"""Exported PyTorch code gives the program's outputs and goes on with the program's losses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from export_cases import load_pytorch

import convnet_studio.engine.nn.losses  # noqa: F401 - fills the registry
from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.data.preparation import prepare
from convnet_studio.engine.export.form import ExportError, Form, export
from convnet_studio.engine.export.outline import complete_weights, outline_of
from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.schedule import Schedule
from convnet_studio.engine.program import ReferenceProgram
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.data_settings import preparation_of
from convnet_studio.engine.project.presets import load_preset, preset_names
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project, TrainingSpec
from convnet_studio.engine.training.course import Course
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.run import Run

pytestmark = pytest.mark.parity
STEPS = 20
SMALL = "tiny-digits"


def pictures_of(project: Project, count: int) -> np.ndarray:
    dataset = prepare(load_dataset(project.data.dataset), preparation_of(project.data)).dataset
    return np.ascontiguousarray(dataset.train.pictures[:count], np.float32)


@pytest.mark.parametrize("name", preset_names())
def test_outputs_of_every_preset_are_the_same(name: str, tmp_path: Path) -> None:
    import torch

    project = load_preset(name)
    weights = complete_weights(project, None)
    outline = outline_of(project, weights)
    _, net = load_pytorch(outline, tmp_path)
    network = build_network(project, outline.input_shape, outline.classes)
    for module_id, arrays in weights.items():
        for each, value in arrays.items():
            network.parameters_of(module_id)[each].value[...] = value
    pictures = pictures_of(project, 4)
    (judged,) = (each for each in outline.outputs if each.id == outline.losses[0].sources[0].id)
    with torch.no_grad():
        found = net.eval()(torch.from_numpy(pictures.copy()))
    found = found[outline.outputs.index(judged)] if isinstance(found, tuple) else found
    expected = network.forward(pictures)[judged.id]
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5 * max(1.0, np.abs(expected).max()))


def assert_goes_on(project: Project, folder: Path, steps: int = STEPS, relative: float = 1e-4) -> None:
    """Both begin with the same weights and make the same steps, each by its own loop."""
    import torch

    material = Material(load_dataset(project.data.dataset), preparation_of(project.data), project.training.seed)
    run = Run(1, project, material, lambda network, size: ReferenceProgram(network, size))
    module, net = load_pytorch(outline_of(project, run.weights()), folder)
    pictures = torch.from_numpy(np.asarray(material.pictures[: material.train_count], np.float32))
    theirs = module.train(net, pictures, torch.from_numpy(material.labels[: material.train_count]))
    size = project.training.batch_size
    for step in range(steps):
        if run.course.pass_is_done:
            run.course.finish_pass()
        stretch = run.train(size, 1, 1e9, lambda: False)
        (ours,), other = stretch.losses, next(theirs)
        assert abs(ours - other) <= relative * abs(ours) + 1e-6, (step, ours, other)
    run.close()


@pytest.mark.parametrize("name", [SMALL, "two-stage-digits", "lenet-1", "net-1989"])
def test_presets_go_on_with_the_same_losses(name: str, tmp_path: Path) -> None:
    assert_goes_on(load_preset(name), tmp_path)


def test_the_autoencoder_goes_on_with_the_same_losses(tmp_path: Path) -> None:
    """Few steps: its pictures are large, and the definition in numpy is slow."""
    assert_goes_on(load_preset("photo-autoencoder"), tmp_path, steps=3)


def with_training(project: Project, **changes: object) -> Project:
    return replace(project, training=replace(project.training, **changes))


@pytest.mark.parametrize("name", [name for name in Optimizer.registry if name != "LBFGS"])
def test_every_optimizer_goes_on(name: str, tmp_path: Path) -> None:
    rate = 0.01 if name in ("AdaGrad", "Adam", "RMSProp") else 0.05
    project = with_training(load_preset(SMALL), optimizer=name, optimizer_settings={}, rate=rate, schedule="constant")
    assert_goes_on(project, tmp_path)


@pytest.mark.parametrize("settings", [{"nesterov": True}, {"order": "Torch7"}, {"momentum": 0.0}], ids=str)
def test_every_kind_of_momentum_goes_on(settings: dict[str, object], tmp_path: Path) -> None:
    assert_goes_on(with_training(load_preset(SMALL), optimizer_settings=settings), tmp_path)


def test_lbfgs_goes_on_downhill(tmp_path: Path) -> None:
    """Its line search is not PyTorch's to the last digit: the losses are alike, not the same."""
    project = with_training(load_preset(SMALL), optimizer="LBFGS", optimizer_settings={}, rate=1.0, schedule="constant",
                            batch_size=1000)  # fmt: skip
    assert_goes_on(project, tmp_path, steps=1)


@pytest.mark.parametrize("name", list(Schedule.registry))
def test_every_schedule_goes_on(name: str, tmp_path: Path) -> None:
    """Over the end of a pass, so that what counts epochs is tried too."""
    project = with_training(load_preset(SMALL), schedule=name, batch_size=200, epochs=3, rate=0.05)
    assert_goes_on(project, tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"l2": 0.05},
        {"l1": 0.01},
        {"l1": 0.01, "l2": 0.01, "penalties_from": 1, "batch_size": 200},
        {"max_norm": 0.3},
        {"clip_norm": 0.1},
        {"l2": 0.01, "l1": 0.001, "max_norm": 1.0, "clip_norm": 0.5},
        {"shuffle": False},
    ],
    ids=str,
)
def test_what_holds_weights_back_is_written(changes: dict[str, object], tmp_path: Path) -> None:
    assert_goes_on(with_training(load_preset(SMALL), **changes), tmp_path)


@pytest.mark.parametrize("extra", [{}, {"l2": 0.02, "clip_norm": 0.1}], ids=str)
def test_frozen_modules_and_own_rates_are_written(extra: dict[str, object], tmp_path: Path) -> None:
    project = with_training(load_preset(SMALL), **extra)
    own = {"Conv2d": Learning(frozen=True), "Linear": Learning(rate=0.25)}
    modules = tuple(replace(each, learning=own.get(each.kind, each.learning)) for each in project.network.modules)
    assert_goes_on(replace(project, network=replace(project.network, modules=modules)), tmp_path)


def drawn(rows: dict[str, tuple[str, dict[str, object], list[str]]], **changes: object) -> Project:
    """``{id: (kind, settings, [sources])}`` on the small digits; ``recurrent`` wires end with ``~``."""
    modules = tuple(
        ModuleSpec(each, kind, settings, shares=str(changes.get(f"{each}_shares", "")))
        for each, (kind, settings, _) in rows.items()
    )
    links = tuple(
        Link(source.rstrip("~"), each, port, source.endswith("~"))
        for each, (_, _, sources) in rows.items()
        for port, source in enumerate(sources)
    )
    network = NetworkSpec(modules, links, int(str(changes.get("unfold", 1))))
    small = load_preset(SMALL)
    return Project("drawn", network, small.data, replace(small.training, rate=0.02), next_id=99)


GRAPHS = {
    "skip link, gate and pile": drawn(
        {
            "m1": ("Input", {}, []),
            "m2": ("Conv2d", {"out_channels": 4, "kernel_size": 3, "padding": 1}, ["m1"]),
            "m3": ("Tanh", {}, ["m2"]),
            "m4": ("Conv2d", {"out_channels": 4, "kernel_size": 3, "padding": 1}, ["m3"]),
            "m5": ("Add", {}, ["m4", "m3"]),
            "m6": ("Multiply", {}, ["m5", "m2"]),
            "m7": ("Concat", {"inputs": 3}, ["m6", "m3", "m1"]),
            "m8": ("Flatten", {}, ["m7"]),
            "m9": ("Linear", {}, ["m8"]),
            "m10": ("LogSoftmax", {}, ["m9"]),
            "m11": ("NLLLoss", {}, ["m10"]),
        }
    ),
    "several losses": drawn(
        {
            "m1": ("Input", {}, []),
            "m2": ("Flatten", {}, ["m1"]),
            "m3": ("Linear", {"out_features": 20}, ["m2"]),
            "m4": ("ReLU", {}, ["m3"]),
            "m5": ("Linear", {}, ["m4"]),
            "m6": ("CrossEntropyLoss", {}, ["m5"]),
            "m7": ("L1Penalty", {"weight": 0.01}, ["m4"]),
            "m8": ("Linear", {"out_features": 64}, ["m4"]),
            "m9": ("MSELoss", {"compared_with": "wire", "weight": 0.5}, ["m8", "m2"]),
        }
    ),
    "pairs with shared weights": drawn(
        {
            "m1": ("Input", {}, []),
            "m2": ("Input", {"picture": "partner"}, []),
            "m3": ("Conv2d", {"out_channels": 4, "kernel_size": 3}, ["m1"]),
            "m4": ("Conv2d", {"out_channels": 4, "kernel_size": 3}, ["m2"]),
            "m5": ("Flatten", {}, ["m3"]),
            "m6": ("Flatten", {}, ["m4"]),
            "m7": ("Linear", {"out_features": 2}, ["m5"]),
            "m8": ("Linear", {"out_features": 2}, ["m6"]),
            "m9": ("ContrastiveLoss", {}, ["m7", "m8"]),
        },
        m4_shares="m3",
        m8_shares="m7",
    ),
    "shared weights at another stride": drawn(
        {
            "m1": ("Input", {}, []),
            "m2": ("Conv2d", {"out_channels": 4, "kernel_size": 3}, ["m1"]),
            "m3": ("Conv2d", {"out_channels": 4, "kernel_size": 3, "stride": 2}, ["m1"]),
            "m4": ("Flatten", {}, ["m2"]),
            "m5": ("Flatten", {}, ["m3"]),
            "m6": ("Concat", {}, ["m4", "m5"]),
            "m7": ("Linear", {}, ["m6"]),
            "m8": ("CrossEntropyLoss", {}, ["m7"]),
        },
        m3_shares="m2",
    ),
    "recurrent": drawn(
        {
            "m1": ("Input", {}, []),
            "m2": ("Flatten", {}, ["m1"]),
            "m3": ("Linear", {"out_features": 12}, ["m2"]),
            "m4": ("Add", {}, ["m3", "m6~"]),
            "m5": ("Tanh", {}, ["m4"]),
            "m6": ("Linear", {"out_features": 12}, ["m5"]),
            "m7": ("Linear", {}, ["m5"]),
            "m8": ("LogSoftmax", {}, ["m7"]),
            "m9": ("NLLLoss", {}, ["m8"]),
        },
        unfold=3,
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_any_drawing_goes_on(name: str, tmp_path: Path) -> None:
    assert_goes_on(GRAPHS[name], tmp_path)


@pytest.mark.parametrize("kind", list(Loss.registry))
def test_every_loss_goes_on(kind: str, tmp_path: Path) -> None:
    if kind == "ContrastiveLoss":
        pytest.skip("it compares pairs: tried among the drawings")
    rows: dict[str, tuple[str, dict[str, object], list[str]]] = {
        "m1": ("Input", {}, []),
        "m2": ("Flatten", {}, ["m1"]),
        "m3": ("Linear", {}, ["m2"]),
        "m4": ("LogSoftmax", {}, ["m3"]),
        "m5": (kind, {"weight": 0.7}, ["m4"]),
    }
    assert_goes_on(drawn(rows), tmp_path)


def test_scores_of_one_place_reach_the_loss_as_a_list(tmp_path: Path) -> None:
    rows: dict[str, tuple[str, dict[str, object], list[str]]] = {
        "m1": ("Input", {}, []),
        "m2": ("Conv2d", {"out_channels": 10, "kernel_size": 7, "stride": 7}, ["m1"]),
        "m3": ("GlobalPool2d", {}, ["m2"]),
        "m4": ("CrossEntropyLoss", {}, ["m3"]),
    }
    assert_goes_on(drawn(rows), tmp_path)


def test_names_that_users_type_become_words_of_code(tmp_path: Path) -> None:
    project = load_preset(SMALL)
    names = ["class", "train", "x", 'a "quoted" name', "C1", "C1", "überall", "7 up"]
    modules = tuple(replace(each, name=name) for each, name in zip(project.network.modules, names, strict=True))
    project = replace(project, name='it\'s """odd"""\\', network=replace(project.network, modules=modules))
    assert_goes_on(project, tmp_path, steps=2)


def test_a_network_that_is_not_whole_is_refused_in_one_sentence() -> None:
    rows: dict[str, tuple[str, dict[str, object], list[str]]] = {
        "m1": ("Input", {}, []),
        "m2": ("Linear", {}, ["m1"]),
    }
    with pytest.raises(
        ExportError, match=r"^drawn can't be written as PyTorch code: Linear \(m2\) can't compute: .*\.$"
    ):
        export(drawn(rows), "pytorch")


def test_what_is_left_out_of_a_drawing_stands_in_the_code_as_a_comment() -> None:
    rows: dict[str, tuple[str, dict[str, object], list[str]]] = {
        "m1": ("Input", {}, []),
        "m2": ("Tanh", {}, ["m1"]),
        "m3": ("Linear", {}, ["m2"]),
    }
    written = Form.registry["pytorch"]().write(outline_of(drawn(rows)))
    assert any(line.startswith("# Linear (m3) can't compute") for line in str(written.content).splitlines())
    owners = dict(zip(str(written.content).splitlines(), written.owners, strict=False))
    assert owners["        self.tanh1 = nn.Tanh()"] == "m2"


def test_dropout_and_changed_pictures_are_told() -> None:
    project = load_preset("photo-objects")
    notes = export(project, "pytorch").notes
    assert any("shift, flip" in each for each in notes)


def test_the_course_of_the_loop_is_that_of_the_program() -> None:
    """The words of the exported loop stand for what `Course` does: the first order, seed and pass."""
    project = load_preset(SMALL)
    course = Course(100, project.training)
    np.testing.assert_array_equal(course.order, np.random.default_rng([project.training.seed, 0]).permutation(100))
    assert isinstance(project.training, TrainingSpec)
