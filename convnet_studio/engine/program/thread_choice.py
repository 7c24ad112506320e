"""Thread choice: whether the second thread is worth having just now.

On a quiet machine two threads are nearly twice as fast. Where another process holds a core, the second thread is
interrupted with its slot half done, and waiting for it can cost more than the work. Results do not depend on it, so the
faster way is simply taken, and the other one tried again: soon, if that has paid lately, else less and less often.
"""

from __future__ import annotations

_TRIAL = 3
"""Calls of a trial; the first is not counted, as the second thread may still have to wake."""
_SOONEST, _LATEST = 16, 256
"""Calls from the end of one trial to the next, or fewer, once these have taken `_LONG`."""
_LONG = 0.5
"""Seconds."""
_SUDDENLY = 1.5
"""So many times slower than at the end of the last trial, and the other way is tried at once."""


class ThreadChoice:
    """Chooses one or two threads for calls of one kind, by what the last ones took. Begins with a trial of each."""

    def __init__(self) -> None:
        self._threads = 1  # what is taken between trials
        self._tried = 2
        self._trial_left = _TRIAL
        self._until_trial = 0
        self._pause = _SOONEST
        self._since_trial = 0.0  # seconds
        self._seconds = {1: 0.0, 2: 0.0}  # for each sample; 0: not known
        self._expected = 0.0

    def choose(self) -> int:
        """The number of threads of the next call."""
        if self._trial_left:
            return self._tried
        self._until_trial -= 1
        if self._until_trial <= 0:
            self._begin_trial(3 - self._threads)
            return self._tried
        return self._threads

    def note(self, threads: int, call_seconds: float, samples: int) -> None:
        """Take down what a call took with so many threads."""
        seconds = call_seconds / samples
        if self._trial_left:
            self._trial_left -= 1
            if self._trial_left < _TRIAL - 1:
                self._seconds[threads] = min(seconds, self._seconds[threads] or seconds)
            if not self._trial_left:
                self._end_trial()
            return
        self._since_trial += call_seconds
        if self._since_trial > _LONG and self._pause - self._until_trial >= _SOONEST:
            self._until_trial = 0
        self._seconds[threads] = 0.7 * (self._seconds[threads] or seconds) + 0.3 * seconds
        if self._seconds[threads] > _SUDDENLY * self._expected:
            self._until_trial = 0

    def _begin_trial(self, threads: int) -> None:
        self._tried, self._trial_left = threads, _TRIAL
        self._seconds[threads] = 0.0

    def _end_trial(self) -> None:
        if not self._seconds[3 - self._tried]:
            self._begin_trial(3 - self._tried)
            return
        faster = 2 if self._seconds[2] <= self._seconds[1] else 1
        self._pause = _SOONEST if faster != self._threads else min(2 * self._pause, _LATEST)
        self._threads, self._until_trial = faster, self._pause
        self._expected, self._since_trial = self._seconds[faster], 0.0
