"""Lesson: what a lesson file says, as values. `lesson_file` reads one; nothing here computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from convnet_studio.engine.expression import Expression
from convnet_studio.lessons.act import Act
from convnet_studio.lessons.check import Check, Prediction
from convnet_studio.lessons.probe import Probe
from convnet_studio.lessons.values import NAME, places

CHAPTERS = (
    "Recognition before deep learning, and why depth",
    "Modules and back-propagation",
    "Loss surfaces and training practice",
    "Convolutional networks",
    "What matters, and learning without labels",
    "Big nets and applications",
)
"""Of the course, in their order; counted from 1."""


@dataclass(frozen=True)
class Deed:
    """What a learner does on a page.

    Attributes:
        ask: what to do; Markdown. `acts`: how "Show me" does it.
        done: holds once it is done, however; None: once "Show me" has done it.
    """

    ask: str
    acts: tuple[Act, ...]
    done: Expression | None


@dataclass(frozen=True, eq=False)
class Page:
    """One page.

    Attributes:
        title: unique in its lesson.
        text: Markdown with formulas between dollar signs, {values} and [words](that light something up).
        show: the views that stand beside it, the most important first; "canvas" is one.
        highlight: what is pointed at: ``module:hidden``, ``view:backprop``, ``dial:connections.side``, ``action:play``.
        scene: acts that set the page up, from the lesson's start.
        remember: numbers that are kept when the page is set up, by name.
        predict, deed, check: what is asked first, done, and asked last; any may be None.
        observe: what is to be seen once it is done; Markdown with {values}.
        solution: acts after which a check of the scene is right; those of the deed where empty.
    """

    title: str
    text: str
    show: tuple[str, ...]
    highlight: tuple[str, ...] = ()
    scene: tuple[Act, ...] = ()
    remember: Mapping[str, Expression] | None = None
    predict: Prediction | None = None
    deed: Deed | None = None
    observe: str = ""
    check: Check | None = None
    solution: tuple[Act, ...] = ()

    @cached_property
    def names(self) -> frozenset[str]:
        """Of the probes and remembered numbers that the page needs: nothing else is measured while it is open."""
        deed, check = self.deed, self.check
        texts = [self.text, self.observe, deed.ask if deed else ""]
        expressions = list((self.remember or {}).values())
        if deed is not None and deed.done is not None:
            expressions.append(deed.done)
        if check is not None:
            texts += [check.ask, check.right, check.wrong]
            expressions += check.expressions()
        spoken = {name for text in texts for name in places(text)}
        computed = {step.name for each in expressions for step in each.steps if step.name}
        acts = (*self.scene, *(deed.acts if deed else ()), *self.solution)
        waited = {name for act in acts for name in NAME.findall(getattr(act, "until", ""))}
        return frozenset(spoken | computed | waited)


@dataclass(frozen=True, eq=False)
class Lesson:
    """A lesson.

    Attributes:
        name: of its file, without the ending; progress goes by it.
        title, objective: as people read them.
        chapter, position: where it stands in the course; shown as 2.1.
        minutes: that it takes a student alone.
        requires: names of lessons that should come first.
        start: acts that make the start of the scene, beginning with ``open``.
        controls: names of panels and actions that are offered beside the views of a page; empty: all that a page shows.
        probes: what can be measured, by name.
        classroom: titles of the three pages that a teacher shows in two minutes.
        own: whether it comes from the user's own folder.
    """

    name: str
    title: str
    objective: str
    chapter: int
    position: int
    minutes: int
    requires: tuple[str, ...]
    start: tuple[Act, ...]
    probes: Mapping[str, Probe]
    pages: tuple[Page, ...]
    classroom: tuple[str, ...]
    controls: tuple[str, ...] = ()
    own: bool = False

    @property
    def number(self) -> str:
        """Chapter and position, such as ``2.1``."""
        return f"{self.chapter}.{self.position}"

    def probes_of(self, page: Page) -> tuple[tuple[str, Probe], ...]:
        """By name, what is measured while a page is open."""
        return tuple((name, each) for name, each in self.probes.items() if name in page.names)

    def page_called(self, title: str) -> int:
        """The index of a page.

        Raises:
            KeyError: if there is none.
        """
        return {page.title: index for index, page in enumerate(self.pages)}[title]
