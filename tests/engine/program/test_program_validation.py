"""What can't be run is refused in one sentence before anything compiled sees it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from small_networks import CLASSIFIER, EXAMPLES, LENET, chain, data, sgd

from convnet_studio.engine.kernels.fields import Buffer, Span
from convnet_studio.engine.nn.chunks import chunk_size, power_of_two
from convnet_studio.engine.program import CompiledProgram, Program, ReferenceProgram
from convnet_studio.engine.program.build import build
from convnet_studio.engine.program.builder import Feed

BOTH = pytest.mark.parametrize("kind", [CompiledProgram, ReferenceProgram])
Maker = Callable[..., Program]


def ready(kind: Maker) -> Program:
    program = kind(chain(CLASSIFIER, (2, 5, 5), 4), 8)
    program.set_data(*data(program.network))
    return program


@BOTH
@pytest.mark.parametrize("wrong", [[EXAMPLES], [-1], [0, 1 << 40]])
def test_an_index_outside_the_data(kind: Maker, wrong: list[int]) -> None:
    program = ready(kind)
    before = program.network.parameters.copy()
    for act in (program.gradient, program.evaluate, lambda each: program.step(each, sgd())):
        with pytest.raises(ValueError, match="no example"):
            act(wrong)
    np.testing.assert_array_equal(program.network.parameters, before)
    assert program.step([0], sgd()).count == 1


@BOTH
def test_too_many_and_none(kind: Maker) -> None:
    program = ready(kind)
    with pytest.raises(ValueError, match="1 to 8"):
        program.step(range(9), sgd())
    with pytest.raises(ValueError, match="1 to 8"):
        program.step([], sgd())
    with pytest.raises(ValueError, match="least one"):
        program.evaluate([])


@BOTH
def test_data_that_do_not_fit(kind: Maker) -> None:
    program = kind(chain(CLASSIFIER, (2, 5, 5), 4), 8)
    images, labels = data(program.network)
    with pytest.raises(ValueError, match="5, 4"):
        program.set_data(images[..., :4], labels)
    with pytest.raises(ValueError, match="one label each"):
        program.set_data(images, labels[:-1])
    with pytest.raises(ValueError, match="0 to 3"):
        program.set_data(images, labels + 1)
    with pytest.raises(ValueError, match="5, 4"):
        program.forward(images[:2, :, :, :4])
    with pytest.raises(ValueError, match="1 to 8"):
        program.forward(images[:9])


def test_a_step_without_data() -> None:
    with pytest.raises(ValueError, match="set_data"):
        CompiledProgram(chain(CLASSIFIER, (2, 5, 5), 4), 8).step([0], sgd())


@BOTH
def test_nothing_to_read(kind: Maker) -> None:
    program = ready(kind)
    with pytest.raises(ValueError, match="nothing to read"):
        program.output("1 Flatten")
    program.forward(data(program.network)[0][:2])
    assert program.output("1 Flatten").shape == (2, 50)
    for wrong in ("nobody", "4 NLLLoss"):
        with pytest.raises(ValueError, match=wrong):
            program.output(wrong)
    with pytest.raises(ValueError, match="gradient"):
        program.output_gradient("1 Flatten")


def test_arguments_out_of_range() -> None:
    network = chain(CLASSIFIER, (2, 5, 5), 4)
    with pytest.raises(ValueError, match="0 samples"):
        CompiledProgram(network, 0)
    with pytest.raises(ValueError, match="threads"):
        CompiledProgram(network, 1, threads=3)
    with pytest.raises(ValueError, match="float64"):
        CompiledProgram(chain(CLASSIFIER, (2, 5, 5), 4, np.float64), 1)


def test_a_velocity_of_another_network() -> None:
    optimizer = sgd()
    optimizer.state["velocity"] = np.zeros(3, np.float32)
    with pytest.raises(ValueError, match="velocity"):
        ready(CompiledProgram).step([0], optimizer)


def test_a_broken_row_names_module_and_field() -> None:
    network = chain(LENET, (1, 28, 28))
    listing = build(network, Feed(4), 4, whole=False)
    index = next(i for i, each in enumerate(listing.operations) if each.leaf.name == "conv_forward")
    listing.operations[index].values["y"] = Buffer(100, "y", offset=1 << 40)
    with pytest.raises(ValueError, match=r"1 Conv2d, conv_forward: The field y"):
        listing.pack(index)
    index = next(i for i, each in enumerate(listing.operations) if each.leaf.name == "collect")
    listing.operations[index].values["target"] = Span(network.parameters.size, 1)
    with pytest.raises(ValueError, match="target"):
        listing.pack(index)


def test_float64_is_served_by_numpy() -> None:
    program = ReferenceProgram(chain(LENET, (1, 28, 28), dtype=np.float64), 4)
    program.set_data(*data(program.network))
    assert np.isfinite(program.step(range(4), sgd()).loss)
    assert program.network.parameters.dtype == np.float64


@pytest.mark.parametrize(("batch", "chunk"), [(1, 1), (2, 1), (16, 8), (32, 16), (128, 16)])
def test_both_slots_get_about_as_many(batch: int, chunk: int) -> None:
    assert chunk_size(batch) == chunk


@pytest.mark.parametrize(("count", "power"), [(1, 1), (2, 2), (3, 4), (17, 32)])
def test_powers_of_two(count: int, power: int) -> None:
    assert power_of_two(count) == power
