"""Thread choice: whether the second thread is worth having just now.

On a quiet machine two threads are nearly twice as fast. Where another process holds a core, the second thread is
interrupted with its slot half done, and waiting for it can cost more than the work. Results do not depend on it, so the
faster way is simply taken, and the other one tried again from time to time.
"""

from __future__ import annotations

_TRY_EVERY = 512
"""Calls from one trial of the other way to the next."""
_TRIAL = 2
"""Calls of a trial: in the first the second thread may still have to wake."""


class ThreadChoice:
    """Chooses one or two threads for calls of one kind, by what the last ones took."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        """For each sample, by the number of threads, mostly of the last calls."""
        self._calls = 0

    def choose(self) -> int:
        """The number of threads of the next call."""
        self._calls += 1
        if len(self._seconds) < 2:
            return 2 if self._calls <= _TRIAL else 1
        faster = 2 if self._seconds[2] <= self._seconds[1] else 1
        return 3 - faster if self._calls % _TRY_EVERY < _TRIAL else faster

    def note(self, threads: int, seconds: float) -> None:
        """Take down what a sample took with so many threads."""
        if self._calls % _TRY_EVERY < _TRIAL - 1:
            return
        before = self._seconds.get(threads, seconds)
        self._seconds[threads] = 0.7 * before + 0.3 * seconds
