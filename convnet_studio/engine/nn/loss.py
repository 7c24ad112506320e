"""Loss: what training makes small, the contract that every file in ``losses/`` fulfils."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from convnet_studio.engine.nn.module import Array, Configured, Family, Shape, ShapeProblem, setting
from convnet_studio.engine.registry import Registry


class Loss(Configured):
    """A number for each sample that says how wrong a prediction is.

    A loss takes one prediction over a wire, or several, and the class labels from the data; `target` turns labels
    into what it compares with. The loss of a mini-batch is the **mean** of `forward` over its samples, times `weight`;
    that of a network is the sum over its losses. A prediction of one position, ``(n, 1, 1)``, reaches a loss as the
    list ``(n,)``.
    """

    registry: ClassVar[Registry[type[Loss]]] = Registry("loss")

    family: ClassVar[Family] = Family.LOSS
    word: ClassVar[str]
    formula: ClassVar[str]
    input_count: ClassVar[int] = 1
    """How many input ports it has unless settings say otherwise (`port_count`)."""
    compares_pairs: ClassVar[bool] = False
    """Whether it compares a sample with its partner: its labels then are 1 where both are of one class, else 0."""

    check_shape: ClassVar[Callable[..., None]]
    """``check_shape(*predictions, classes=classes)``: raises ShapeProblem where predictions of these shapes can't be
    compared with `classes` classes."""
    forward: ClassVar[Callable[..., Array]]
    """``forward(*predictions, target)``: the loss of each sample, ``(batch,)``, without `weight`; keeps what `backward`
    needs."""
    backward: ClassVar[Callable[..., Array | tuple[Array, ...]]]
    """``backward()``: the gradient of each sample's loss by its prediction, one for each port."""

    weight: float = setting(1.0, "Weight", "What this loss counts in the sum of all losses.", minimum=0, maximum=1e6)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls) and hasattr(cls, "forward"):
            Loss.registry.add(cls.__name__, cls)

    def port_count(self) -> int:
        """How many input ports it has with these settings."""
        return self.input_count

    def judges_classes(self) -> bool:
        """Whether its first input has a number for each class, the largest of which is the network's answer."""
        return True

    def probabilities(self, scores: Array) -> Array | None:
        """What it is given ``(batch, classes)`` as probabilities of the classes, float64.

        None where scores have no such meaning to it, as unless stated.
        """
        return None

    def target(self, labels: Array, *predictions: Shape) -> Array:
        """What predictions of these shapes are compared with, for labels ``(batch,)`` in 0 .. classes-1."""
        return labels


def as_list(shape: Shape) -> Shape:
    """The shape in which a loss gets a prediction: that of one position, ``(n, 1, 1)``, is a list."""
    return shape[:1] if all(size == 1 for size in shape[1:]) else shape


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
