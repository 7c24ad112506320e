"""Progress: what a learner has done, by name of the lesson, in a file of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

LARGEST_FILE = 20_000_000
MOST_ANSWERS = 200
"""Of one page that are kept, the newest."""


@dataclass
class PageRecord:
    """What a learner did on one page.

    Attributes:
        prediction: the first guess, as it was given. `answers`: all of them, oldest first.
        hints: taken. `is_seen`, `is_right`, `is_complete`: once true they stay so.
    """

    prediction: str = ""
    answers: list[str] = field(default_factory=list)
    hints: int = 0
    is_seen: bool = False
    is_right: bool = False
    is_complete: bool = False


@dataclass
class LessonRecord:
    """What a learner did in one lesson: pages by title, and the page that was open last, counted from 0."""

    pages: dict[str, PageRecord] = field(default_factory=dict)
    page: int = 0

    def completed(self, titles: tuple[str, ...]) -> int:
        """How many of these pages are complete."""
        return sum(title in self.pages and self.pages[title].is_complete for title in titles)


class Progress:
    """All records, read from a file once and written on `store`.

    Args:
        path: of the JSON file. One that can't be read is left where it is, under another name, and told by `problem`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problem = ""
        self.last_open = ""
        """The lesson that was open last."""
        self._records: dict[str, LessonRecord] = {}
        if path.exists():
            self._load()

    def of(self, lesson: str) -> LessonRecord:
        """The record of a lesson by its name; a new one where there is none."""
        return self._records.setdefault(lesson, LessonRecord())

    def forget(self, lesson: str) -> None:
        """Let a lesson begin anew."""
        self._records.pop(lesson, None)

    def store(self) -> None:
        """Write the file: beside, then in its place.

        Raises:
            OSError: if the disk refuses.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for record in self._records.values():
            for page in record.pages.values():
                del page.answers[:-MOST_ANSWERS]
        beside = self._path.with_suffix(".new")
        told = {name: asdict(record) for name, record in self._records.items()}
        beside.write_text(
            json.dumps({"format_version": 1, "last_open": self.last_open, "lessons": told}, indent=1), encoding="utf-8"
        )
        beside.replace(self._path)

    def _load(self) -> None:
        try:
            if self._path.stat().st_size > LARGEST_FILE:
                raise ValueError("it is too large")
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            lessons = stored["lessons"]
            self.last_open = str(stored.get("last_open", ""))
            self._records = {str(name): _record(told) for name, told in lessons.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            aside = self._path.with_suffix(".unread")
            self.problem = (
                f"Progress could not be read ({error}): the file was kept as {aside.name}, and you begin anew."
            )
            try:
                self._path.replace(aside)
            except OSError:
                self.problem = f"Progress could not be read ({error}): you begin anew."


def _record(told: Any) -> LessonRecord:
    pages = {str(title): _page(each) for title, each in told["pages"].items()}
    return LessonRecord(pages, int(told.get("page", 0)))


def _page(told: Any) -> PageRecord:
    return PageRecord(
        prediction=str(told.get("prediction", "")),
        answers=[str(each) for each in told.get("answers", [])][-MOST_ANSWERS:],
        hints=int(told.get("hints", 0)),
        is_seen=told.get("is_seen") is True,
        is_right=told.get("is_right") is True,
        is_complete=told.get("is_complete") is True,
    )
