"""BCEWithLogitsLoss: one yes-or-no question for each class."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.loss import Loss, check_class_scores
from convnet_studio.engine.nn.module import Array, Shape


class BCEWithLogitsLoss(Loss):
    """The binary cross-entropy of every output, a Sigmoid inside: t is 1 at the right class and 0 elsewhere.

    The mean over the outputs, as BCEWithLogitsLoss of PyTorch. Outputs need not share one probability, unlike those of
    CrossEntropyLoss: each says for itself whether its class is there.
    """

    word: ClassVar = "binary cross-entropy"
    formula: ClassVar = r"L = \frac{1}{n} \sum_o \left( \log(1 + e^{x_o}) - t_o \, x_o \right)"

    def check_shape(self, prediction: Shape, classes: int) -> None:
        """``(classes,)``."""
        check_class_scores(prediction, classes)

    def forward(self, prediction: Array, target: Array) -> Array:
        """``(batch, classes)`` and ``(batch,)`` to ``(batch,)``."""
        rows, count = np.arange(len(target)), prediction.shape[1]
        small = np.exp(-np.abs(prediction))  # never overflows
        terms = np.maximum(prediction, 0) + np.log1p(small)
        terms[rows, target] -= prediction[rows, target]
        grad: Array = np.where(prediction < 0, small, 1) / (1 + small)
        grad[rows, target] -= 1
        self._grad: Array = grad / count
        loss: Array = terms.mean(axis=1)
        return loss

    def backward(self) -> Array:
        """(σ(x) - t) / n."""
        return self._grad.copy()
