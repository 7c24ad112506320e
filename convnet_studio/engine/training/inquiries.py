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
SHARE = 0.1
"""Of the worker's time, at most, for all questions together while it has something else to do."""
FRESH_SHARE = 0.8
"""In place of it for a question that somebody has just asked: who asks looks at an empty place."""
FRESH_SECONDS = 2.0
"""For how long a question that was never answered to the end is fresh."""


class Inquiries:
    """Keeps the work on each question, begins it anew when what it is about has changed, and hands out answers.

    Args:
        box: where answers go. `clock`: tells the time, in seconds.
    """

    def __init__(self, box: AnswerBox, clock: Callable[[], float] = perf_counter) -> None:
        self._box = box
        self._clock = clock
        self._works: list[_Work] = []
        self._not_before = 0.0

    def ask(self, inquiries: Mapping[Hashable, Inquiry]) -> None:
        """These are the questions from now on. Work on those that were asked already goes on.

        What several ask is worked on once, and all are told.
        """
        before, self._works = self._works, []
        for key, inquiry in inquiries.items():
            work = next((each for each in self._works if each.inquiry == inquiry), None)
            if work is None:
                known = (each for each in before if each.inquiry == inquiry)
                work = next(known, None) or _Work(inquiry, self._clock() + FRESH_SECONDS)
                work.start_asking()
                self._works.append(work)
            work.tell(key)

    def is_due(self, moment: Moment | None, is_busy: bool) -> bool:
        """Whether there is work, and it is its turn. `is_busy`: there is other work to be done too."""
        if moment is None or (is_busy and self._clock() < self._not_before):
            return False
        return any(work.is_wanted(moment) for work in self._works)

    def go_on(self, moment: Moment, is_calling: Callable[[], bool]) -> None:
        """Do a piece of work on the question that has waited longest."""
        work = next(each for each in self._works if each.is_wanted(moment))
        self._works.remove(work)
        self._works.append(work)  # to the end of the row
        started = now = self._clock()
        while now - started < PIECE_SECONDS:
            answer = work.go_on(moment)
            now = self._clock()
            if answer is not None:
                for key in work.keys:
                    self._box.put(key, answer)
                if answer.is_final:
                    break
            if is_calling():
                break
        share = FRESH_SHARE if now < work.fresh_until else SHARE
        self._not_before = now + (now - started) * (1 - share) / share


class _Work:
    """The work on one question.

    Attributes:
        keys: who asked it.
        fresh_until: when it stops being fresh, by the clock of `Inquiries`; at once when it was answered.
    """

    def __init__(self, inquiry: Inquiry, fresh_until: float) -> None:
        self.inquiry = inquiry
        self.fresh_until = fresh_until
        self.keys: list[Hashable] = []
        self._told: list[Hashable] = []
        self._answer: Answer | None = None
        self._owes_answer = False
        self._steps: Iterator[object] | None = None
        self._value: object = None
        self._network: Network | None = None
        self._program: Program | None = None
        self._about: Moment | None = None
        self._step = -1

    def start_asking(self) -> None:
        """From now on nobody asks it, but for those of whom `tell` is called."""
        self._told, self.keys = self.keys, []

    def tell(self, key: Hashable) -> None:
        """Somebody asks it, and is told what is known already."""
        self.keys.append(key)
        self._owes_answer |= self._answer is not None and key not in self._told

    def is_wanted(self, moment: Moment) -> bool:
        """Whether there is something to do: it is not finished, or about something else by now."""
        if self._owes_answer or self._steps is not None or self._is_about_another(moment):
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
        owes, self._owes_answer = self._owes_answer, False
        if self._is_about_another(moment):
            self._answer = self._steps = None
        elif owes:
            return self._answer
        answer = self._next_answer(moment)
        self._answer = answer or self._answer
        return answer

    def _next_answer(self, moment: Moment) -> Answer | None:
        if self._steps is None:
            self._about, self._step, self._value = moment, moment.run.course.step, None
            self._network, self._program = moment.run.network, moment.run.program
        run_id, step = moment.run.run_id, self._step
        try:
            with np.errstate(all="ignore"):
                self._steps = self._steps or self.inquiry.work(moment)
                value = next(self._steps)
        except StopIteration:
            self._steps, self.fresh_until = None, 0.0
            return Answer(run_id, step, self.inquiry, self._value, is_final=True)
        except Exception as error:  # a question that fails must not end training, nor stay without an answer
            self._steps, self.fresh_until = None, 0.0
            return Answer(run_id, step, self.inquiry, None, is_final=True, problem=sentence_of(error))
        if value is None:
            return None
        self._value = value
        return Answer(run_id, step, self.inquiry, value)
