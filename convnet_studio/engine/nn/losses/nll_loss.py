"""NLLLoss: the negative log-likelihood of the right class."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.loss import Loss, check_class_scores
from convnet_studio.engine.nn.module import Array, Shape


class NLLLoss(Loss):
    """Minus the log-probability that the prediction gives to the right class, as in Torch7 and PyTorch.

    The prediction must be log-probabilities: it comes from a LogSoftmax.
    """

    word: ClassVar = "negative log-likelihood"
    formula: ClassVar = r"L = -y_t"

    def probabilities(self, scores: Array) -> Array | None:
        """Their exponentials, where these add up to 1: else no LogSoftmax made them."""
        with np.errstate(all="ignore"):
            powers: Array = np.exp(scores.astype(np.float64))
            return powers if (np.abs(powers.sum(axis=1) - 1) < 1e-3).all() else None

    def check_shape(self, prediction: Shape, classes: int) -> None:
        """``(classes,)``."""
        check_class_scores(prediction, classes)

    def forward(self, prediction: Array, target: Array) -> Array:
        """``(batch, classes)`` and ``(batch,)`` to ``(batch,)``."""
        self._shape, self._dtype, self._target = prediction.shape, prediction.dtype, target
        return -prediction[np.arange(len(target)), target]

    def backward(self) -> Array:
        """-1 at the right class, 0 elsewhere."""
        grad = np.zeros(self._shape, self._dtype)
        grad[np.arange(len(grad)), self._target] = -1
        return grad
