"""Points of a curve: which one a reading means, which are drawn and stored."""

from __future__ import annotations

import numpy as np
import pytest

from convnet_studio.ui.controls.curve import Curve, curve_of


def test_the_last_of_several_points_at_one_place_is_read() -> None:
    curve = Curve()
    curve.extend(np.array([0.0, 5.0, 5.0]), np.array([2.3, 0.1, 3.7]))
    assert curve.nearest(5.0) == 2
    curve.extend(np.array([6.0]), np.array([0.2]))
    assert [curve.nearest(x) for x in (-1.0, 5.0, 5.2, 9.0)] == [0, 2, 2, 3]


def noisy(points: int = 60_000) -> Curve:
    """Steps of a run that the user slowed down in the middle: most points lie in a short part of the axis."""
    random = np.random.default_rng(3)
    curve = Curve()
    x = np.sort(np.concatenate([random.uniform(0, 50, points), random.uniform(20, 21, points)]))
    curve.extend(np.round(x, 6), random.normal(size=2 * points))
    return curve


@pytest.mark.parametrize("name", ["thinned", "every"])
@pytest.mark.parametrize(("first", "second"), [(1000, 1000), (1000, 700), (800, 90)])
def test_what_was_thinned_looks_the_same_when_it_is_thinned_again(name: str, first: int, second: int) -> None:
    curve = noisy()
    stored = curve_of(*getattr(curve, name)(first))
    for axis, again in zip(getattr(curve, name)(second), getattr(stored, name)(second), strict=True):
        assert axis.tolist() == again.tolist()


def test_all_parts_of_the_axis_get_the_same_share_of_points() -> None:
    x, _ = noisy().thinned(400)
    assert np.histogram(x, 25, (0, 50))[0].max() <= 2 * np.histogram(x, 25, (0, 50))[0].min()


def test_pieces_are_thinned_each_by_itself_with_a_gap_between() -> None:
    curve = Curve()
    curve.extend([0.0, 1.0], [0.9, 0.1])
    curve.break_off(1.0)
    curve.extend([1.0, 2.0], [0.92, 0.2])
    curve.break_off(2.0)
    for x, y in (curve.thinned(100), curve.every(100)):
        assert x.tolist() == [0.0, 1.0, 1.0, 1.0, 2.0, 2.0]
        assert np.isnan(y).tolist() == [False, False, True, False, False, True]
    assert [each.stop - each.start for each in curve_of(*curve.thinned(100)).pieces] == [2, 2, 0]
    curve.cut_after(0.5)
    assert [each.stop - each.start for each in curve.pieces] == [1, 0, 0]
