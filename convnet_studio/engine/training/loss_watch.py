"""Loss watch: notices that the loss explodes, at the very step, whether or not it stays finite."""

from __future__ import annotations

import math

EXPLOSION = 4.0
"""How many times its first value the smoothed loss may reach. Learning begins at chance, and whoever is so much worse
than chance for hundreds of samples is sure of wrong answers: the weights have been thrown out of reach."""
SMALLEST_REFERENCE = 1.0
"""A loss that begins below this, such as that of a trained network, is judged as if it had begun here."""
SAMPLES = 512
"""How many samples the loss is smoothed over, so that a few odd ones at batch size 1 raise no alarm."""


class LossWatch:
    """An exponential mean of the loss, and what it was at first.

    With a saturating non-linearity and a log-likelihood, far too high a learning rate gives losses in the thousands
    that never become infinite: waiting for a number that is not finite would miss most divergence there is.
    """

    __slots__ = ("_limit", "first", "smoothed")

    def __init__(self) -> None:
        self.first = math.nan
        self.smoothed = math.nan
        self._limit = math.nan

    def accepts(self, loss: float, count: int) -> bool:
        """Take note of the mean `loss` of a step over `count` samples; False if training has diverged."""
        smoothed = self.smoothed
        if smoothed != smoothed:  # nan: nothing was noted yet
            smoothed = loss
            if self.first != self.first:
                self.first = loss
                self._limit = EXPLOSION * max(loss, SMALLEST_REFERENCE) if math.isfinite(loss) else math.nan
        else:
            smoothed += (loss - smoothed) * min(1.0, count / SAMPLES)
        self.smoothed = smoothed
        return smoothed < self._limit  # False with nan

    @property
    def has_exploded(self) -> bool:
        """Whether the last step was not accepted."""
        return not self.smoothed < self._limit

    def forget_recent(self) -> None:
        """Begin the mean anew, after a return to an earlier step; what the loss was at first stays."""
        self.smoothed = math.nan
