"""Schedule: the learning rate as a function of how much of the training is done."""

from __future__ import annotations

SCHEDULES = ("constant", "linear to 0")
"""What the training form offers; `rate_at` knows each."""


def rate_at(schedule: str, initial_rate: float, progress: float) -> float:
    """The learning rate after the fraction `progress` (0 .. 1) of all planned steps.

    Raises:
        ValueError: if `schedule` is none of SCHEDULES.
    """
    if schedule == "constant":
        return initial_rate
    if schedule == "linear to 0":
        return initial_rate * max(0.0, 1.0 - progress)
    raise ValueError(f"There is no schedule {schedule!r}; there are {', '.join(SCHEDULES)}.")
