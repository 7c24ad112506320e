"""Progress: what a learner has done, by name of the lesson, in a file of its own."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
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

    def add(self, other: PageRecord) -> None:
        """What is known from elsewhere of the same page too: what is here stays, and nothing is undone."""
        self.prediction = self.prediction or other.prediction
        if len(other.answers) > len(self.answers) and other.answers[: len(self.answers)] == self.answers:
            self.answers[:] = other.answers
        self.hints = max(self.hints, other.hints)
        self.is_seen = self.is_seen or other.is_seen
        self.is_right = self.is_right or other.is_right
        self.is_complete = self.is_complete or other.is_complete


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
        self._forgotten: set[str] = set()
        """Lessons that began anew since the file was written."""
        if path.exists():
            self._load()

    def of(self, lesson: str) -> LessonRecord:
        """The record of a lesson by its name; a new one where there is none."""
        return self._records.setdefault(lesson, LessonRecord())

    def begun(self, lesson: str) -> LessonRecord | None:
        """The record of a lesson by its name; None where there is none."""
        return self._records.get(lesson)

    def forget(self, lesson: str) -> None:
        """Let a lesson begin anew."""
        self._records.pop(lesson, None)
        self._forgotten.add(lesson)

    def store(self) -> None:
        """Write the file: beside, then in its place. What another window has stored meanwhile stays.

        Raises:
            OSError: if the disk refuses.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._merge()
        for record in self._records.values():
            for page in record.pages.values():
                del page.answers[:-MOST_ANSWERS]
        told = {name: asdict(record) for name, record in self._records.items()}
        text = json.dumps({"format_version": 1, "last_open": self.last_open, "lessons": told}, indent=1)
        with NamedTemporaryFile("w", encoding="utf-8", dir=self._path.parent, suffix=".new", delete=False) as file:
            beside = Path(file.name)
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
        beside.replace(self._path)
        self._forgotten.clear()

    def _merge(self) -> None:
        """Take over what is in the file and not here."""
        try:
            _, stored = _read(self._path)
        except FileNotFoundError:
            return
        except OSError:
            raise  # it may be good: it is not written over
        except _UNREADABLE:
            return
        for name, record in stored.items():
            if name in self._forgotten:
                continue
            mine = self._records.setdefault(name, record)
            for title, page in record.pages.items():
                mine.pages.setdefault(title, page).add(page)

    def _load(self) -> None:
        try:
            self.last_open, self._records = _read(self._path)
        except OSError as error:  # the file may be good: another time it can be read
            self.problem = f"Progress could not be read ({error}): you begin anew."
        except _UNREADABLE as error:
            aside = _free_name(self._path)
            self.problem = (
                f"Progress could not be read ({error}): the file was kept as {aside.name}, and you begin anew."
            )
            try:
                self._path.replace(aside)
            except OSError:
                self.problem = f"Progress could not be read ({error}): you begin anew."


_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)


def _read(path: Path) -> tuple[str, dict[str, LessonRecord]]:
    """The lesson that was open last, and all records."""
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError("it is too large")
    stored = json.loads(path.read_text(encoding="utf-8"))
    records = {str(name): _record(told) for name, told in stored["lessons"].items()}
    return str(stored.get("last_open", "")), records


def _free_name(path: Path) -> Path:
    """Beside a file that can't be read, where nothing lies yet."""
    names = [path.with_suffix(".unread"), *(path.with_suffix(f".unread-{number}") for number in range(2, 100))]
    return next((each for each in names if not each.exists()), names[-1])


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
