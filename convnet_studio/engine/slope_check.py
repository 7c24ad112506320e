"""Slope check: is an expression's slope the one that can be measured, and where does it have kinks, jumps or no value?

Every slope on a fine grid is compared with central differences, of two widths and extrapolated (Richardson 1911), whose
own error is near 1e-10. Kinks and jumps between the points of the grid show as a change of value that is not the
integral of the slope (Simpson's rule).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.expression import Expression

LOW, HIGH = -5.0, 5.0
"""What is looked at: about where the inputs of a non-linearity lie."""
_CELLS = 1000
_WIDTH = 1e-5
TOLERANCE = 1e-6
"""Differences below this part of the largest slope nearby are rounding."""
_NAMED = 3
"""Places named at most."""


@dataclass(frozen=True)
class SlopeCheck:
    """What was found between `LOW` and `HIGH`.

    Attributes:
        error: the largest difference from the measured slope, as a part of the largest slope, away from `breaks`.
        breaks: where the slope or the value jumps, rounded to the grid.
        undefined: the smallest and the largest number looked at without a finite value or slope; None where all have.
    """

    error: float
    breaks: tuple[float, ...]
    undefined: tuple[float, float] | None

    def sentence(self) -> str:
        """What a person should know, in one or two sentences."""
        span = f"{LOW:g} to {HIGH:g}"
        said = [f"From {span} the slope agrees with the measured one to {max(self.error, 1e-12):.0e}."]
        if self.error > TOLERANCE:
            said = [f"From {span} the slope and the measured one differ by up to {self.error:.0e}: it is too steep."]
        if self.breaks:
            places = ", ".join(f"{each:g}" for each in self.breaks[:_NAMED])
            more = " and more" if len(self.breaks) > _NAMED else ""
            said.append(f"Value or slope changes abruptly near x = {places}{more}.")
        if self.undefined:
            first, last = self.undefined
            where = f"at x = {first:g}" if first == last else f"in places from x = {first:g} to {last:g}"
            said.append(f"It has no finite value or slope {where}.")
        return " ".join(said)


def check_slope(expression: Expression, name: str) -> SlopeCheck:
    """Look at an expression of one name.

    Raises:
        ValueError: where it has no finite value anywhere.
    """
    grid = np.linspace(LOW, HIGH, 2 * _CELLS + 1)
    value, slope = _at(expression, name, grid)
    finite = np.isfinite(value) & np.isfinite(slope)
    if not finite.any():
        raise ValueError(f"It has no finite value anywhere from {LOW:g} to {HIGH:g}: write another formula.")
    measured = (4 * _difference(expression, name, grid, _WIDTH / 2) - _difference(expression, name, grid, _WIDTH)) / 3
    largest = max(1e-3, float(np.abs(slope[finite]).max()))
    breaks, near = _breaks(grid, value, slope, largest)
    errors = np.abs(measured - slope)[finite & ~near & np.isfinite(measured)] / largest
    missing = grid[~finite]
    return SlopeCheck(
        float(errors.max(initial=0)),
        breaks,
        (round(float(missing[0]), 3), round(float(missing[-1]), 3)) if len(missing) else None,
    )


def _at(expression: Expression, name: str, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    value, slope = expression.value_and_slope(name, **{name: x})
    return np.broadcast_to(value, x.shape), np.broadcast_to(slope, x.shape)


def _difference(expression: Expression, name: str, x: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    above, below = (np.asarray(expression.value(**{name: x + step})) for step in (width, -width))
    with np.errstate(all="ignore"):
        return np.broadcast_to((above - below) / (2 * width), x.shape)


def _breaks(
    grid: NDArray[np.float64], value: NDArray[np.float64], slope: NDArray[np.float64], largest: float
) -> tuple[tuple[float, ...], NDArray[np.bool_]]:
    """Where value and slope do not fit together, and which points of the grid are near."""
    step = grid[1] - grid[0]
    with np.errstate(all="ignore"):
        integral = step / 3 * (slope[:-2:2] + 4 * slope[1::2] + slope[2::2])
        wrong = np.abs(value[2::2] - value[:-2:2] - integral) > 1e-5 * largest * step
    near = np.zeros(grid.shape, bool)
    places: list[float] = []
    for cell in np.flatnonzero(wrong):
        near[2 * cell : 2 * cell + 3] = True
        jump = 2 * cell + 1 + int(np.argmax(np.abs(np.diff(slope[2 * cell : 2 * cell + 3]))))
        place = round(float(grid[jump]), 2) + 0.0
        if not places or place - places[-1] > 4.5 * step:
            places.append(place)
    return tuple(places), near
