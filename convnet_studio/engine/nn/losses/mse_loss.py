"""MSELoss: the mean squared distance to a one-hot target, or to another wire."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.squared_distance import SquaredDistance


class MSELoss(SquaredDistance):
    """The mean over the outputs of (y - t)², where t is 1 at the right class and 0 elsewhere, or comes over a wire.

    The mean over elements, without ½, as MSELoss of PyTorch and MSECriterion of Torch7.
    """

    word: ClassVar = "mean squared distance"
    formula: ClassVar = r"L = \frac{1}{n} \sum_o (y_o - t_o)^2"

    def scale(self, count: int) -> float:
        """The mean."""
        return 1 / count
