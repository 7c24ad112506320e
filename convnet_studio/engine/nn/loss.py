"""Loss: what training makes small, the contract that every file in ``losses/`` fulfils."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from typing import Any, ClassVar

from convnet_studio.engine.nn.module import Array, Configured, Family, Shape, ShapeProblem
from convnet_studio.engine.registry import Registry


class Loss(Configured):
    """A number for each sample that says how wrong a prediction is.

    A loss takes one prediction over a wire and the class labels from the data; `target` turns labels into what it
    compares with. The loss of a mini-batch is the **mean** of `forward` over its samples.
    """

    registry: ClassVar[Registry[type[Loss]]] = Registry("loss")

    family: ClassVar[Family] = Family.LOSS
    word: ClassVar[str]
    formula: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            Loss.registry.add(cls.__name__, cls)

    @abstractmethod
    def check_shape(self, prediction: Shape, classes: int) -> None:
        """Raise ShapeProblem where a prediction of this shape can't be compared with `classes` classes."""

    @abstractmethod
    def target(self, labels: Array, prediction: Shape) -> Array:
        """What predictions of shape `prediction` are compared with, for labels ``(batch,)`` in 0 .. classes-1."""

    @abstractmethod
    def forward(self, prediction: Array, target: Array) -> Array:
        """The loss of each sample, ``(batch,)``; keeps what `backward` needs."""

    @abstractmethod
    def backward(self) -> Array:
        """The gradient of each sample's loss by its prediction, shaped like the prediction (not divided by batch)."""


def check_class_scores(prediction: Shape, classes: int) -> None:
    """Raise ShapeProblem unless a prediction is one number for each of `classes` classes (0: there are none)."""
    if not classes:
        raise ShapeProblem("The pictures have no classes to compare with", "choose a data set that has classes")
    if len(prediction) != 1:
        found = "×".join(str(size) for size in prediction)
        raise ShapeProblem(
            f"The loss needs a list of numbers, not {found} maps", "put a Flatten and a Linear before it"
        )
    if prediction[0] != classes:
        raise ShapeProblem(
            f"The loss needs {classes} numbers, one for each class, but gets {prediction[0]}",
            f"set Outputs of the last Linear to {classes}",
        )
