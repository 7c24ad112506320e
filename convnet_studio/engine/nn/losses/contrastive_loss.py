"""ContrastiveLoss: pictures of one class come together, others keep a distance."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.joining import require_equal
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Shape, ShapeProblem, setting


class ContrastiveLoss(Loss):
    """Half the squared distance of a pair of one class; of any other, half the square of what lacks to the margin.

    Its two inputs come from one network with shared weights, that sees the sample and its partner: DrLIM of Hadsell,
    Chopra and LeCun, Dimensionality reduction by learning an invariant mapping (2006), eq. 4. A pair at distance 0 is
    not pushed apart.
    """

    word: ClassVar = "pairs near or far"
    formula: ClassVar = r"L = \frac{s}{2} D^2 + \frac{1 - s}{2} \max(0, m - D)^2, \quad D = \|a - b\|"
    input_count: ClassVar = 2
    compares_pairs: ClassVar = True

    margin: float = setting(1.0, "Margin", "How far pairs of two classes should be apart.", minimum=0.01, maximum=100)

    def judges_classes(self) -> bool:
        """Never: it judges distances."""
        return False

    def check_shape(self, one: Shape, other: Shape, classes: int) -> None:
        """Two lists of one length."""
        if len(one) != 1:
            raise ShapeProblem("ContrastiveLoss compares two lists of numbers, not maps", "put a Flatten before it")
        require_equal("ContrastiveLoss", one, other)

    def forward(self, one: Array, other: Array, same: Array) -> Array:
        """``(batch, n)`` twice and whether each pair is of one class (1 or 0, ``(batch,)``) to ``(batch,)``."""
        self._difference = one - other
        self._same = same[:, None] == 1
        self._distance = np.sqrt(np.square(self._difference).sum(axis=1, keepdims=True))
        lacking = np.maximum(one.dtype.type(self.margin) - self._distance, 0)
        loss: Array = np.square(np.where(self._same, self._distance, lacking))[:, 0] / 2
        return loss

    def backward(self) -> tuple[Array, Array]:
        """a - b for a pair of one class, -(m - D)(a - b) / D for another within the margin."""
        distance = self._distance
        lacking = np.maximum(distance.dtype.type(self.margin) - distance, 0)
        push = np.divide(-lacking, distance, out=np.zeros_like(distance), where=distance > 0)
        grad: Array = np.where(self._same, distance.dtype.type(1), push) * self._difference
        return grad, -grad
