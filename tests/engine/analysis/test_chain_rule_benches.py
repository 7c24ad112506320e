"""The benches of back-propagation: against the chain rule written out with numpy for a net of two units."""

from __future__ import annotations

import numpy as np
import pytest
from moments import moment_of

import convnet_studio.engine.analysis.benches  # noqa: F401
from convnet_studio.engine.analysis.bench_pictures import Bars, Numbers, Rows, Words
from convnet_studio.engine.analysis.benches.jacobians import Jacobians
from convnet_studio.engine.analysis.benches.nudge import Nudge, name_of
from convnet_studio.engine.analysis.benches.one_step import OneStep
from convnet_studio.engine.analysis.benches.outer_product import OuterProduct
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Moment


@pytest.fixture(scope="module")
def moment() -> Moment:
    return moment_of("two-one")


class ByNumpy:
    """½(V tanh(W x + b) + c - 1)² and its gradients."""

    def __init__(self, moment: Moment) -> None:
        self.theta = moment.run.network.parameters.astype(np.float64)
        self.x = moment.picture.reshape(-1).astype(np.float64)

    def loss(self, theta: Array) -> float:
        w, b, v, c = theta[:4].reshape(2, 2), theta[4:6], theta[6:8], theta[8]
        return float(0.5 * (v @ np.tanh(w @ self.x + b) + c - 1) ** 2)

    def gradients(self) -> tuple[Array, Array, Array, Array]:
        """By y, h, a and W."""
        w, b, v, c = self.theta[:4].reshape(2, 2), self.theta[4:6], self.theta[6:8], self.theta[8]
        h = np.tanh(w @ self.x + b)
        by_y = np.array([v @ h + c - 1])
        by_h = by_y * v
        by_a = by_h * (1 - h * h)
        return by_y, by_h, by_a, np.outer(by_a, self.x)


@pytest.mark.parametrize(("module", "size"), [(1, (1, 1)), (2, (1, 2)), (3, (2, 2)), (4, (2, 2))])
def test_row_times_jacobian_is_the_next_row(moment: Moment, module: int, size: tuple[int, int]) -> None:
    bench = Jacobians().turned(module=module, rows=size[0], columns=size[1])
    assert tuple(bench.size(moment)) == size
    assert bench.fits(moment) == 1
    assert Jacobians().turned(module=module, rows=size[0], columns=size[1] + 1).fits(moment) == 0
    shown = [each for each in next(iter(bench.pictures(moment))) if isinstance(each, Numbers)]
    row, jacobian, result = (each.values for each in shown)
    np.testing.assert_allclose(row @ jacobian, result, rtol=1e-9)
    wanted = (*ByNumpy(moment).gradients()[:3],)
    if module < 4:
        np.testing.assert_allclose(result.reshape(-1), wanted[module - 1].reshape(-1), rtol=1e-6)


def test_the_diagonal_of_tanh_is_drawn_as_bars(moment: Moment) -> None:
    shown = next(iter(Jacobians().turned(module=3, rows=2, columns=2).pictures(moment)))
    bars = next(each for each in shown if isinstance(each, Bars))
    by_numpy = ByNumpy(moment)
    wanted = by_numpy.gradients()[2] / by_numpy.gradients()[1]
    np.testing.assert_allclose(list(bars.values.values()), wanted, rtol=1e-6)
    assert not any(isinstance(each, Bars) for each in next(iter(Jacobians().turned(module=4).pictures(moment))))


@pytest.mark.parametrize(("rows", "columns", "said"), [(2, 1, "does not fit"), (1, 3, "another count of inputs")])
def test_a_wrong_size_is_explained_and_shows_no_jacobian(moment: Moment, rows: int, columns: int, said: str) -> None:
    shown = next(iter(Jacobians().turned(module=2, rows=rows, columns=columns).pictures(moment)))
    assert isinstance(shown[0], Words)
    assert said in shown[0].text
    assert len(shown) == 2
    with pytest.raises(ValueError, match="5 modules"):
        Jacobians().turned(module=6).fits(moment)


def test_cells_appear_as_they_are_filled_in_rightly(moment: Moment) -> None:
    true = ByNumpy(moment).gradients()[3]
    bench = OuterProduct()
    np.testing.assert_allclose(bench.true(moment), true, rtol=1e-6)
    assert not bench.right(moment).any()
    typed = (float(true[0, 0]) * 1.01, -float(true[0, 1]), float(true[1, 0]) * 1.1, 0.0)
    filled = bench.turned(typed=typed)
    np.testing.assert_array_equal(filled.right(moment), [[1, 0], [0, 0]])
    shown = next(iter(filled.pictures(moment)))
    assert isinstance(shown[2], Numbers)
    np.testing.assert_array_equal(np.isfinite(shown[2].values), [[True, False], [False, False]])
    assert isinstance(shown[3], Rows)
    verdicts = [each[2] for each in shown[3].rows]
    assert verdicts == ["✓ right", "the sign is the other one", "too large", "still empty"]


@pytest.mark.parametrize("which", range(1, 10))
def test_a_nudge_changes_the_loss_by_as_much_as_the_gradient_says(moment: Moment, which: int) -> None:
    bench = Nudge().turned(which=which, by=0.001)
    by_numpy = ByNumpy(moment)
    moved = by_numpy.theta.copy()
    moved[which - 1] += 0.001
    change = by_numpy.loss(moved) - by_numpy.loss(by_numpy.theta)
    assert bench.change(moment) == pytest.approx(change, rel=1e-6)
    assert bench.ratio(moment) == pytest.approx(change / 0.001, rel=1e-6)
    assert bench.gap(moment) == pytest.approx(abs(bench.ratio(moment) / bench.gradient(moment) - 1), rel=1e-6)
    assert bench.gap(moment) < 0.01
    assert np.isnan(Nudge().turned(which=which).ratio(moment))


def test_parameters_are_called_as_people_count(moment: Moment) -> None:
    assert [name_of(moment, index) for index in (2, 5, 8)] == [
        "weight [2, 1] of Linear",
        "bias [2] of Linear",
        "bias [1] of Linear",
    ]
    with pytest.raises(ValueError, match="9 parameters"):
        Nudge().turned(which=10).change(moment)


def test_one_step_goes_down_until_it_breaks_even(moment: Moment) -> None:
    by_numpy = ByNumpy(moment)
    slopes = [Nudge().turned(which=each).gradient(moment) for each in range(1, 10)]

    def after(rate: float) -> float:
        return by_numpy.loss(by_numpy.theta - rate * np.array(slopes))

    for rate in (0.01, 0.1, 1.0, 30.0):
        assert OneStep().turned(rate=rate).after(moment) == pytest.approx(after(rate), rel=1e-6)
    even = OneStep().break_even(moment)
    assert after(even) == pytest.approx(OneStep().before(moment), rel=1e-6)
    assert all(after(rate) < OneStep().before(moment) for rate in np.linspace(0.01, 0.99, 50) * even)
    assert OneStep().turned(rate=1.05 * even).after(moment) > OneStep().before(moment)
