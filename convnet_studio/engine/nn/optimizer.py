"""Optimizer: how a gradient moves the parameters, the contract that every file in ``optimizers/`` fulfils."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from typing import Any, ClassVar

from convnet_studio.engine.nn.module import Array, Configured
from convnet_studio.engine.registry import Registry


class Optimizer(Configured):
    """An update rule over the flat parameter vector.

    `rate` is the learning rate of the next step: the trainer sets it from the schedule. The state is a dict of flat
    arrays shaped like the parameter vector, so that a checkpoint or an edit of the network carries it along.
    """

    registry: ClassVar[Registry[type[Optimizer]]] = Registry("optimizer")

    word: ClassVar[str]
    formula: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            Optimizer.registry.add(cls.__name__, cls)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rate = 0.0
        self.state: dict[str, Array] = {}

    @abstractmethod
    def update(self, parameters: Array, gradients: Array) -> None:
        """Move `parameters` (flat) in place against `gradients` (flat, left as they are)."""
