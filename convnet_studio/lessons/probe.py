"""Probe: one number that a lesson measures on the network or reads from a bench; the contract of ``probes/``."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.registry import Registry
from convnet_studio.engine.training.inquiry import Moment
from convnet_studio.lessons.fields import Fields
from convnet_studio.lessons.scene import module_called

REDUCTIONS: Mapping[str, Callable[[Array], float]] = {
    "sum": lambda a: float(np.sum(a)),
    "mean": lambda a: float(np.mean(a)),
    "max": lambda a: float(np.max(a)),
    "min": lambda a: float(np.min(a)),
    "largest": lambda a: float(np.max(np.abs(a))),
    "std": lambda a: float(np.std(a)),
    "norm": lambda a: float(np.sqrt(np.sum(a * a))),
    "argmax": lambda a: float(np.argmax(a)),
    "argmin": lambda a: float(np.argmin(a)),
    "nonzeros": lambda a: float(np.count_nonzero(a)),
    "count": lambda a: float(np.size(a)),
}
"""How several numbers become one."""


class Desk:
    """What probes look at: a moment of the run, how the benches are set, and one picture's pass through the network.

    The pass is made once, in float64, on a network of its own with the weights of now: probes may not disturb training.
    """

    def __init__(self, moment: Moment, benches: Mapping[str, Bench]) -> None:
        self.moment = moment
        self.benches = benches

    @property
    def project(self) -> Project:
        """As it is built now."""
        return self.moment.run.project

    def module(self, text: str) -> str:
        """The id of a module by id, name or kind."""
        return text if text in self.moment.run.network.nodes else module_called(self.project, text).id

    def bench(self, name: str) -> Bench:
        """How a bench is set."""
        return self.benches.get(name) or Bench.registry[name]()

    @cached_property
    def twin(self) -> Network:
        """The network in float64 with the weights of now."""
        return self.moment.run.twin(np.float64)

    @cached_property
    def outputs(self) -> Mapping[str, Array]:
        """What each module puts out for the shown picture, by id, without the batch axis."""
        computed = self.twin.forward(self.moment.picture[None].astype(np.float64))
        return {each: array[0] for each, array in computed.items()}

    @cached_property
    def loss(self) -> float:
        """Of the shown picture, over all losses.

        Raises:
            ValueError: where the network has none.
        """
        assert self.outputs is not None  # the pass forward comes first
        if not self.twin.losses:
            raise ValueError("The network has no loss: connect its modules up to one.")
        return float(self.twin.loss(np.array([self.moment.label]))[0])

    @cached_property
    def gradients(self) -> Mapping[str, Array]:
        """∂loss/∂output of each module that reaches a loss, by id, without the batch axis.

        The parameters of `twin` have theirs too, afterwards.
        """
        assert self.loss is not None  # the loss comes before its gradient
        self.twin.gradients[...] = 0
        return {each: array[0] for each, array in self.twin.backward().items()}


@dataclass(frozen=True)
class Probe(ABC):
    """Subclasses are frozen dataclasses; their fields are the keys beside ``of`` in a lesson file.

    Attributes:
        index: of the number that is meant, where there are several. `reduce`: or how they become one (`REDUCTIONS`).
    """

    registry: ClassVar[Registry[type[Probe]]] = Registry("probe")

    of: ClassVar[str]
    """What a lesson file calls it."""

    index: tuple[int, ...] = ()
    reduce: str = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls) and "of" in vars(cls):
            Probe.registry.add(cls.of, cls)

    def __post_init__(self) -> None:
        if self.reduce and self.reduce not in REDUCTIONS:
            raise ValueError(f"reduce is {self.reduce!r}: choose one of {', '.join(REDUCTIONS)}.")

    @abstractmethod
    def measure(self, desk: Desk) -> float | Array:
        """The number or numbers.

        Raises:
            ValueError: one sentence, where there are none.
        """

    def read(self, desk: Desk) -> float:
        """The one number that is meant.

        Raises:
            ValueError: one sentence, where there is none.
        """
        numbers = np.asarray(self.measure(desk), np.float64)
        if self.index:
            if len(self.index) > numbers.ndim or any(i >= n for i, n in zip(self.index, numbers.shape, strict=False)):
                raise ValueError(f"There is no number at index {list(self.index)} of {list(numbers.shape)}.")
            numbers = numbers[self.index]
        if self.reduce:
            return REDUCTIONS[self.reduce](numbers)
        if numbers.size != 1:
            raise ValueError(
                f"There are {numbers.size} numbers, of shape {list(numbers.shape)}: give an index or reduce."
            )
        return float(numbers.reshape(())) if numbers.ndim == 0 else float(numbers.reshape(-1)[0])


def read_probe(fields: Fields) -> Probe:
    """The probe that a table of a lesson file describes.

    Raises:
        LessonProblem: one sentence.
    """
    of = fields.text("of", longest=40)
    if of not in Probe.registry:
        raise fields.wrong(f"there is no probe {of!r}: there are {', '.join(Probe.registry)}.")
    return fields.into(Probe.registry[of])
