"""Line search: how far to go in a direction, by the strong Wolfe conditions.

A step t is taken when the loss has fallen enough, φ(t) <= φ(0) + c₁ t φ'(0), and the slope has become flat enough,
|φ'(t)| <= c₂ |φ'(0)|. Nocedal and Wright, Numerical optimization (2006), algorithms 3.5 and 3.6, eq. 3.59.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

SUFFICIENT = 1e-4
"""c₁"""
CURVATURE = 0.9
"""c₂: as for quasi-Newton directions, whose first step is nearly right."""
MOST_EVALUATIONS = 25


@dataclass(frozen=True)
class Point:
    """A step `t`, the loss there and its slope along the direction."""

    t: float
    loss: float
    slope: float


def strong_wolfe(phi: Callable[[float], Point], start: Point, first: float) -> Point:
    """A step that fulfils the conditions, or the best one found within MOST_EVALUATIONS.

    Args:
        phi: loss and slope after a step.
        start: at t = 0; its slope is negative.
        first: the step to try first.
    """
    before, t = start, first
    best = start
    for count in range(MOST_EVALUATIONS):
        now = phi(t)
        best = _lower(best, now)
        left = MOST_EVALUATIONS - count - 1
        if _is_too_high(now, start) or (count and now.loss >= before.loss):
            return _zoom(phi, start, before, now, left)
        if abs(now.slope) <= -CURVATURE * start.slope:
            return now
        if now.slope >= 0:
            return _zoom(phi, start, now, before, left)
        before, t = now, 2 * t
    return best


def _zoom(phi: Callable[[float], Point], start: Point, low: Point, high: Point, left: int) -> Point:
    """Close in between `low`, the lowest point that has fallen enough, and `high`."""
    for _ in range(left):
        now = phi(_between(low, high))
        if _is_too_high(now, start) or now.loss >= low.loss:
            high = now
        else:
            if abs(now.slope) <= -CURVATURE * start.slope:
                return now
            if now.slope * (high.t - low.t) >= 0:
                high = low
            low = now
        if abs(high.t - low.t) * -start.slope < 1e-9 * max(1.0, abs(start.loss)):
            break
    return low


def _is_too_high(now: Point, start: Point) -> bool:
    """Whether the loss has not fallen enough, or is no number at all."""
    return not now.loss <= start.loss + SUFFICIENT * now.t * start.slope


def _lower(a: Point, b: Point) -> Point:
    return b if b.loss < a.loss else a


def _between(a: Point, b: Point) -> float:
    """Where a cubic through both points is lowest; the middle where that is too near an end, or there is none."""
    middle = (a.t + b.t) / 2
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not (math.isfinite(square) and square >= 0):
        return middle
    d2 = math.copysign(math.sqrt(square), b.t - a.t)
    bottom = b.slope - a.slope + 2 * d2
    if not bottom:
        return middle
    t = b.t - (b.t - a.t) * (b.slope + d2 - d1) / bottom
    margin = 0.1 * abs(b.t - a.t)
    return t if min(a.t, b.t) + margin <= t <= max(a.t, b.t) - margin else middle
