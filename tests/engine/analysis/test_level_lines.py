"""Level lines lie where the function has the level, and levels are round."""

from __future__ import annotations

import numpy as np
import pytest

from convnet_studio.engine.analysis.level_lines import even_levels, level_lines, log_levels


def test_lines_of_a_plane_are_exact() -> None:
    rows, columns = np.mgrid[:7, :9]
    lines = level_lines(2.0 * columns + 3.0 * rows, 11.3)
    assert len(lines)
    assert np.allclose(2 * lines[..., 0] + 3 * lines[..., 1], 11.3)


def test_a_circle_is_closed_and_round() -> None:
    rows, columns = np.mgrid[-1:1:81j, -1:1:81j]
    lines = level_lines(rows**2 + columns**2, 0.48)
    points = lines / 40 - 1
    assert np.allclose(np.hypot(points[..., 0], points[..., 1]), np.sqrt(0.48), atol=1e-3)
    length = np.linalg.norm(points[:, 0] - points[:, 1], axis=1).sum()
    assert length == pytest.approx(2 * np.pi * np.sqrt(0.48), rel=1e-3)
    ends = np.round(lines.reshape(-1, 2), 9)
    _, counts = np.unique(ends, axis=0, return_counts=True)
    assert (counts == 2).all()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("level", [-0.2, 0.2])
def test_a_saddle_has_two_lines_that_do_not_cross(sign: int, level: float) -> None:
    rows, columns = np.mgrid[-1:1:2j, -1:1:2j]
    lines = level_lines(sign * rows * columns, level)
    assert lines.shape == (2, 2, 2)
    middles = lines.mean(axis=1) - 0.5  # each line bends around a corner that lies on the other side of the level
    assert (np.sign(middles[:, 0] * middles[:, 1]) == sign * np.sign(level)).all()


def test_cells_that_are_not_finite_have_no_line() -> None:
    values = np.tile(np.arange(5.0), (5, 1))
    values[2, 2] = np.nan
    lines = level_lines(values, 1.5)
    assert len(lines) == 2  # of four rows of cells, two touch the hole


def test_levels_are_round_and_inside() -> None:
    assert even_levels(0.0, 1.125) == tuple(round(0.1 * n, 12) for n in range(1, 12))
    assert even_levels(0.0, 6.3) == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert even_levels(1.0, 1.0) == ()
    assert even_levels(0.0, np.inf) == ()
    assert log_levels(0.03, 0.6) == pytest.approx((0.05, 0.1, 0.2, 0.5))
    assert log_levels(0.0, 1.0) == ()
