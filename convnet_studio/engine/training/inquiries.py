"""Inquiries: all questions that are asked now, worked on in turn, within their share of the worker's time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from time import perf_counter

import numpy as np

from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import Program
from convnet_studio.engine.training.inquiry import Answer, AnswerBox, Inquiry, Moment
from convnet_studio.engine.training.sentences import sentence_of

PIECE_SECONDS = 0.005
"""Work between two looks at whether somebody is calling."""


class Inquiries:
    """Keeps the work on each question, begins it anew when what it is about has changed, and hands out answers."""

    def __init__(self, box: AnswerBox) -> None:
        self._box = box
        self._asked: dict[Hashable, _Work] = {}
        self._not_before = 0.0

    def ask(self, inquiries: Mapping[Hashable, Inquiry]) -> None:
        """These are the questions from now on. Work on those that were asked already goes on."""
        before = self._asked
        self._asked = {}
        for key, inquiry in inquiries.items():
            known = before.get(key)
            self._asked[key] = known if known is not None and known.inquiry == inquiry else _Work(inquiry)

    def is_due(self, moment: Moment | None, is_busy: bool) -> bool:
        """Whether there is work, and it is its turn. `is_busy`: there is other work to be done too."""
        if moment is None or (is_busy and perf_counter() < self._not_before):
            return False
        return any(work.is_wanted(moment) for work in self._asked.values())

    def go_on(self, moment: Moment, is_calling: Callable[[], bool]) -> None:
        """Do a piece of work on the question that has waited longest."""
        key, work = next((key, work) for key, work in self._asked.items() if work.is_wanted(moment))
        self._asked[key] = self._asked.pop(key)  # to the end of the row
        started = now = perf_counter()
        while now - started < PIECE_SECONDS:
            answer = work.go_on(moment)
            now = perf_counter()
            if answer is not None:
                self._box.put(key, answer)
                if answer.is_final:
                    break
            if is_calling():
                break
        share = type(work.inquiry).share
        self._not_before = now + (now - started) * (1 - share) / share


class _Work:
    """The work on one question."""

    def __init__(self, inquiry: Inquiry) -> None:
        self.inquiry = inquiry
        self._steps: Iterator[object] | None = None
        self._value: object = None
        self._network: Network | None = None
        self._program: Program | None = None
        self._about: Moment | None = None
        self._step = -1

    def is_wanted(self, moment: Moment) -> bool:
        """Whether there is something to do: it is not finished, or about something else by now."""
        if self._steps is not None or self._is_about_another(moment):
            return True
        return type(self.inquiry).is_live and self._step != moment.run.course.step

    def _is_about_another(self, moment: Moment) -> bool:
        """Whether the run, its network, what runs it, or the picture it asks of is another than when the work began."""
        begun = self._about
        return (
            begun is None
            or begun.run is not moment.run
            or self._network is not moment.run.network
            or self._program is not moment.run.program
            or (type(self.inquiry).asks_of_picture and begun.picture is not moment.picture)
        )

    def go_on(self, moment: Moment) -> Answer | None:
        """Do the next piece; what is new of the answer."""
        if self._steps is None or self._is_about_another(moment):
            self._about, self._step, self._value = moment, moment.run.course.step, None
            self._network, self._program, self._steps = moment.run.network, moment.run.program, None
        run_id, step = moment.run.run_id, self._step
        try:
            with np.errstate(all="ignore"):
                self._steps = self._steps or self.inquiry.work(moment)
                value = next(self._steps)
        except StopIteration:
            self._steps = None
            return Answer(run_id, step, self.inquiry, self._value, is_final=True)
        except Exception as error:  # a question that fails must not end training, nor stay without an answer
            self._steps = None
            return Answer(run_id, step, self.inquiry, None, is_final=True, problem=sentence_of(error))
        if value is None:
            return None
        self._value = value
        return Answer(run_id, step, self.inquiry, value)
