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
FRESH_SHARE = 0.8
"""Of the worker's time that a question gets at least while it is fresh: who has just asked looks at an empty place."""
FRESH_SECONDS = 2.0
"""For how long a question that was never answered to the end is fresh."""
_SHARE_OF_REPEATS = 0.5
"""Of an inquiry's share, once it was answered and is only asked again because weights have changed: nobody waits."""


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
        share = work.share
        self._not_before = now + (now - started) * (1 - share) / share


class _Work:
    """The work on one question."""

    def __init__(self, inquiry: Inquiry) -> None:
        self.inquiry = inquiry
        self._steps: Iterator[object] | None = None
        self._value: object = None
        self._is_answered = False
        self._network: Network | None = None
        self._program: Program | None = None
        self._about: Moment | None = None
        self._step = -1
        self._fresh_until = perf_counter() + FRESH_SECONDS

    @property
    def share(self) -> float:
        """Of the worker's time, at most, while it has something else to do."""
        own = type(self.inquiry).share
        if perf_counter() < self._fresh_until:
            return max(own, FRESH_SHARE)
        return own * _SHARE_OF_REPEATS if self._is_answered else own

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
        if self._is_about_another(moment):
            self._steps, self._is_answered = None, False
        if self._steps is None:
            self._about, self._step, self._value = moment, moment.run.course.step, None
            self._network, self._program = moment.run.network, moment.run.program
        run_id, step = moment.run.run_id, self._step
        try:
            with np.errstate(all="ignore"):
                self._steps = self._steps or self.inquiry.work(moment)
                value = next(self._steps)
        except StopIteration:
            self._steps, self._fresh_until, self._is_answered = None, 0.0, True
            return Answer(run_id, step, self.inquiry, self._value, is_final=True)
        except Exception as error:  # a question that fails must not end training, nor stay without an answer
            self._steps, self._fresh_until = None, 0.0
            return Answer(run_id, step, self.inquiry, None, is_final=True, problem=sentence_of(error))
        if value is None:
            return None
        self._value = value
        return Answer(run_id, step, self.inquiry, value)
