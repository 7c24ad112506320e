"""Player: where a learner stands in a lesson, and what he has answered. It knows neither engine nor window."""

from __future__ import annotations

from dataclasses import dataclass, field

from convnet_studio.engine.project.spec import Project
from convnet_studio.lessons.check import Answer, Verdict
from convnet_studio.lessons.lesson import Lesson, Page
from convnet_studio.lessons.progress import LessonRecord, PageRecord
from convnet_studio.lessons.values import Values


@dataclass(frozen=True)
class Goal:
    """One thing to do on a page, and whether it is done."""

    text: str
    is_done: bool


PREDICT, ACT, ANSWER = "Predict", "Do it", "Answer"


@dataclass
class Player:
    """A lesson under a learner's hands.

    Attributes:
        record: what is kept; it is altered in place, and stored by whoever keeps progress.
        index: of the page, counted from 0.
    """

    lesson: Lesson
    record: LessonRecord
    index: int = 0
    _was_done: set[str] = field(default_factory=set)
    """Titles of the pages whose act was done in this sitting."""

    def __post_init__(self) -> None:
        self.index = min(max(self.record.page, 0), len(self.lesson.pages) - 1)

    @property
    def page(self) -> Page:
        """The page that is open."""
        return self.lesson.pages[self.index]

    @property
    def page_record(self) -> PageRecord:
        """What is kept of the page that is open."""
        return self.record.pages.setdefault(self.page.title, PageRecord())

    def go(self, index: int) -> None:
        """Open a page, counted from 0; beyond the ends the first or the last."""
        self.index = min(max(index, 0), len(self.lesson.pages) - 1)
        self.record.page = self.index
        self._was_done.discard(self.page.title)
        self.page_record.is_seen = True
        self._note_if_complete()

    @property
    def is_first(self) -> bool:
        """Whether no page comes before."""
        return self.index == 0

    @property
    def is_last(self) -> bool:
        """Whether no page comes after."""
        return self.index == len(self.lesson.pages) - 1

    @property
    def may_act(self) -> bool:
        """Whether the act is open: a prediction was given where one is asked for."""
        return self.page.predict is None or bool(self.page_record.prediction)

    @property
    def is_acted(self) -> bool:
        """Whether the page's act was done since it was opened; without one there is nothing to do."""
        return self.page.deed is None or self.page.title in self._was_done

    def predict(self, guess: str) -> None:
        """Note what the learner expects; the first guess stays."""
        if not self.page_record.prediction:
            self.page_record.prediction = guess

    def note_act(self) -> None:
        """The act was done by "Show me"."""
        self._was_done.add(self.page.title)
        self._note_if_complete()

    def note_values(self, values: Values) -> bool:
        """Look whether the learner has done the act; True if it is done just now."""
        deed = self.page.deed
        if deed is None or deed.done is None or self.is_acted or not self.may_act or not values.holds(deed.done):
            return False
        self.note_act()
        return True

    def answer(self, answer: Answer, values: Values, project: Project) -> Verdict:
        """Judge an answer and keep it.

        Raises:
            ValueError: if the page asks nothing.
        """
        check = self.page.check
        if check is None:
            raise ValueError("This page asks nothing.")
        verdict = check.judge(answer, values, project)
        told = ", ".join(answer) if isinstance(answer, tuple) else "" if answer is None else str(answer)
        self.page_record.answers.append(told)
        self.page_record.is_right = self.page_record.is_right or verdict.is_right
        self._note_if_complete()
        return verdict

    def take_hint(self) -> str:
        """The next hint; the last one again when there is no more; empty where there are none."""
        hints = self.page.check.hints if self.page.check else ()
        if not hints:
            return ""
        taken = self.page_record.hints
        self.page_record.hints = min(taken + 1, len(hints))
        return hints[min(taken, len(hints) - 1)]

    def goals(self) -> tuple[Goal, ...]:
        """What the page asks for, in order."""
        page, made = self.page, []
        if page.predict is not None:
            made.append(Goal(PREDICT, self.may_act))
        if page.deed is not None:  # of a complete page nothing is asked again
            made.append(Goal(ACT, self.is_acted or self.page_record.is_complete))
        if page.check is not None:
            made.append(Goal(ANSWER, self.page_record.is_right))
        return tuple(made)

    def _note_if_complete(self) -> None:
        """A page is complete once its question is answered right; without one, once its act is done or it was seen."""
        page, record = self.page, self.page_record
        record.is_complete = record.is_complete or (record.is_right if page.check is not None else self.is_acted)
