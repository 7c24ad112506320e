"""Modules, losses and optimizer beside PyTorch's of the same name, on random shapes: float32, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules
import convnet_studio.engine.nn.optimizers  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.gradient_check import give_parameters
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.optimizer import Optimizer

torch = pytest.importorskip("torch", reason="PyTorch is not installed: parity is left out")
pytestmark = pytest.mark.parity

sides = st.integers(5, 14)
maps = st.tuples(st.integers(1, 4), st.integers(1, 5), sides, sides)
lists = st.tuples(st.integers(1, 5), st.integers(2, 20))
seeds = st.integers(0, 2**31)
windows = st.fixed_dictionaries({"kernel_size": st.integers(1, 4), "stride": st.integers(1, 4)})
often = settings(max_examples=25, deadline=None, derandomize=True)


def assert_close(ours: Array, theirs: Any) -> None:
    """Within 1e-5 of the largest value: sums are taken in another order."""
    theirs = theirs.detach().numpy()
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5 * np.abs(theirs).max(initial=1e-30))


def compare(ours: Module, theirs: Any, shape: tuple[int, ...], seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random.standard_normal(shape).astype(np.float32)
    give_parameters(ours, shape[1:], dtype=np.float32, seed=seed)
    for name, each in ours.parameters().items():
        getattr(theirs, name).data = torch.from_numpy(each.value.copy())
    x_theirs = torch.from_numpy(x.copy()).requires_grad_()
    y, y_theirs = ours.forward(x), theirs(x_theirs)
    assert_close(y, y_theirs)
    grad_output = random.standard_normal(y.shape).astype(np.float32)
    y_theirs.backward(torch.from_numpy(grad_output))
    assert_close(ours.backward(grad_output), x_theirs.grad)
    for name, each in ours.parameters().items():
        assert_close(each.grad, getattr(theirs, name).grad)


@often
@given(maps, seeds, st.integers(1, 6), st.integers(1, 5), st.integers(1, 3), st.integers(0, 3))
def test_conv2d(shape: tuple[int, ...], seed: int, out: int, kernel: int, stride: int, padding: int) -> None:
    ours = Module.registry["Conv2d"](out_channels=out, kernel_size=kernel, stride=stride, padding=padding)
    compare(ours, torch.nn.Conv2d(shape[1], out, kernel, stride, padding), shape, seed)


@often
@given(lists, seeds, st.integers(1, 12), st.booleans())
def test_linear(shape: tuple[int, ...], seed: int, out: int, has_bias: bool) -> None:
    ours = Module.registry["Linear"](out_features=out, has_bias=has_bias)
    compare(ours, torch.nn.Linear(shape[1], out, bias=has_bias), shape, seed)


class TorchAbs(torch.nn.Module):  # type: ignore[misc, name-defined]
    def forward(self, x: Any) -> Any:
        return x.abs()


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("Tanh", torch.nn.Tanh()),
        ("ReLU", torch.nn.ReLU()),
        ("Abs", TorchAbs()),
        ("Flatten", torch.nn.Flatten()),
        ("LogSoftmax", torch.nn.LogSoftmax(dim=1)),
    ],
)
@often
@given(shape=maps | lists, seed=seeds)
def test_without_settings(kind: str, theirs: Any, shape: tuple[int, ...], seed: int) -> None:
    compare(Module.registry[kind](), theirs, shape, seed)


@often
@given(maps, seeds, windows)
def test_avg_pool2d(shape: tuple[int, ...], seed: int, window: dict[str, int]) -> None:
    compare(Module.registry["AvgPool2d"](**window), torch.nn.AvgPool2d(**window), shape, seed)


@often
@given(maps, seeds, windows)
def test_max_pool2d(shape: tuple[int, ...], seed: int, window: dict[str, int]) -> None:
    compare(Module.registry["MaxPool2d"](**window), torch.nn.MaxPool2d(**window), shape, seed)


def test_max_pool2d_takes_the_first_of_equals() -> None:
    ours, theirs = Module.registry["MaxPool2d"](kernel_size=3, stride=2), torch.nn.MaxPool2d(3, 2)
    x = np.ones((1, 1, 7, 7), np.float32)
    x_theirs = torch.from_numpy(x).requires_grad_()
    y = ours.forward(x)
    theirs(x_theirs).sum().backward()
    assert_close(ours.backward(np.ones_like(y)), x_theirs.grad)


@often
@given(maps, seeds, windows, st.sampled_from([2.0, 4.0]))
def test_lp_pool2d_with_the_sum_inside(shape: tuple[int, ...], seed: int, window: dict[str, int], power: float) -> None:
    ours = Module.registry["LPPool2d"](p=power, inside="sum", **window)
    compare(ours, torch.nn.LPPool2d(power, **window), shape, seed)


@pytest.mark.parametrize("kind", ["NLLLoss", "MSELoss"])
@often
@given(shape=lists, seed=seeds)
def test_losses(kind: str, shape: tuple[int, ...], seed: int) -> None:
    random = np.random.default_rng(seed)
    x, labels = random.standard_normal(shape).astype(np.float32), random.integers(0, shape[1], shape[0])
    loss = Loss.registry[kind]()
    value = loss.forward(x, loss.target(labels, shape[1:])).mean()
    x_theirs, target = torch.from_numpy(x.copy()).requires_grad_(), torch.from_numpy(labels)
    if kind == "MSELoss":
        target = torch.nn.functional.one_hot(target, shape[1]).float()
    theirs = getattr(torch.nn, kind)()(x_theirs, target)
    theirs.backward()
    assert float(value) == pytest.approx(theirs.item(), rel=1e-5, abs=1e-6)  # a mean of both signs may cancel
    assert_close(loss.backward() / np.float32(shape[0]), x_theirs.grad)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_sgd_over_20_steps(momentum: float) -> None:
    random = np.random.default_rng(1)
    ours = random.standard_normal(50).astype(np.float32)
    theirs = torch.from_numpy(ours.copy()).requires_grad_()
    sgd, sgd_theirs = Optimizer.registry["SGD"](momentum=momentum), torch.optim.SGD([theirs], 0.1, momentum)
    for step in range(20):
        sgd.rate = sgd_theirs.param_groups[0]["lr"] = 0.1 * (1 - step / 20)
        gradient = random.standard_normal(50).astype(np.float32)
        sgd.update(ours, gradient)
        theirs.grad = torch.from_numpy(gradient.copy())
        sgd_theirs.step()
        assert_close(ours, theirs)
