"""Turns: what waits to be handed to views, and in which order, so that no moment of the window is given to all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from time import perf_counter

from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.view import View

TURN_SECONDS = 0.002
"""Of the window's thread in one go; painting what views were given takes about as long once more."""


@dataclass
class _Waiting:
    snapshot: Snapshot | None = None
    answers: dict[str, Answer] = field(default_factory=dict)


class Turns:
    """The newest snapshot, and the newest answer to each question, for every view that has not been given them yet.

    Who has waited longest is the next. Few views in sight, or quick ones, are all served in one go.
    """

    def __init__(self) -> None:
        self._waiting: dict[View, _Waiting] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put_snapshot(self, view: View, snapshot: Snapshot) -> None:
        """Hand it on when it is the view's turn, in place of an earlier one."""
        if type(view).show_snapshot is not View.show_snapshot:
            self._waiting.setdefault(view, _Waiting()).snapshot = snapshot

    def put_answer(self, view: View, name: str, answer: Answer) -> None:
        """Hand it on when it is the view's turn, in place of an earlier one to the same question."""
        self._waiting.setdefault(view, _Waiting()).answers[name] = answer

    def keep_only(self, views: Collection[View]) -> None:
        """Drop what waits for all others."""
        self._waiting = {view: waiting for view, waiting in self._waiting.items() if view in views}

    def go_on(self) -> None:
        """Serve at least one view, and no other once the time is up."""
        end = perf_counter() + TURN_SECONDS
        while self._waiting:
            view = next(iter(self._waiting))
            waiting = self._waiting.pop(view)
            if waiting.snapshot is not None:
                view.show_snapshot(waiting.snapshot)
            for name, answer in waiting.answers.items():
                view.show_answer(name, answer)
            if perf_counter() >= end:
                break
