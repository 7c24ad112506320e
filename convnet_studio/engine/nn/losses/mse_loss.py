"""MSELoss: the mean squared distance to a one-hot target."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.loss import Loss, check_class_scores
from convnet_studio.engine.nn.module import Array, Shape


class MSELoss(Loss):
    """The mean over the outputs of (y - t)², where t is 1 at the right class and 0 elsewhere.

    The mean over elements, without ½, as MSELoss of PyTorch and MSECriterion of Torch7.
    """

    word: ClassVar = "squared distance"
    formula: ClassVar = r"L = \frac{1}{n} \sum_o (y_o - t_o)^2"

    def check_shape(self, prediction: Shape, classes: int) -> None:
        """``(classes,)``."""
        check_class_scores(prediction, classes)

    def target(self, labels: Array, prediction: Shape) -> Array:
        """One row for each label, ``(batch, classes)``: 1 at the label, 0 elsewhere."""
        one_hot = np.zeros((len(labels), *prediction), np.float32)
        one_hot[np.arange(len(labels)), labels] = 1
        return one_hot

    def forward(self, prediction: Array, target: Array) -> Array:
        """``(batch, classes)`` twice to ``(batch,)``."""
        difference: Array = prediction - target
        self._difference = difference
        loss: Array = np.square(difference).mean(axis=1)
        return loss

    def backward(self) -> Array:
        """2 (y - t) / n."""
        grad: Array = self._difference * (2 / self._difference.shape[1])
        return grad
