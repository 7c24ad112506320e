"""EuclideanLoss: half the squared distance to a one-hot target, or to another wire."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.squared_distance import SquaredDistance


class EuclideanLoss(SquaredDistance):
    """Half the sum over the outputs of (y - t)², where t is 1 at the right class and 0 elsewhere, or comes over a wire.

    The sum over elements, with ½, so that the gradient is y - t: LeCun et al., Efficient BackProp (1998), eq. 1.
    """

    word: ClassVar = "half squared distance"
    formula: ClassVar = r"L = \frac{1}{2} \sum_o (y_o - t_o)^2"

    def scale(self, count: int) -> float:
        """The half of the sum."""
        return 0.5
