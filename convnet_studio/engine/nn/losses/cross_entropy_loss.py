"""CrossEntropyLoss: the negative log-likelihood of the right class, from scores."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.loss import Loss, check_class_scores
from convnet_studio.engine.nn.module import Array, Shape


class CrossEntropyLoss(Loss):
    """LogSoftmax and NLLLoss in one: minus the log-probability that scores give to the right class.

    The prediction is scores of any size, straight from a Linear; as CrossEntropyLoss of PyTorch.
    """

    word: ClassVar = "cross-entropy of scores"
    formula: ClassVar = r"L = \log \sum_j e^{x_j} - x_t"

    def probabilities(self, scores: Array) -> Array | None:
        """Their softmax."""
        numbers = scores.astype(np.float64)
        with np.errstate(all="ignore"):
            powers: Array = np.exp(numbers - numbers.max(axis=1, keepdims=True))
            powers /= powers.sum(axis=1, keepdims=True)
        return powers

    def check_shape(self, prediction: Shape, classes: int) -> None:
        """``(classes,)``."""
        check_class_scores(prediction, classes)

    def forward(self, prediction: Array, target: Array) -> Array:
        """``(batch, classes)`` and ``(batch,)`` to ``(batch,)``."""
        shifted = prediction - prediction.max(axis=1, keepdims=True)
        powers = np.exp(shifted)
        total = powers.sum(axis=1)
        self._probabilities, self._target = powers / total[:, None], target
        loss: Array = np.log(total) - shifted[np.arange(len(target)), target]
        return loss

    def backward(self) -> Array:
        """The probabilities, less 1 at the right class."""
        grad: Array = self._probabilities.copy()
        grad[np.arange(len(grad)), self._target] -= 1
        return grad
