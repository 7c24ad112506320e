"""Presets: each is a whole project without problems, of the size its lesson states, and it learns."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from convnet_studio.engine.data.dataset import Dataset, DatasetFile, Split, epoch_order, load_dataset
from convnet_studio.engine.data.preparation import prepare
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.replicate import replicate
from convnet_studio.engine.program import CompiledProgram, compile_set
from convnet_studio.engine.project import edits, presets
from convnet_studio.engine.project.build import build_network, build_optimizer
from convnet_studio.engine.project.data_settings import preparation_of
from convnet_studio.engine.project.invariants import check_invariants
from convnet_studio.engine.project.json_format import project_to_text
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.validate import problems

PARAMETERS = {
    "two-stage-digits": 5_994,
    "tiny-digits": 810,
    "one-one-one": 2,
    "two-one": 9,
    "three-two": 8,
    "diamond": 5,
    "tied": 15,
}
"""Of those that no paper has counted (tests/test_published_counts.py)."""
TUTORIAL = ("lenet-1", "net-1989", "lenet-5", "lenet-7", "caltech-83", "two-layer", "torch7-three-stage")
STEPS, MOST_SAMPLES = 25, 8
CARD_WIDTH, CARD_HEIGHT = 64, 150  # of the smallest; how large each is drawn, the canvas knows


def data_of(project: Project) -> Dataset:
    return load_dataset(project.data.dataset)


@pytest.mark.parametrize("name", presets.preset_names())
def test_preset_is_whole(name: str) -> None:
    project = presets.load_preset(name)
    data = data_of(project)
    check_invariants(project)
    assert project.name == name
    assert 0 < len(project.description) <= 100
    assert problems(project, data.input_shape, data.classes) == ()


@pytest.mark.parametrize("name", presets.preset_names())
def test_preset_is_written_as_the_program_writes(name: str) -> None:
    text = (files(presets.__name__) / f"{name}.json").read_text(encoding="utf-8")
    assert text == project_to_text(presets.load_preset(name))


@pytest.mark.parametrize("name", presets.preset_names())
def test_cards_of_a_preset_do_not_overlap(name: str) -> None:
    places = [each.position for each in presets.load_preset(name).network.modules]
    for i, (x, y) in enumerate(places):
        for other_x, other_y in places[:i]:
            assert abs(x - other_x) >= CARD_WIDTH or abs(y - other_y) >= CARD_HEIGHT


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_preset_has_the_parameters_it_is_known_for(name: str, parameters: int) -> None:
    project = presets.load_preset(name)
    data = data_of(project)
    assert build_network(project, data.input_shape, data.classes).parameters.size == parameters


def test_the_required_presets_are_there_and_others_are_not() -> None:
    assert {*PARAMETERS, *TUTORIAL} <= set(presets.preset_names())
    with pytest.raises(KeyError, match=r"no preset named 'alexnet'; there are .*lenet-5.*two-stage-digits"):
        presets.load_preset("alexnet")
    with pytest.raises(KeyError, match="no preset"):
        presets.load_preset("../file")


def test_every_data_set_has_a_preset() -> None:
    assert {presets.load_preset(name).data.dataset for name in presets.preset_names()} == set(DatasetFile.registry)


@pytest.mark.parametrize("name", presets.preset_names())
def test_the_loss_of_a_batch_falls_as_the_preset_learns_from_it(name: str) -> None:
    """With the preset's own pictures, optimizer, batch and rate, compiled."""
    compile_set()
    project = presets.load_preset(name)
    raw, training = data_of(project), project.training
    first = epoch_order(len(raw.train), training.seed, 0, training.shuffle)[: min(training.batch_size, MOST_SAMPLES)]
    split = Split(np.ascontiguousarray(raw.train.images[first]), raw.train.labels[first])
    data = prepare(replace(raw, train=split, test=split), preparation_of(project.data)).dataset
    network = build_network(project, raw.input_shape, raw.classes)
    initialize(network, training.seed)
    optimizer, samples = build_optimizer(training), np.arange(len(first))
    optimizer.rate = training.rate
    program = CompiledProgram(network, len(first))
    try:
        program.set_data(data.train.pictures, data.train.labels)
        losses = [program.step(samples, optimizer).loss for _ in range(STEPS)]
    finally:
        program.close()
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.8 * losses[0]


def test_lenet_7_on_a_larger_picture_is_nine_windows_to_the_last_bit() -> None:
    compile_set()
    small = build_network(presets.load_preset("lenet-7"), (2, 96, 96), 5)
    initialize(small, seed=1)
    (scores,) = small.losses[0].sources
    picture = np.random.default_rng(0).standard_normal((1, 2, 120, 120)).astype(np.float32)
    windows = [picture[..., y : y + 96, x : x + 96] for y in (0, 12, 24) for x in (0, 12, 24)]
    whole, parts = CompiledProgram(replicate(small, (2, 120, 120)), 1), CompiledProgram(small, 9)
    try:
        whole.forward(picture)
        parts.forward(np.concatenate(windows))
        found = whole.output(scores)
        assert found.shape == (1, 5, 3, 3)
        np.testing.assert_array_equal(found[0].reshape(5, 9).T, parts.output(scores).reshape(9, 5))
    finally:
        whole.close()
        parts.close()


def train(project: Project, epochs: int, rate: float) -> tuple[Network, Dataset]:
    """Train with the numpy reference at a constant rate."""
    data = data_of(project)
    network = build_network(project, data.input_shape, data.classes)
    initialize(network, project.training.seed)
    optimizer = build_optimizer(project.training)
    optimizer.rate = rate
    for epoch in range(epochs):
        order = epoch_order(len(data.train), project.training.seed, epoch, True)
        for start in range(0, len(order), project.training.batch_size):
            chosen = order[start : start + project.training.batch_size]
            network.forward(data.train.pictures[chosen])
            network.loss(data.train.labels[chosen])
            network.gradients[:] = 0
            network.backward()
            optimizer.update(network.parameters, network.gradients)
    return network, data


@pytest.mark.parametrize("factor", [1, 2])
def test_tiny_digits_learns_with_a_factor_of_two_to_spare(factor: int) -> None:
    project = presets.load_preset("tiny-digits")
    network, data = train(project, epochs=5, rate=factor * project.training.rate)
    network.forward(data.test.pictures)
    assert network.errors(data.test.labels) / len(data.test) < 0.06


def test_new_project_is_an_input_alone() -> None:
    project = presets.new_project()
    check_invariants(project)
    assert [each.kind for each in project.network.modules] == ["Input"]
    assert project.data.dataset == "mnist_10k"
    after, new_id = edits.insert_module(project, "Flatten", (0, 0))
    assert new_id not in project.network
    assert edits.can_connect(after, "m1", new_id) is None


def test_a_network_takes_the_type_of_its_numbers(chain: Project) -> None:
    assert build_network(chain, (1, 4, 4), 10, np.float64).parameters.dtype == np.float64
    assert build_network(chain, (1, 4, 4), 10).parameters.dtype == np.float32
