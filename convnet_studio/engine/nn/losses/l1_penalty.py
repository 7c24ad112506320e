"""L1Penalty: activity costs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Shape, setting


class L1Penalty(Loss):
    """The sum of the absolute values on a wire, so that a code becomes sparse; it stands beside another loss.

    The penalty of sparse coding: Olshausen and Field (1996); Kavukcuoglu, Ranzato and LeCun, Fast inference in sparse
    coding algorithms (2008). Its slope at 0 is 0. L1Penalty of Torch7.
    """

    word: ClassVar = "activity costs"
    formula: ClassVar = r"L = \sum_i |z_i|"

    weight: float = setting(0.001, "Weight", "What this loss counts in the sum of all losses.", minimum=0, maximum=1e6)

    def judges_classes(self) -> bool:
        """Never: it knows no label."""
        return False

    def check_shape(self, activity: Shape, classes: int) -> None:
        """Any."""

    def forward(self, activity: Array, labels: Array) -> Array:
        """``(batch, *shape)`` and labels, which are unused, to ``(batch,)``."""
        self._sign = np.sign(activity)
        loss: Array = np.abs(activity).reshape(len(activity), -1).sum(axis=1)
        return loss

    def backward(self) -> Array:
        """The sign."""
        return self._sign
