"""MultiMarginLoss: the hinge loss of several classes."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.loss import Loss, check_class_scores
from convnet_studio.engine.nn.module import Array, Shape, setting


class MultiMarginLoss(Loss):
    """The right class shall lead every other by a margin: what is missing, to the power p, is the loss.

    The sum over the other classes, divided by the number of classes, as MultiMarginLoss of PyTorch and
    MultiMarginCriterion of Torch7; slope 0 where a lead is exactly the margin. Crammer and Singer, On the algorithmic
    implementation of multiclass kernel-based vector machines (2001), take the worst of the other classes instead.
    """

    word: ClassVar = "hinge"
    formula: ClassVar = r"L = \frac{1}{n} \sum_{o \neq t} \max(0, \; m - x_t + x_o)^p"

    p: int = setting(1, "Power", "1: what is missing; 2: its square.", minimum=1, maximum=2)
    margin: float = setting(1.0, "Margin", "By how much the right class shall lead.", minimum=0, maximum=1000)

    def check_shape(self, prediction: Shape, classes: int) -> None:
        """``(classes,)``."""
        check_class_scores(prediction, classes)

    def forward(self, prediction: Array, target: Array) -> Array:
        """``(batch, classes)`` and ``(batch,)`` to ``(batch,)``."""
        rows, count = np.arange(len(target)), prediction.shape[1]
        missing: Array = np.maximum(self.margin - prediction[rows, target][:, None] + prediction, 0)
        missing[rows, target] = 0
        grad: Array = (missing > 0) * (self.p * missing ** (self.p - 1) / count)
        grad[rows, target] = -grad.sum(axis=1)
        self._grad = grad.astype(prediction.dtype, copy=False)
        loss: Array = (missing**self.p).sum(axis=1) / count
        return loss

    def backward(self) -> Array:
        """p missing^(p-1) / n at each class whose lead is too small, minus their sum at the right one."""
        return self._grad.copy()
