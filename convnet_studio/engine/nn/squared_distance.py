"""SquaredDistance: the losses that sum squared differences, to one-hot targets or to a second wire."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from convnet_studio.engine.nn.joining import require_equal
from convnet_studio.engine.nn.loss import Loss, check_class_scores
from convnet_studio.engine.nn.module import Array, Shape, setting


class SquaredDistance(Loss):
    """A scale times the sum of the squared differences to what it is `compared_with`."""

    compared_with: str = setting(
        "label", "Target", "1 at the right class and 0 elsewhere, or the numbers of a second wire.",
        choices=("label", "wire"),
    )  # fmt: skip

    @abstractmethod
    def scale(self, count: int) -> float:
        """What each square counts in a prediction of so many numbers."""

    def port_count(self) -> int:
        """One, and another for the wire that it compares with."""
        return 2 if self.compared_with == "wire" else 1

    def judges_classes(self) -> bool:
        """Only where it compares with labels."""
        return self.compared_with == "label"

    def check_shape(self, prediction: Shape, *desired: Shape, classes: int) -> None:
        """``(classes,)``, or two wires of one shape."""
        if desired:
            require_equal(type(self).__name__, prediction, *desired)
        else:
            check_class_scores(prediction, classes)

    def target(self, labels: Array, *predictions: Shape) -> Array:
        """One row for each label, ``(batch, classes)``: 1 at the label, 0 elsewhere; unused where a wire tells."""
        if not self.judges_classes():
            return labels
        one_hot = np.zeros((len(labels), *predictions[0]), np.float32)
        one_hot[np.arange(len(labels)), labels] = 1
        return one_hot

    def forward(self, prediction: Array, desired: Array, *labels: Array) -> Array:
        """``(batch, *shape)`` twice, the second one-hot or a wire (then labels follow, unused), to ``(batch,)``."""
        difference: Array = prediction - desired
        self._difference = difference
        loss: Array = np.square(difference).reshape(len(difference), -1).sum(axis=1)
        return loss * self._scale

    def backward(self) -> Array | tuple[Array, Array]:
        """2 (y - t) times the scale, and minus that for the wire."""
        grad: Array = self._difference * (2 * self._scale)
        return grad if self.port_count() == 1 else (grad, -grad)

    @property
    def _scale(self) -> float:
        return self.scale(self._difference[0].size)
