"""Inquiry: a question about the running network whose answer takes work, as a value, and the answers to such questions.

What a view can paint from outputs, parameters and gradients of the shown picture it asks for by `Probes`. Everything
else (an optimal stimulus, a surface of the loss, all test pictures by their answer) is an Inquiry. The worker takes it
up in small pieces between the steps of training; each new part of an answer goes into a box that keeps the newest.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.training.run import Run


@dataclass(frozen=True, eq=False)
class Moment:
    """What an inquiry is about: the run as it is now, and the picture that is shown to the network.

    Attributes:
        run: its network, program and data. Parameters change between two pieces of work while training goes on: who
            needs them to stay takes `answering_parameters` or a `twin`. Nothing here may be altered.
        picture: float32 ``input_shape``, read-only. `label`: its class, or -1.
    """

    run: Run
    picture: Array
    label: int

    def answering_parameters(self) -> Array:
        """A copy of the parameters that the run would answer with now."""
        with self.run.answering():
            return self.run.network.parameters.copy()

    def twin(self, dtype: type = np.float32) -> Network:
        """A network like the run's with a copy of the parameters that it would answer with now (see `Run.twin`)."""
        return self.run.twin(dtype, self.answering_parameters())

    @contextmanager
    def with_parameters(self, parameters: Array) -> Iterator[None]:
        """Within the block the run's program computes with `parameters`: for work in pieces on the weights of once.

        There must be no ``yield`` to the worker within the block.
        """
        now = self.run.network.parameters
        kept = now.copy()
        now[...] = parameters
        try:
            yield
        finally:
            now[...] = kept


class Inquiry(ABC):
    """One question. Subclasses are frozen dataclasses: an inquiry that equals the one before is not begun anew."""

    is_live: ClassVar[bool] = True
    """Whether it is asked again, once answered, whenever weights have changed; else only when the network is another
    one, or another picture is shown that it asks of."""
    asks_of_picture: ClassVar[bool] = True
    """Whether the answer is another one for another picture that is shown."""

    @abstractmethod
    def work(self, moment: Moment) -> Iterator[object]:
        """Do the work in pieces of some 5 ms, each of which ends with a ``yield``.

        What is yielded is the answer so far, frozen, or None where there is nothing new; the last one that is not None
        is the answer. Raises ValueError, in one sentence, where there can be none.
        """


@dataclass(frozen=True, eq=False)
class Answer:
    """What an inquiry has brought so far.

    Attributes:
        run_id, step: of the weights when the work began.
        inquiry: what was asked.
        value: None where there is none yet. `is_final`: nothing more will come, unless it is asked anew.
        problem: one sentence, why there can be no answer; else empty.
    """

    run_id: int
    step: int
    inquiry: Inquiry
    value: object = None
    is_final: bool = False
    problem: str = ""


class AnswerBox:
    """The newest answer to each question; the worker puts them in, the window takes them all out. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[Hashable, Answer] = {}

    def put(self, key: Hashable, answer: Answer) -> None:
        """Replace what was answered to `key`."""
        with self._lock:
            self._answers[key] = answer

    def take(self) -> Mapping[Hashable, Answer]:
        """Empty the box."""
        with self._lock:
            answers, self._answers = self._answers, {}
            return answers
