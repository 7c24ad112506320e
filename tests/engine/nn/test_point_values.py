"""Non-linearities, gains and losses of scores: numbers of the papers, closed forms and limits."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from drawings import make
from scipy import optimize, special

from convnet_studio.engine.nn.gradient_check import give_parameters
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.network import Network

X = np.array([[-3.0, -0.5, -0.2, 0.0, 0.2, 0.5, 3.0]])


def test_lecuns_tanh_leaves_one_where_it_is_and_bends_most_there() -> None:
    """Efficient BackProp, sec. 4.4: f(±1) = ±1, and the second derivative is largest near 1."""
    f = make("ScaledTanh")
    np.testing.assert_allclose(f.forward(np.array([[1.0, -1.0]])), [[0.999997, -0.999997]], atol=5e-7)

    def bend(x: float) -> float:
        slopes = []
        for each in (x - 1e-5, x + 1e-5):
            f.forward(np.array([[each]]))
            slopes.append(float(f.backward(np.ones((1, 1)))[0, 0]))
        return (slopes[1] - slopes[0]) / 2e-5

    most = optimize.minimize_scalar(bend, bounds=(0.3, 3), method="bounded")
    assert most.x == pytest.approx(1.5 * np.arctanh(1 / np.sqrt(3)), abs=1e-4)  # 0.98772


def test_sigmoid_and_softplus_are_scipys_and_do_not_overflow() -> None:
    x = np.array([[-800.0, -50, -1, 0, 2, 50, 800]])
    np.testing.assert_allclose(make("Sigmoid").forward(x), special.expit(x), rtol=1e-14)
    np.testing.assert_allclose(make("Softplus").forward(x), np.logaddexp(0, x), rtol=1e-14)
    np.testing.assert_allclose(make("Softplus", beta=3.0).forward(x), np.logaddexp(0, 3 * x) / 3, rtol=1e-14)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 3e-7), (np.float64, 2e-15)])
def test_tanh_shrinkage_keeps_what_is_small(dtype: type, tolerance: float) -> None:
    """Beside x - (e^2x - 1) / (e^2x + 1) in 60 decimals: from where x³ / 3 is all that is left to where 1 is lost."""
    x = np.concatenate([np.geomspace(1e-8, 0.5, 50), np.linspace(0.5, 3, 101), [40.0, 1e9]]).astype(dtype)
    with localcontext(prec=60):
        powers = [(2 * Decimal(float(each))).min(Decimal(200)).exp() for each in x]
        exact = [float(Decimal(float(each)) - (e - 1) / (e + 1)) for each, e in zip(x, powers, strict=True)]
    for sign in (1, -1):
        np.testing.assert_allclose(
            make("Tanhshrink").forward(sign * x[None])[0], sign * np.array(exact), rtol=tolerance
        )
    edges = np.array([[-np.inf, -0.0, 0.0, np.inf, np.nan]], dtype)
    np.testing.assert_array_equal(make("Tanhshrink").forward(edges), edges)


def test_shrinkages_by_hand() -> None:
    np.testing.assert_allclose(make("Softshrink", lambd=0.4).forward(X), [[-2.6, -0.1, 0, 0, 0, 0.1, 2.6]], atol=1e-15)
    np.testing.assert_array_equal(make("Hardshrink", lambd=0.4).forward(X), [[-3, -0.5, 0, 0, 0, 0.5, 3]])
    np.testing.assert_array_equal(make("Hardshrink", lambd=0.5).forward(X), [[-3, 0, 0, 0, 0, 0, 3]])


def test_soft_shrinkage_solves_the_lasso_of_one_number() -> None:
    for x in (-1.3, -0.3, 0.2, 0.9):
        best = optimize.minimize_scalar(
            lambda z, x=x: (x - z) ** 2 / 2 + 0.5 * abs(z), bounds=(-2, 2), method="bounded"
        )
        assert float(make("Softshrink", lambd=0.5).forward(np.array([[x]]))[0, 0]) == pytest.approx(best.x, abs=1e-5)


@pytest.mark.parametrize(("beta", "expected"), [(1.0, 0.8785), (5.0, 0.7055), (20.0, 0.7000)])
def test_smooth_shrinkage_of_12_by_05(beta: float, expected: float) -> None:
    module = make("SmoothShrink", sharpness=beta, threshold=0.5, learns=False)
    x = np.array([[1.2, -1.2, 0.0]])
    np.testing.assert_allclose(module.forward(x), [[expected, -expected, 0]], atol=5e-5)


def test_smooth_shrinkage_becomes_soft_and_stands_large_numbers() -> None:
    x = np.concatenate([X, [[-1e4, 1e-9, 1e4, 88, 700, -0.4999, 0.4999]]], axis=1)
    soft = make("Softshrink", lambd=0.5).forward(x)
    np.testing.assert_allclose(
        make("SmoothShrink", sharpness=1000.0, threshold=0.5, learns=False).forward(x), soft, atol=1e-3
    )
    small = make("SmoothShrink", sharpness=2.0, threshold=0.5, learns=False)
    np.testing.assert_allclose(small.forward(np.array([[1e-9]])), [[1e-9 * np.exp(-1.0)]], rtol=1e-8)  # slope e^-βb
    np.testing.assert_allclose(small.backward(np.ones((1, 1))), [[np.exp(-1.0)]], rtol=1e-8)


def test_what_is_learned_begins_where_it_is_set() -> None:
    modules: dict[str, Module | Loss] = {
        "input": make("Input"), "gain": make("Gain"), "shrink": make("SmoothShrink", sharpness=3.0, threshold=0.2),
        "lateral": make("LateralInhibition", threshold=0.3),
    }  # fmt: skip
    links = [("input", "gain", 0), ("gain", "shrink", 0), ("shrink", "lateral", 0)]
    network = Network(modules, links, (2, 4, 5), 3, np.float64)
    initialize(network, seed=3)
    x = np.random.default_rng(0).standard_normal((3, 2, 4, 5))
    outputs = network.forward(x)
    np.testing.assert_array_equal(outputs["gain"], x)
    fixed = make("SmoothShrink", sharpness=3.0, threshold=0.2, learns=False).forward(x)
    np.testing.assert_allclose(outputs["shrink"], fixed, rtol=1e-12, atol=1e-15)
    soft = make("Softshrink", lambd=0.3).forward(outputs["shrink"])  # nothing inhibits yet
    np.testing.assert_allclose(outputs["lateral"], soft, atol=1e-12)


def test_winners_by_hand() -> None:
    x = np.array([[[[1.0, 5, 3]], [[4, 2, 3]], [[0, 6, 3]]]])
    over_maps = make("WinnerTakesAll", winners=1, over="maps")
    np.testing.assert_array_equal(over_maps.forward(x), [[[[0, 0, 3]], [[4, 0, 0]], [[0, 6, 0]]]])
    np.testing.assert_array_equal(over_maps.backward(np.full_like(x, 7)), [[[[0, 0, 7]], [[7, 0, 0]], [[0, 7, 0]]]])
    over_space = make("WinnerTakesAll", winners=2, over="space")
    np.testing.assert_array_equal(over_space.forward(x), [[[[0, 5, 3]], [[4, 0, 3]], [[0, 6, 3]]]])
    ties = np.array([[-1.0, 0, -1, -1]])
    np.testing.assert_array_equal(make("WinnerTakesAll", winners=2).forward(ties), [[-1, 0, 0, 0]])
    np.testing.assert_array_equal(make("WinnerTakesAll", winners=4).forward(ties), ties)
    np.testing.assert_array_equal(make("WinnerTakesAll", winners=99).forward(x), x)
    many = make("WinnerTakesAll", winners=3).forward(np.tile([[1.0, 2.0]], (1, 50)))
    assert list(np.flatnonzero(many)) == [1, 3, 5]


def test_lateral_inhibition_with_the_gram_matrix_is_a_step_of_ista() -> None:
    """W = Dᵀ, S = I - DᵀD, for a dictionary of unit columns: Gregor and LeCun (2010), sec. 2.2 and 3."""
    random = np.random.default_rng(5)
    dictionary = random.standard_normal((6, 9))
    dictionary /= np.linalg.norm(dictionary, axis=0)
    x, theta = random.standard_normal((4, 6)), 0.25
    module = make("LateralInhibition")
    give_parameters(module, (9,))
    module.parameters()["weight"].value[...] = np.eye(9) - dictionary.T @ dictionary
    module.parameters()["theta"].value[...] = theta

    def shrink(u: Array) -> Array:
        return np.sign(u) * np.maximum(np.abs(u) - theta, 0)

    code = np.zeros((4, 9))
    for _ in range(2):
        code = shrink(code - (code @ dictionary.T - x) @ dictionary)
    np.testing.assert_allclose(module.forward(x @ dictionary), code, atol=1e-14)


def test_explaining_away() -> None:
    """Two units that fit the same input: the better one silences the other."""
    module = make("LateralInhibition")
    give_parameters(module, (2,))
    module.parameters()["weight"].value[...] = [[5, -0.95], [-0.95, 5]]  # the diagonal does not count
    module.parameters()["theta"].value[...] = 0.1
    y = module.forward(np.array([[1.0, 0.9]]))
    assert abs(y[0, 1]) == 0
    assert y[0, 0] > 0


def test_softmax_is_scipys() -> None:
    x = np.random.default_rng(1).standard_normal((3, 5, 2, 2)) * 50
    np.testing.assert_allclose(make("Softmax").forward(x), special.softmax(x, axis=1), rtol=1e-12)


def test_cross_entropy_is_nll_of_log_softmax() -> None:
    random = np.random.default_rng(2)
    scores, labels = random.standard_normal((6, 4)) * 30, random.integers(0, 4, 6)
    soft, nll, both = make("LogSoftmax"), Loss.registry["NLLLoss"](), Loss.registry["CrossEntropyLoss"]()
    np.testing.assert_allclose(both.forward(scores, labels), nll.forward(soft.forward(scores), labels), atol=1e-12)
    np.testing.assert_allclose(both.backward(), soft.backward(nll.backward()), atol=1e-12)


def test_hinge_by_hand() -> None:
    loss = Loss.registry["MultiMarginLoss"](margin=1.0)
    np.testing.assert_allclose(loss.forward(np.array([[2.0, 1.5, 0.0, 1.0]]), np.array([0])), [0.5 / 4])
    np.testing.assert_allclose(loss.backward(), [[-0.25, 0.25, 0, 0]])  # a lead of exactly the margin: slope 0


def test_a_formula_that_is_a_kind_is_that_kind() -> None:
    for kind, text in (
        ("Softshrink", "sign(x) * max(abs(x) - 0.5, 0)"), ("Tanhshrink", "x - tanh(x)"), ("Sigmoid", "sigmoid(x)"),
        ("ScaledTanh", "1.7159 * tanh(2 * x / 3)"), ("Softplus", "log(1 + exp(x))"), ("Abs", "abs(x)"),
    ):  # fmt: skip
        modules = make(kind), make("Formula", expression=text)
        x = np.random.default_rng(3).standard_normal((2, 3, 4))
        grad = np.random.default_rng(4).standard_normal(x.shape)
        np.testing.assert_allclose(modules[0].forward(x), modules[1].forward(x), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(modules[0].backward(grad), modules[1].backward(grad), rtol=1e-12, atol=1e-14)


def test_a_formula_says_what_is_wrong_and_what_was_measured() -> None:
    with pytest.raises(ValueError, match=r"^Formula: Column 6: '\)' is missing"):
        make("Formula", expression="abs(x")
    with pytest.raises(ValueError, match=r"^Formula: It has no finite value anywhere"):
        make("Formula", expression="sqrt(-1 - x^2)")
    remark = make("Formula", expression="max(x, 0)").remark()
    assert "abruptly near x = 0" in remark
    assert make("ReLU").remark() == ""
    long = make("Formula", expression="where(x > 0, x, exp(x) - 1)")
    assert long.caption() == "where(x > 0, x, e…"
