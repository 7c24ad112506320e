"""Points of a curve: which one a reading means."""

from __future__ import annotations

import numpy as np

from convnet_studio.ui.controls.curve import Curve


def test_the_last_of_several_points_at_one_place_is_read() -> None:
    curve = Curve()
    curve.extend(np.array([0.0, 5.0, 5.0]), np.array([2.3, 0.1, 3.7]))
    assert curve.nearest(5.0) == 2
    curve.extend(np.array([6.0]), np.array([0.2]))
    assert [curve.nearest(x) for x in (-1.0, 5.0, 5.2, 9.0)] == [0, 2, 2, 3]
