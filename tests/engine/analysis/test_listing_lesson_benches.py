"""The benches of the lesson on the Torch7 listing: against the preset, PyTorch, closed forms, and a copy of sgd.lua."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from moments import moment_of

import convnet_studio.engine.analysis.benches.round_trip as trip
from convnet_studio.engine.analysis.bench_pictures import Bars, Code, Curves, Rows
from convnet_studio.engine.analysis.benches.listing import LISTING, ListingBench
from convnet_studio.engine.analysis.benches.momentum_steps import MOST, PYTORCH, TORCH7, MomentumSteps
from convnet_studio.engine.analysis.benches.round_trip import RoundTrip
from convnet_studio.engine.analysis.benches.training_closure import (
    BATCH,
    CORRECTED,
    SLIDE,
    STEPS,
    TrainingClosure,
    batch,
    small_network,
)
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.inquiry import Moment

MOMENT: Moment = None  # type: ignore[assignment]  # these benches look at no run
TANH = LISTING.index("model:add(nn.Tanh())") + 1
ZEROED, LAST_SAMPLE, DIVIDED = 5, 6 + 5 * BATCH, 7 + 5 * BATCH


@cache
def digits() -> Moment:
    return moment_of("tiny-digits")


def code_of(bench: TrainingClosure | ListingBench | RoundTrip, moment: Moment = MOMENT) -> Code:
    *_, pictures = bench.pictures(moment)
    return next(each for each in pictures if isinstance(each, Code))


# ---------------------------------------------------------------- the listing


def test_the_whole_listing_is_the_preset() -> None:
    values = code_of(ListingBench(len(LISTING))).values or {}
    told = [each.split()[0].strip(",") for value in values.values() for each in value.split(", then ")]
    assert told == [each.kind for each in load_preset("two-layer").network.modules]
    reshape = LISTING.index("model:add(nn.Reshape(ninputs))")
    assert values[reshape] == "Input 3 × 32 × 32, then Flatten 3072"
    assert values[reshape + 1] == "Linear 1500, 4,609,500 parameters"


def test_only_lines_that_were_read_have_added_a_module() -> None:
    assert not code_of(ListingBench(TANH - 3)).values
    assert list(code_of(ListingBench(TANH)).values or {}) == [TANH - 3, TANH - 2, TANH - 1]


def test_parameters_are_products_of_the_sizes() -> None:
    first, second = 3 * 32 * 32 * 1500 + 1500, 1500 * 10 + 10
    assert ListingBench(TANH - 1).parameters() == first
    assert ListingBench(TANH).parameters() == first
    assert ListingBench(TANH + 1).parameters() == ListingBench(len(LISTING)).parameters() == first + second


def test_each_line_of_the_model_adds_a_module() -> None:
    counts = [ListingBench(line).modules() for line in range(len(LISTING) + 1)]
    assert counts == [*[0] * 6, 2, 3, 4, 5, 6, 6, 7]
    assert [ListingBench(line).behind_tanh() for line in (0, TANH, TANH + 1)] == [0, 0, 1]


# ---------------------------------------------------------------- the closure


def twin_in_torch() -> torch.nn.Sequential:
    ours = small_network()
    model = torch.nn.Sequential(
        torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3), torch.nn.LogSoftmax(dim=1)
    ).double()
    for name, layer in (("hidden", model[0]), ("scores", model[2])):
        for key, value in ours.parameters_of(name).items():
            getattr(layer, key).data = torch.tensor(value.value.copy())
    return model


def flat(model: torch.nn.Sequential, what: str) -> torch.Tensor:
    arrays = [each.grad if what == "grad" else each.data for each in model.parameters()]
    return torch.cat([each.reshape(-1) for each in arrays if each is not None])


def test_the_closure_is_what_autograd_and_a_copy_of_sgd_lua_bring_about() -> None:
    model = twin_in_torch()
    criterion = torch.nn.NLLLoss()
    inputs, targets = batch(0)
    criterion(model(torch.tensor(inputs)), torch.tensor(targets)).backward()
    velocity = flat(model, "grad").clone()
    assert TrainingClosure().gradient_norm() == pytest.approx(velocity.norm().item(), rel=1e-9)
    torch.nn.utils.vector_to_parameters(flat(model, "data") - 0.1 * velocity, model.parameters())
    assert TrainingClosure().parameter_norm() == pytest.approx(flat(model, "data").norm().item(), rel=1e-9)

    model.zero_grad()
    assert TrainingClosure(ZEROED).gradient_norm() == 0
    total, inputs, targets = 0.0, *batch(1)
    for sample in range(BATCH):
        loss = criterion(model(torch.tensor(inputs[sample : sample + 1])), torch.tensor(targets[sample : sample + 1]))
        loss.backward()
        total += loss.item()
        after = TrainingClosure(ZEROED + 1 + 5 * (sample + 1))
        assert after.gradient_norm() == pytest.approx(flat(model, "grad").norm().item(), rel=1e-9)
        assert after.f() == pytest.approx(total, rel=1e-9)
    mean = flat(model, "grad") / BATCH
    assert TrainingClosure(DIVIDED).gradient_norm() == pytest.approx(mean.norm().item(), rel=1e-9)
    assert TrainingClosure(STEPS).f() == pytest.approx(total / BATCH, rel=1e-9)
    velocity = 0.9 * velocity + 0.1 * mean
    torch.nn.utils.vector_to_parameters(flat(model, "data") - 0.1 * velocity, model.parameters())
    assert TrainingClosure(STEPS).parameter_norm() == pytest.approx(flat(model, "data").norm().item(), rel=1e-9)


def test_the_gradient_grows_from_sample_to_sample() -> None:
    sizes = [TrainingClosure(ZEROED + 1 + 5 * sample).gradient_norm() for sample in range(BATCH + 1)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 0 < TrainingClosure().gradient_norm()


def test_lines_are_carried_out_in_the_order_of_the_program() -> None:
    lines = [TrainingClosure(step).line() for step in range(STEPS + 1)]
    assert lines == [0, 2, 3, 18, 4, 5, 6, *[8, 9, 10, 11, 12] * BATCH, 14, 15, 16, 18]
    assert code_of(TrainingClosure(ZEROED)).lines[4].strip() == "gradParameters:zero()"
    assert code_of(TrainingClosure(ZEROED)).current == 4


def test_the_slide_stops_where_it_first_needs_targets() -> None:
    assert TrainingClosure(version=CORRECTED).stops_at() == 0
    assert TrainingClosure(version=SLIDE).stops_at() == 9
    at_the_end = TrainingClosure(STEPS, SLIDE)
    code = code_of(at_the_end)
    assert at_the_end.stopped() == 1
    assert TrainingClosure(STEPS - 1, CORRECTED).stopped() == 0
    assert "targets" in code.lines[code.current]
    assert not any("targets" in line for line in code.lines[: code.current])
    assert "error" in (code.values or {})[code.current]


def test_bars_tell_what_is_still_to_come() -> None:
    *_, pictures = TrainingClosure(LAST_SAMPLE - 5).pictures(MOMENT)
    bars = next(each for each in pictures if isinstance(each, Bars))
    assert bars.texts.count("to come") == 1
    assert bars.values[f"after sample {BATCH - 1}"] == bars.values["now"]


# ---------------------------------------------------------------- momentum


def test_velocities_under_a_constant_gradient() -> None:
    for steps in range(MOST + 1):
        torch7 = MomentumSteps(steps, 0.9, TORCH7)
        assert torch7.in_gradients() == pytest.approx(1 if steps else 0)
        pytorch = replace(torch7, order=PYTORCH)
        assert pytorch.in_gradients() == pytest.approx((1 - 0.9**steps) / 0.1)


@pytest.mark.parametrize(("order", "dampening"), [(TORCH7, 0.8), (PYTORCH, 0.0)])
def test_weights_are_those_of_torch(order: str, dampening: float) -> None:
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    rule = torch.optim.SGD([weight], lr=0.05, momentum=0.8, dampening=dampening)
    for step in range(1, 8):
        weight.grad = torch.tensor([0.7], dtype=torch.float64)
        rule.step()
        bench = MomentumSteps(step, 0.8, order, 0.7, 0.05)
        assert bench.weight() == pytest.approx(weight.item(), rel=1e-9)


def test_without_a_gradient_there_is_no_ratio() -> None:
    assert math.isnan(MomentumSteps(3, gradient=0.0).in_gradients())


@pytest.mark.parametrize("order", [TORCH7, PYTORCH])
def test_sums_and_curves_tell_the_velocity(order: str) -> None:
    bench = MomentumSteps(5, order=order)
    *_, pictures = bench.pictures(MOMENT)
    curves = next(each for each in pictures if isinstance(each, Curves))
    assert curves.lines[order][1][4] == bench.velocity()
    rows = next(each for each in pictures if isinstance(each, Rows)).rows
    products = [math.prod(map(float, each.split(" · "))) for each in rows[-1][1].split(" + ")]
    assert sum(products) == pytest.approx(bench.velocity(), rel=1e-3)


# ---------------------------------------------------------------- there and back


def test_what_is_read_back_answers_alike() -> None:
    assert RoundTrip().difference(digits()) == 0
    *_, pictures = RoundTrip(back=True).pictures(digits())
    rows = next(each for each in pictures if isinstance(each, Rows)).rows
    assert len(rows) == len(load_preset("tiny-digits").network.modules)
    assert all(here == there for here, there in rows)


def test_another_network_that_comes_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    project = load_preset("tiny-digits")
    squash, linear = (next(e.id for e in project.network.modules if e.kind == kind) for kind in ("Tanh", "Linear"))
    monkeypatch.setattr(trip, "_read_back", lambda _: edits.delete_modules(project, [squash]))
    assert RoundTrip().difference(digits()) > 0.01
    monkeypatch.setattr(trip, "_read_back", lambda _: edits.delete_modules(project, [linear]))
    assert RoundTrip().difference(digits()) == math.inf


def test_the_listing_of_the_canvas_is_shown() -> None:
    lines = code_of(RoundTrip(), digits()).lines
    assert "model = nn.Sequential()" in lines
    assert sum(line.startswith("model:add(") for line in lines) == len(load_preset("tiny-digits").network.modules) - 2
    assert np.isfinite(RoundTrip().read("difference", digits())).all()
