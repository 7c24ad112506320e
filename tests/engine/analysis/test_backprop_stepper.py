"""The stepper: there and back, edits and what they make stale, wires that part, losses that add, Jacobians."""

from __future__ import annotations

import math

import numpy as np
import pytest

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401 - fill the registries
from convnet_studio.engine.analysis.backprop_check import check
from convnet_studio.engine.analysis.backprop_inquiry import WeightsOfNow, WholeWay
from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Grain, Kind, Position, Slot, Walk
from convnet_studio.engine.nn.graph import Link
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, SettingValue, Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.control import Ask, Control, StepBatch, Stop
from convnet_studio.engine.training.events import Stepped
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.engine.training.trainer import Trainer


def made(kind: str, **settings: SettingValue) -> Module | Loss:
    found: type[Module] | type[Loss] = Module.registry[kind] if kind in Module.registry else Loss.registry[kind]
    return found(**settings)


def network_of(
    modules: dict[str, Module | Loss], links: list[Link], shape: Shape, shares: dict[str, str] | None = None
) -> Network:
    network = Network(modules, links, shape, 3, np.float64, shares=shares or {})
    initialize(network, 4)
    return network


def out(module: str) -> Slot:
    return Slot(Kind.OUT, module)


def grad_out(module: str) -> Slot:
    return Slot(Kind.GRAD_OUT, module)


def one_one_one() -> Stepper:
    """tanh(w1 tanh(w0 x)) against the input itself, as in the slides: x = t = ½."""
    modules = {
        "x": made("Input"),
        "s0": made("Linear", out_features=1),
        "h": made("Tanh"),
        "s1": made("Linear", out_features=1),
        "y": made("Tanh"),
        "E": made("EuclideanLoss", compared_with="wire"),
    }
    links = [("x", "s0", 0), ("s0", "h", 0), ("h", "s1", 0), ("s1", "y", 0), ("y", "E", 0), ("x", "E", 1)]
    network = network_of(modules, links, (1,))
    network.parameters[:] = [math.log(3), 0, math.log(3), 0]
    return Stepper(network, np.array([0.5]), 0)


def branched() -> Stepper:
    """A filter bank that feeds two branches, which meet; two losses, one of them on the way; shared weights."""
    modules = {
        "x": made("Input"),
        "conv": made("Conv2d", out_channels=2, kernel_size=3),
        "tanh": made("Tanh"),
        "twin": made("Sigmoid"),
        "sum": made("Add"),
        "flat": made("Flatten"),
        "one": made("Linear", out_features=8),
        "two": made("Linear", out_features=8),
        "three": made("Linear", out_features=3),
        "penalty": made("L1Penalty", weight=0.25),
        "loss": made("CrossEntropyLoss", weight=2.0),
    }
    pairs = ["x conv", "conv tanh", "conv twin", "tanh sum", "flat one", "one two", "two three", "three loss"]
    links = [(*each.split(), 0) for each in [*pairs, "sum flat", "tanh penalty"]] + [("twin", "sum", 1)]
    network = network_of(modules, links, (1, 4, 4), {"two": "one"})
    picture = np.random.default_rng(2).uniform(0.1, 1, (1, 4, 4))
    return Stepper(network, picture, 1)


def end(stepper: Stepper) -> Walk:
    return stepper.go_to(stepper.start(), len(stepper.moves))


def test_the_1_1_1_net_has_the_gradient_of_the_closed_form() -> None:
    """Curriculum 2.7: at w0 = w1 = ln 3 the loss is 0; at (1, 1) e w1 (1-h²)/2 and e h."""
    stepper = one_one_one()
    assert stepper.total(end(stepper)) == pytest.approx(0.0, abs=1e-30)
    stepper.network.parameters[:] = [1, 0, 1, 0]
    walk = end(stepper)
    h = math.tanh(0.5)
    y = math.tanh(h)
    e = -(0.5 - y) * (1 - y**2)
    assert walk.values[Slot(Kind.GRAD_PARAMETER, "s0", "weight")] == pytest.approx(e * (1 - h**2) / 2)
    assert walk.values[Slot(Kind.GRAD_PARAMETER, "s1", "weight")] == pytest.approx(e * h)
    assert stepper.total(walk) == pytest.approx((0.5 - y) ** 2 / 2)


@pytest.mark.parametrize("grain", list(Grain))
def test_there_and_back_is_where_it_was(grain: Grain) -> None:
    """At every position, and every number; the steps of a grain are as many on the way back."""
    stepper = branched()
    walks = [stepper.start()]
    while stepper.next_move(walks[-1]) is not None:
        walks.append(stepper.advance(walks[-1], grain))
    assert stepper.advance(walks[-1], grain) is walks[-1]
    walk = walks[-1]
    for before in reversed(walks[:-1]):
        walk = stepper.back(walk, grain)
        assert walk.position == before.position
        assert set(walk.values) == set(before.values)
        assert all(np.array_equal(walk.values[slot], each) for slot, each in before.values.items())
    assert stepper.back(walk, grain).position == Position()


def test_units_come_one_by_one() -> None:
    stepper = branched()
    walk = stepper.start()
    assert stepper.known(walk, out("conv")) == 0
    with pytest.raises(ValueError, match="not computed yet"):
        stepper.edit(walk, out("conv"), 0, 1.0)
    for count in range(1, 8):
        walk = stepper.advance(walk, Grain.UNIT)
        assert stepper.known(walk, out("conv")) == count
    walk = stepper.advance(walk, Grain.UNIT)
    assert walk.position == Position(1)
    assert stepper.known(walk, grad_out("loss")) == 0
    walk = stepper.go_to(walk, stepper.turn)
    assert stepper.known(walk, grad_out("loss")) == 1
    assert stepper.known(walk, grad_out("three")) == 0


def test_products_of_a_unit_come_one_by_one() -> None:
    stepper = branched()
    walk = stepper.start()
    for count in range(1, 9):  # nine products of a 3x3 filter
        walk = stepper.advance(walk, Grain.PRODUCT)
        assert walk.position == Position(0, 0, count)
    told = stepper.arithmetic(walk, out("conv"), 0)
    assert len(told.terms) == stepper.products_at(walk) == 9
    weight = walk.values[Slot(Kind.PARAMETER, "conv", "weight")][0, 0]
    expected = (weight * walk.values[out("x")][0, :3, :3]).ravel()
    assert [each.product for each in told.terms] == pytest.approx(list(expected))
    assert told.constant == pytest.approx(float(walk.values[Slot(Kind.PARAMETER, "conv", "bias")][0]))
    assert stepper.advance(walk, Grain.PRODUCT).position == Position(0, 1)


def test_gradients_of_wires_that_part_add_up() -> None:
    stepper = branched()
    walk = end(stepper)
    parts = stepper.parts(grad_out("tanh"))
    assert {each.module for each in parts} == {"sum", "penalty"}
    np.testing.assert_array_equal(walk.values[grad_out("tanh")], sum(walk.values[each] for each in parts))
    told = stepper.arithmetic(walk, grad_out("tanh"), 3)
    assert told.partial_sum(2) == pytest.approx(walk.values[grad_out("tanh")].reshape(-1)[3])


def test_shared_weights_get_the_sum_of_what_all_uses_send() -> None:
    stepper = branched()
    walk = end(stepper)
    parts = stepper.parts(Slot(Kind.GRAD_PARAMETER, "one", "weight"))
    assert {each.module for each in parts} == {"one", "two"}
    stepper.network.forward(walk.values[out("x")][None])
    stepper.network.loss(np.array([1]))
    stepper.network.gradients[:] = 0
    stepper.network.backward()
    expected = stepper.network.parameters_of("one")["weight"].grad
    np.testing.assert_allclose(sum(walk.values[each] for each in parts), expected, rtol=1e-12)


def test_every_gradient_is_the_slope() -> None:
    stepper = branched()
    walk = end(stepper)
    for slot, values in walk.values.items():
        if slot.kind.is_gradient:
            for index in range(values.size):
                assert check(stepper, walk, slot, index).relative_error < 1e-6, slot


def test_a_wrong_gradient_is_found() -> None:
    stepper = branched()
    walk = end(stepper)
    slot = Slot(Kind.GRAD_PARAMETER, "conv", "weight")
    wrong = stepper.edit(walk, slot, 2, float(walk.values[slot].reshape(-1)[2]) * 1.01 + 1e-3)
    found = check(stepper, wrong, slot, 2)
    assert not found.agrees
    assert not found.is_at_kink


def test_corners_on_both_sides_within_the_step_are_seen() -> None:
    """Flat at 0, but not 5e-7 away: steps of 1e-5 find nearly the slope of outside, the same on both sides."""
    modules = {
        "x": made("Input"),
        "f": made("Formula", expression="max(x - 0.0000005, 0) + min(x + 0.0000005, 0)"),
        "s": made("Linear", out_features=1),
        "E": made("EuclideanLoss", compared_with="wire"),
    }
    network = network_of(modules, [("x", "f", 0), ("f", "s", 0), ("s", "E", 0), ("x", "E", 1)], (1,))
    network.parameters[:] = [1, 1]
    stepper = Stepper(network, np.array([0.0]), 0)
    walk, slot = end(stepper), Slot(Kind.GRAD_IN, "f", 0)
    assert walk.values[slot] == 0
    found = check(stepper, walk, slot, 0)
    assert found.measured == pytest.approx(0.95, rel=1e-3)
    assert not found.agrees
    assert found.is_at_kink
    smooth = Slot(Kind.GRAD_IN, "s", 0)
    wrong = check(stepper, stepper.edit(walk, smooth, 0, 1.001), smooth, 0)
    assert not wrong.agrees
    assert not wrong.is_at_kink


def test_a_slope_too_small_to_be_measured_is_called_so() -> None:
    """At a loss of 1e9, a gradient of 1e-6 drowns in the loss's last digit."""
    stepper = one_one_one()
    walk = stepper.refresh(stepper.edit(end(stepper), Slot(Kind.OUT, "E"), 0, 1e9))
    walk = stepper.refresh(stepper.edit(walk, Slot(Kind.PARAMETER, "s1", "weight"), 0, 12.0))
    walk = stepper.edit(walk, Slot(Kind.OUT, "E"), 0, 1e9)
    found = check(stepper, walk, Slot(Kind.GRAD_PARAMETER, "s0", "weight"), 0)
    assert found.agrees
    assert found.is_rounding


EDITS = [
    (Slot(Kind.PARAMETER, "three", "weight"), "forward of three", "conv tanh twin sum flat one two"),
    (out("tanh"), "tanh on", "conv twin"),
    (grad_out("flat"), "gradient on", "conv tanh twin sum flat one two three loss penalty"),
    (Slot(Kind.GRAD_IN, "sum", 1), "one branch", "conv tanh twin sum flat one two three loss penalty"),
]


@pytest.mark.parametrize(("slot", "_what", "upstream"), EDITS)
def test_an_edit_recomputes_what_depends_on_it_and_nothing_else(slot: Slot, _what: str, upstream: str) -> None:
    stepper = branched()
    walk = end(stepper)
    edited = stepper.edit(walk, slot, 1, 0.8)
    assert edited.stale
    assert slot not in edited.stale
    assert not edited.stale.keys() & {out(each) for each in upstream.split()}
    fresh = stepper.refresh(edited)
    assert not fresh.stale
    assert fresh.values[slot].reshape(-1)[1] == 0.8
    for each, values in walk.values.items():
        if each not in edited.stale and each != slot:
            assert fresh.values[each] is values
    for each, where in edited.stale.items():
        np.testing.assert_array_equal(fresh.values[each] != edited.values[each], where)


def test_exactly_the_numbers_are_stale_that_depend_on_the_edited_one() -> None:
    """A convolution of 2×2 and a tanh: one pixel reaches the outputs whose window has it, and those alone."""
    stepper = branched()
    walk = end(stepper)
    index = walk.values[out("tanh")].size - 1
    edited = stepper.edit(walk, out("tanh"), index, 0.8)
    expected = np.zeros(walk.values[out("sum")].size, bool)
    expected[index] = True
    assert edited.stale[out("sum")].reshape(-1).tolist() == expected.tolist()
    weight = Slot(Kind.PARAMETER, "conv", "weight")
    moved = stepper.edit(walk, weight, 0, 2.0)
    channels = moved.stale[out("conv")].reshape(len(walk.values[weight]), -1)
    assert channels[0].all()
    assert not channels[1:].any()
    assert moved.stale_count(out("conv")) == channels[0].size
    assert moved.is_stale(out("conv"), 0)
    assert not moved.is_stale(out("conv"), channels.size - 1)


def test_another_edit_stays_where_it_does_not_depend_on_the_new_one() -> None:
    stepper = branched()
    whole, last = end(stepper), stepper.size(out("conv")) - 1
    walk = stepper.edit(whole, out("conv"), last, 0.25)
    walk = stepper.refresh(stepper.edit(walk, Slot(Kind.PARAMETER, "conv", "weight"), 0, 2.0))
    assert not walk.stale
    assert walk.values[out("conv")].reshape(-1)[last] == 0.25
    assert walk.edited[out("conv")] == {last}
    plain = stepper.edit(whole, Slot(Kind.PARAMETER, "conv", "weight"), 0, 2.0)
    np.testing.assert_array_equal(
        walk.values[out("conv")].reshape(-1)[:last], plain.fresh[out("conv")].reshape(-1)[:last]
    )


def test_what_was_stale_is_forgotten_where_the_walk_goes_back() -> None:
    stepper = branched()
    edited = stepper.edit(end(stepper), Slot(Kind.PARAMETER, "three", "weight"), 0, 2.0)
    assert edited.stale
    back = stepper.back(edited, Grain.MODULE)
    assert back.stale.keys() == back.fresh.keys() == edited.stale.keys() & back.values.keys()
    assert not stepper.go_to(edited, 0).stale


def test_an_edit_of_a_gradient_stays_where_the_way_goes_on() -> None:
    """Only numbers that were computed are stale; those of later moves are computed from the edit."""
    stepper = branched()
    walk = stepper.go_to(stepper.start(), stepper.turn + 2)
    edited = stepper.edit(walk, grad_out("two"), 0, 5.0)
    assert not edited.stale
    on = stepper.advance(edited, Grain.MODULE)
    weight = walk.values[Slot(Kind.PARAMETER, "one", "weight")]
    assert on.values[Slot(Kind.GRAD_IN, "two", 0)] == pytest.approx(edited.values[grad_out("two")] @ weight)


def test_slopes_are_measured_with_edits_in_place() -> None:
    stepper = branched()
    walk = stepper.refresh(stepper.edit(end(stepper), out("sum"), 2, 0.9))
    for slot in (Slot(Kind.GRAD_PARAMETER, "conv", "weight"), grad_out("conv"), grad_out("sum")):
        assert all(check(stepper, walk, slot, index).relative_error < 1e-6 for index in range(4))


def test_an_edit_of_the_weights_is_undone_by_the_walk_before() -> None:
    stepper = branched()
    walk = end(stepper)
    stepper.refresh(stepper.edit(walk, Slot(Kind.PARAMETER, "conv", "weight"), 0, 3.0))
    again = stepper.go_to(stepper.go_to(walk, 0), len(stepper.moves))
    assert all(np.array_equal(again.values[slot], each) for slot, each in walk.values.items())


@pytest.mark.parametrize("module", ["conv", "tanh", "three"])
def test_the_jacobian_is_that_of_differences(module: str) -> None:
    stepper = branched()
    here = stepper.slopes(end(stepper).values, module)
    jacobian = here.jacobian(0)
    (x,) = here.inputs
    assert jacobian.shape == (here.output().size, x.size)
    for index in range(x.size):
        moved = np.zeros(x.size)
        moved[index] = 1e-5
        moved = moved.reshape(x.shape)
        slopes = (here.output(x + moved) - here.output(x - moved)) / 2e-5
        np.testing.assert_allclose(jacobian[:, index], slopes.ravel(), atol=1e-9)


def test_modules_that_are_weighted_sums_are_known_as_such() -> None:
    stepper = branched()
    values = end(stepper).values
    affine = {
        each for each in stepper.nodes if stepper.nodes[each].sources and stepper.slopes(values, each).is_affine(None)
    }
    assert affine == {"conv", "sum", "flat", "one", "two", "three"}


def test_without_a_label_there_is_no_way_back_from_a_loss_that_needs_one() -> None:
    whole = branched()
    stepper = Stepper(whole.network, whole.start().values[out("x")], -1)
    assert stepper.losses == ("penalty",)
    assert stepper.known(end(stepper), grad_out("flat")) == 0
    assert stepper.known(end(stepper), grad_out("tanh")) == 8


def test_the_worker_hands_out_a_stepper_of_its_own() -> None:
    control, answers = Control(), list[Answer]()
    control.put(Ask({"backprop": WeightsOfNow(1)}))
    control.put(StepBatch())
    for event in Trainer(compiled=False).run(load_preset("tiny-digits"), control):
        answers += control.answers.take().values()
        if isinstance(event, Stepped):
            control.put(Stop() if any(each.is_final for each in answers) else StepBatch())
    way = answers[-1].value
    assert isinstance(way, WholeWay)
    assert way.stepper.network.parameters.dtype == np.float64
    assert way.stepper.next_move(way.walk) is None
    assert way.stepper.total(way.walk) == pytest.approx(2.3, abs=1.0)
