"""Non-linearities, Softmax and losses of scores beside PyTorch's, on random shapes: float32, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.gradient_check import give_parameters
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module

torch = pytest.importorskip("torch", reason="PyTorch is not installed: parity is left out")
pytestmark = pytest.mark.parity

maps = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 9), st.integers(1, 9))
volumes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
sequences = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 20))
lists = st.tuples(st.integers(1, 5), st.integers(2, 20))
seeds = st.integers(0, 2**31)
thresholds = st.floats(0.01, 3)
often = settings(max_examples=25, deadline=None, derandomize=True)


def assert_close(ours: Array, theirs: Any) -> None:
    """Within 1e-5 of the largest value, or the rounding of numbers near 1 (as tanh, where it is nearly flat)."""
    theirs = theirs.detach().numpy()
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=max(1e-5 * np.abs(theirs).max(initial=0), 3e-7))


def compare(ours: Module, theirs: Callable[[Any], Any], shape: tuple[int, ...], seed: int, scale: float = 2.0) -> None:
    random = np.random.default_rng(seed)
    x = (scale * random.standard_normal(shape)).astype(np.float32)
    x_theirs = torch.from_numpy(x.copy()).requires_grad_()
    y, y_theirs = ours.forward(x), theirs(x_theirs)
    assert_close(y, y_theirs)
    grad_output = random.standard_normal(y.shape).astype(np.float32)
    y_theirs.backward(torch.from_numpy(grad_output))
    assert_close(ours.backward(grad_output), x_theirs.grad)


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("Sigmoid", torch.nn.Sigmoid()),
        ("Tanhshrink", torch.nn.Tanhshrink()),
        ("Softmax", torch.nn.Softmax(dim=1)),
        ("ScaledTanh", lambda x: 1.7159 * torch.tanh(2 * x / 3)),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 30.0])
@often
@given(shape=maps | lists | sequences | volumes, seed=seeds)
def test_without_settings(kind: str, theirs: Any, scale: float, shape: tuple[int, ...], seed: int) -> None:
    compare(Module.registry[kind](), theirs, shape, seed, scale)


@pytest.mark.parametrize("kind", ["Softshrink", "Hardshrink"])
@often
@given(shape=maps | lists | sequences | volumes, seed=seeds, lambd=thresholds)
def test_shrinkages(kind: str, shape: tuple[int, ...], seed: int, lambd: float) -> None:
    compare(Module.registry[kind](lambd=lambd), getattr(torch.nn, kind)(lambd), shape, seed)


@pytest.mark.parametrize("kind", ["Softshrink", "Hardshrink"])
def test_shrinkages_at_their_thresholds(kind: str) -> None:
    x = np.array([[-1, -0.5, 0, 0.5, 1]], np.float32)
    x_theirs = torch.from_numpy(x.copy()).requires_grad_()
    ours = Module.registry[kind](lambd=0.5)
    y_theirs = getattr(torch.nn, kind)(0.5)(x_theirs)
    y_theirs.sum().backward()
    assert_close(ours.forward(x), y_theirs)
    assert_close(ours.backward(np.ones_like(x)), x_theirs.grad)


@often
@given(maps | lists, seeds, st.floats(0.05, 20))
def test_softplus(shape: tuple[int, ...], seed: int, beta: float) -> None:
    compare(Module.registry["Softplus"](beta=beta), torch.nn.Softplus(beta, threshold=40), shape, seed)


@often
@given(maps | lists | sequences, seeds, st.integers(1, 12), st.sampled_from(["maps", "space"]))
def test_winner_takes_all_by_topk(shape: tuple[int, ...], seed: int, winners: int, over: str) -> None:
    def theirs(x: Any) -> Any:
        flat = x.reshape(*x.shape[:2], -1)
        axis = 1 if over == "maps" else 2
        best = flat.topk(min(winners, flat.shape[axis]), axis).indices
        return (flat * torch.zeros_like(flat).scatter(axis, best, 1)).reshape(x.shape)

    compare(Module.registry["WinnerTakesAll"](winners=winners, over=over), theirs, shape, seed)


def smooth_shrink(x: Any, beta: Any, b: Any) -> Any:
    return x.sign() * (((beta * b).exp() + (beta * x.abs()).exp() - 1).log() / beta - b)


@often
@given(maps | lists, seeds)
def test_smooth_shrinkage_by_autograd(shape: tuple[int, ...], seed: int) -> None:
    random = np.random.default_rng(seed)
    ours = Module.registry["SmoothShrink"]()
    give_parameters(ours, shape[1:], dtype=np.float64, seed=seed)
    x, grad_output = random.standard_normal((2, *shape))
    tensors = [torch.from_numpy(each.copy()).requires_grad_() for each in (x, ours.beta.value, ours.b.value)]
    to_maps = (-1, *(1,) * (len(shape) - 2))
    theirs = smooth_shrink(tensors[0], (tensors[1].abs() + 0.01).reshape(to_maps), tensors[2].abs().reshape(to_maps))
    theirs.backward(torch.from_numpy(grad_output))
    np.testing.assert_allclose(ours.forward(x), theirs.detach().numpy(), rtol=1e-8, atol=1e-8)
    grads = [ours.backward(grad_output), ours.beta.grad, ours.b.grad]
    for found, each in zip(grads, tensors, strict=True):
        np.testing.assert_allclose(found, each.grad.numpy(), rtol=1e-6, atol=1e-6 * np.abs(each.grad.numpy()).max())


@often
@given(maps | lists | sequences, seeds)
def test_lateral_inhibition_by_autograd(shape: tuple[int, ...], seed: int) -> None:
    random = np.random.default_rng(seed)
    ours = Module.registry["LateralInhibition"]()
    give_parameters(ours, shape[1:], dtype=np.float64, seed=seed)
    x, grad_output = random.standard_normal((2, *shape))
    x_theirs, weight, theta = (
        torch.from_numpy(each.copy()).requires_grad_() for each in (x, ours.weight.value, ours.theta.value)
    )

    def shrink(u: Any) -> Any:
        threshold = theta.abs().reshape(-1, 1)
        return u.sign() * torch.relu(u.abs() - threshold)

    flat = x_theirs.reshape(*shape[:2], -1)
    theirs = shrink(flat + (weight - torch.diag(weight.diag())) @ shrink(flat)).reshape(shape)
    theirs.backward(torch.from_numpy(grad_output))
    np.testing.assert_allclose(ours.forward(x), theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
    grads = [ours.backward(grad_output), ours.weight.grad, ours.theta.grad]
    for found, each in zip(grads, (x_theirs, weight, theta), strict=True):
        np.testing.assert_allclose(found, each.grad.numpy(), rtol=1e-9, atol=1e-11)


FORMULAS: dict[str, Callable[[Any], Any]] = {
    "max(x, 0.5 * x - 0.1, -1)": lambda x: torch.maximum(torch.maximum(x, 0.5 * x - 0.1), torch.tensor(-1.0)),
    "min(x, 1) * abs(x)": lambda x: torch.minimum(x, torch.tensor(1.0)) * x.abs(),
    "where(x > 0, x, exp(x) - 1)": torch.nn.functional.elu,
    "x * sigmoid(x)": torch.nn.functional.silu,
    "sign(x) * sqrt(abs(x) + 1)": lambda x: x.sign() * (x.abs() + 1).sqrt(),
    "(1 + x^2)^-1.3 + x^-3": lambda x: (1 + x**2) ** -1.3 + x**-3,
    "2^x / (1 + 2^x)": lambda x: 2**x / (1 + 2**x),
    "(2 + sin(x))^(1 + cos(x))": lambda x: (2 + x.sin()) ** (1 + x.cos()),
    "log(1 + exp(x)) - tanh(x / 2)": lambda x: (1 + x.exp()).log() - (x / 2).tanh(),
    "(x < 1) * x^3 - (x >= 1) + pi": lambda x: (x < 1) * x**3 - (x >= 1) * 1.0 + torch.pi,
}


@pytest.mark.parametrize("text", FORMULAS)
@often
@given(shape=maps | lists, seed=seeds)
def test_formulas(text: str, shape: tuple[int, ...], seed: int) -> None:
    compare(Module.registry["Formula"](expression=text), FORMULAS[text], shape, seed)


def test_a_formula_takes_the_middle_at_kinks_of_max_and_min_as_pytorch_does() -> None:
    x = np.array([[-1, 0, 1]], np.float32)
    for text, function in (("max(x, 0)", torch.maximum), ("min(0, x)", torch.minimum)):
        ours = Module.registry["Formula"](expression=text)
        ours.forward(x)
        x_theirs = torch.from_numpy(x.copy()).requires_grad_()
        function(x_theirs, torch.zeros(1)).sum().backward()
        np.testing.assert_array_equal(ours.backward(np.ones_like(x)), x_theirs.grad.numpy())


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        ("CrossEntropyLoss", {}),
        ("BCEWithLogitsLoss", {}),
        ("MultiMarginLoss", {}),
        ("MultiMarginLoss", {"p": 2, "margin": 2.5}),
        ("MultiMarginLoss", {"margin": 0.2}),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 40.0])
@often
@given(shape=lists, seed=seeds)
def test_losses(kind: str, chosen: dict[str, Any], scale: float, shape: tuple[int, ...], seed: int) -> None:
    random = np.random.default_rng(seed)
    x = (scale * random.standard_normal(shape)).astype(np.float32)
    labels = random.integers(0, shape[1], shape[0])
    loss = Loss.registry[kind](**chosen)
    value = loss.forward(x, loss.target(labels, shape[1:])).mean()
    x_theirs, target = torch.from_numpy(x.copy()).requires_grad_(), torch.from_numpy(labels)
    if kind == "BCEWithLogitsLoss":
        target = torch.nn.functional.one_hot(target, shape[1]).float()
    theirs = getattr(torch.nn, kind)(**chosen)(x_theirs, target)
    theirs.backward()
    np.testing.assert_allclose(value, theirs.item(), rtol=1e-5, atol=1e-6)
    assert_close(loss.backward() / np.float32(shape[0]), x_theirs.grad)
