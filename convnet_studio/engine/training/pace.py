"""Pace: how many steps may be made now when the user wants to watch them slowly."""

from __future__ import annotations

from time import perf_counter

UNLIMITED = 1_000_000_000
LARGEST_ARREARS = 0.05
"""Seconds of steps that are made up for at most, after a pause or where the engine is slower than the pace."""


class Pace:
    """A limit of steps per second (None: no limit)."""

    def __init__(self) -> None:
        self._limit: float | None = None
        self._due = 0.0

    def set_limit(self, steps_per_second: float | None) -> None:
        """Change the limit from now on.

        Raises:
            ValueError: if it is not above 0.
        """
        if steps_per_second is not None and not steps_per_second > 0:
            raise ValueError(f"A speed of {steps_per_second} steps per second is not above 0.")
        self._limit = steps_per_second
        self._due = perf_counter()

    def seconds_to_wait(self) -> float:
        """Until the next step may be made."""
        return 0.0 if self._limit is None else max(0.0, self._due - perf_counter())

    def steps_allowed(self) -> int:
        """How many steps may be made now, at least one."""
        if self._limit is None:
            return UNLIMITED
        return 1 + int(min(perf_counter() - self._due, LARGEST_ARREARS) * self._limit)

    def note(self, steps: int) -> None:
        """So many steps were made."""
        if self._limit is not None:
            self._due = max(self._due, perf_counter() - LARGEST_ARREARS) + steps / self._limit
